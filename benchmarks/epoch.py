"""How long an epoch of the walkthrough's training takes, on tinydnn and on Keras, in turn.

python benchmarks/epoch.py

Each engine trains in a process of its own, which waits while the other one has its epoch. An epoch is
48,000 digits in batches of 512, shuffled, and the validation on 12,000.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from keras_ref.engines import ENGINES, Device, Engine, load  # noqa: E402
from keras_ref.train import network  # noqa: E402
from tinydnn import datasets, info  # noqa: E402

Input = Literal["raw", "scaled"]


def worker(engine: Engine, input: Input, epochs: int, device: Device) -> None:
    """Train; begin each epoch when a line comes in, and answer with its seconds."""
    keras = load(engine, device)

    class Paced(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        """Waits before each epoch, and reports after it."""

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            sys.stdin.readline()
            self.began = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            print(json.dumps({"seconds": time.perf_counter() - self.began}), flush=True)

    (x, y), _ = datasets.mnist.load_data()
    keras.utils.set_random_seed(42)
    model = network(keras, scaled=input == "scaled")
    one_hot = keras.utils.to_categorical(y)
    model.fit(x, one_hot, epochs=epochs, batch_size=512, validation_split=0.2, verbose=0, callbacks=[Paced()])


def main(
    epochs: Annotated[int, typer.Option(min=1, help="Epochs that count, after one that does not.")] = 7,
    input: Annotated[Input, typer.Option(help="Grey values 0 to 255, or 0 to 1.")] = "raw",
    device: Annotated[Device, typer.Option(help="What both engines compute on: cpu, gpu or auto.")] = "cpu",
    work_on: Annotated[Engine | None, typer.Option(hidden=True)] = None,
) -> None:
    """Time epochs on tinydnn and Keras in turn, and print medians and their ratio."""
    if work_on:
        worker(work_on, input, epochs + 1, device)
        return
    seconds: dict[Engine, list[float]] = {engine: [] for engine in ENGINES}
    arguments = [sys.executable, __file__, "--epochs", str(epochs), "--input", input, "--device", device, "--work-on"]
    workers = {
        engine: subprocess.Popen([*arguments, engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for engine in ENGINES
    }
    for _ in range(epochs + 1):
        for engine, process in workers.items():
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            seconds[engine].append(json.loads(process.stdout.readline())["seconds"])
    for process in workers.values():
        process.communicate()

    versions = info.collect()
    console = Console(highlight=False, soft_wrap=True)
    names = ("tinydnn", "Python", "NumPy", "BLAS", "Keras", "TensorFlow")
    console.print(", ".join(f"{name} {versions[name]}" for name in names))
    console.print(
        f"{versions['devices'][0]['name']}, {versions['devices'][0]['cores']} cores; {input} inputs, on {device}"
    )
    table = Table("engine", "median s/epoch", "least", "most", title=f"{epochs} epochs each, in turn")
    for engine, values in seconds.items():
        counted = values[1:]
        table.add_row(engine, f"{statistics.median(counted):.3f}", f"{min(counted):.3f}", f"{max(counted):.3f}")
    console.print(table)
    ratios = [k / t for t, k in zip(seconds["tinydnn"][1:], seconds["keras"][1:], strict=True)]
    console.print(f"Keras takes {statistics.median(ratios):.2f} times as long (median of the ratios epoch by epoch)")


if __name__ == "__main__":
    typer.run(main)
