"""What a step costs on ranks that MPI starts: `.venv/bin/python benchmarks/ranks.py [FILE]`.

Three trainings of the walkthrough's net take turns, each in processes of its own: one thread; two threads of one
process; two ranks of one thread each. Then the parts of a step of two ranks are timed, and steps of one thread on
fewer and fewer rows of larger and larger nets: what is left to do for a rank among many. The figures go into
docs/pictures/scale.json, or into FILE; docs/scale.md has them.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

import tinydnn as keras
from benchmarks import machine
from tinydnn.device import ranks
from tinydnn.device.backend import Backend
from tinydnn.device.mpi import launched
from tinydnn.engine.shards import Shards
from tinydnn.inspect.net import Settings, make_model, targets_for

FILE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "scale.json"
ROUNDS, EPOCHS, BATCH = 7, 6, 512
TURNS = {"one thread": (1, 1), "two threads": (1, 2), "two ranks": (2, 1)}  # how many ranks, and threads of each
NETS = {"324-36": (324, 36), "1024-1024": (1024, 1024), "4096-4096": (4096, 4096)}
IN_EPOCH = {"324-36": 100, "1024-1024": 30, "4096-4096": 5}  # steps; enough of them to time
ROWS = [2**i for i in range(14)]
OPEN_MPI_AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}  # as in a container


class EpochTimes(keras.callbacks.Callback):
    """The seconds of each epoch."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self._began)


def fit(threads: int, hidden: tuple[int, ...], rows: int, samples: int, epochs: int) -> list[float]:
    """The seconds of each epoch, of a net of these layers."""
    (x, y), _ = keras.datasets.mnist.load_data()
    keras.utils.set_random_seed(42)
    model = make_model(Settings(input="scaled", hidden=hidden, threads=threads))
    times = EpochTimes()
    x, y = x[:samples], targets_for(model, y[:samples])
    model.fit(x, y, batch_size=rows, epochs=epochs, verbose=0, callbacks=[times])
    return times.seconds


def epochs(threads: int) -> list[float]:
    """The seconds of each epoch but the first of the walkthrough's training, on 48,000 digits."""
    return fit(threads, NETS["324-36"], BATCH, 48_000, EPOCHS)[1:]


def parts() -> dict[str, float]:
    """The milliseconds of each part of a step, on this rank."""
    own, spent, waited = ranks.current(), Counter[str](), "waiting"

    def timed(name: str, work: Callable[..., Any], waits: bool = False) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            if waits and own.size > 1:
                own._all.Barrier()  # type: ignore[attr-defined]
            arrived = time.perf_counter()
            result = work(*arguments, **named)
            spent[name] += time.perf_counter() - arrived  # type: ignore[assignment]
            spent[waited] += arrived - began  # type: ignore[assignment]
            return result

        return call

    for name, method in {"gather": own.gather, "sum": own.sum, "largest": own.largest}.items():
        setattr(own, name, timed(name, method, waits=True))
    Backend.matmul = timed("products", Backend.matmul)  # type: ignore[method-assign]
    Shards.each_share = timed("passes", Shards.each_share)  # type: ignore[method-assign]
    Shards.update = timed("update", Shards.update)  # type: ignore[method-assign]
    seconds = fit(1, NETS["324-36"], BATCH, 48_000, EPOCHS)
    steps = EPOCHS * -(-48_000 // BATCH)
    found = {name: 1000 * spent[name] / steps for name in (*spent,)}
    found["passes"] -= found["products"]
    found["update"] -= found.get("sum", 0)
    return {**found, "step": 1000 * sum(seconds) / steps}


def steps(hidden: str, rows: int) -> float:
    """The seconds of a step of one thread on so many rows."""
    in_epoch = IN_EPOCH[hidden] if rows <= BATCH else 2
    return min(fit(1, NETS[hidden], rows, rows * in_epoch, 4)) / in_epoch


WORKS: dict[str, Callable[..., Any]] = {"epochs": epochs, "parts": parts, "steps": steps}


def measured(size: int, work: str, *arguments: Any) -> Any:
    """What a work gives in so many processes of its own."""
    mpirun = shutil.which("mpirun", path=sysconfig.get_path("scripts")) or "mpirun"
    started = [mpirun, "-n", str(size)] if size > 1 else []
    program = [*started, sys.executable, "-P", __file__, "--work", work, json.dumps(arguments)]
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env={**os.environ, **OPEN_MPI_AS_ROOT})
    return json.loads(done.stdout)


def measure() -> dict[str, Any]:
    """All figures."""
    took: dict[str, list[float]] = {name: [] for name in TURNS}  # the median epoch of each turn
    for turn in range(ROUNDS):
        for name, (size, threads) in TURNS.items():
            took[name].append(statistics.median(measured(size, "epochs", threads)))
            print(f"round {turn + 1}: {name}, {took[name][-1]:.3f} s an epoch", file=sys.stderr)
    return {
        "epochs": took,
        "parts": {size: measured(size, "parts") for size in (1, 2)},
        "steps": {net: {rows: measured(1, "steps", net, rows) for rows in ROWS} for net in NETS},
        "machine": machine.collect(),
    }


def rounded(value: Any) -> Any:
    """The same with four digits of each number."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    if "--work" in sys.argv:
        if launched():
            keras.distribution.set_distribution(keras.distribution.DataParallel())
        work, arguments = sys.argv[2:]
        print(json.dumps(WORKS[work](*json.loads(arguments))))
    else:
        path = Path(sys.argv[1]) if sys.argv[1:] else FILE
        path.write_text(json.dumps(rounded(measure()), indent=1) + "\n", encoding="utf-8")
