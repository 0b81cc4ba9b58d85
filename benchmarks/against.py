"""What a change costs: an epoch of this checkout's tinydnn next to one of another checkout's, in turn.

git worktree add ../before COMMIT
python benchmarks/against.py ../before

Each ratio is of two epochs that follow each other; the table has their median and quartiles.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent.parent
WORK = "--work"  # tells this file that it is to train, in a process of its own
SETTINGS = [
    (threads, input, batch_size)
    for threads in (1, 2)
    for input, batch_size in (("scaled", 512), ("raw", 512), ("scaled", 128), ("scaled", 32))
]


def work(threads: str, input: str, batch_size: str, samples: str) -> None:
    """Train the walkthrough's net for an epoch per line of the standard input; print the seconds of each."""
    import tinydnn as keras

    keras.utils.set_random_seed(42)
    (x, y), _ = keras.datasets.mnist.load_data()
    x, y = x[: int(samples)], keras.utils.to_categorical(y[: int(samples)], 10)
    layers = [keras.layers.Input((28, 28)), *[keras.layers.Rescaling(1 / 255)] * (input == "scaled")]
    layers += [keras.layers.Flatten(), keras.layers.Dense(324, activation="sigmoid")]
    layers += [keras.layers.Dense(36, activation="sigmoid"), keras.layers.Dense(10, activation="softmax")]
    model = keras.Sequential(layers, device="cpu", threads=int(threads))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=int(batch_size), verbose=0)
    print(Path(keras.__file__).resolve().parent.parent, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        model.fit(x, y, batch_size=int(batch_size), verbose=0)
        print(time.perf_counter() - start, flush=True)


def ratios(before: Path, setting: tuple[int, str, int], samples: int, rounds: int) -> list[float]:
    """This checkout's seconds over the other's, of each round; which one begins changes from round to round."""
    found = []
    with ExitStack() as stack:
        workers = [stack.enter_context(started(folder, setting, samples)) for folder in (before, HERE)]
        for turn in range(rounds):
            seconds = {i: epoch(workers[i]) for i in ((0, 1) if turn % 2 == 0 else (1, 0))}
            found.append(seconds[1] / seconds[0])
    return found


@contextmanager
def started(folder: Path, setting: tuple[int, str, int], samples: int) -> Iterator[subprocess.Popen[str]]:
    """A process that trains with the tinydnn of this folder, and ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-P", __file__, WORK, *map(str, setting), str(samples)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        found = worker.stdout.readline().strip()
        if found != str(folder):
            sys.exit(f"expected a checkout of tinydnn in {folder}. Found: the tinydnn of {found or 'nowhere'}")
        yield worker


def epoch(worker: subprocess.Popen[str]) -> float:
    """The seconds of its next epoch."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    print("go", file=worker.stdin, flush=True)
    return float(worker.stdout.readline())


def main(
    before: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The other checkout.")],
    rounds: Annotated[int, typer.Option(min=2, help="Epochs of each.")] = 19,
    samples: Annotated[int, typer.Option(min=1, help="Digits per epoch.")] = 24_000,
) -> None:
    """An epoch of this checkout over one of another."""
    table = Table("threads", "digits", "per step", "this / other", "quartiles", box=None)
    for setting in SETTINGS:
        found = ratios(before.resolve(), setting, samples, rounds)
        low, median, high = statistics.quantiles(found, n=4)
        table.add_row(*map(str, setting), f"{median:.3f}", f"{low:.3f} to {high:.3f}")
    Console(highlight=False).print(table)


if __name__ == "__main__":
    if sys.argv[1:2] == [WORK]:
        work(*sys.argv[2:])
    else:
        typer.run(main)
