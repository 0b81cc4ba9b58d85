"""How far tinydnn is from Keras, next to how far Keras is from itself: the tables of docs/parity.md.

python docs/tables/parity.py

First `tinydnn parity` on the walkthrough's net; then trainings of both engines in several configurations, each
in a process of its own, compared with Keras as it comes; then raw grey values, where only statistics agree:
the test accuracies of several seeds.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from keras_ref.engines import Engine, floatx, load  # noqa: E402
from tinydnn.datasets import mnist  # noqa: E402
from tinydnn.inspect import info, net  # noqa: E402

Input = Literal["raw", "scaled"]
Dtype = Literal["float32", "float64"]

BATCH = 512
AT_STEPS = 1, 10, 94, 940, 1880
STEPS_AN_EPOCH = 94
COMPARISONS: list[tuple[Input, Dtype]] = [
    ("scaled", "float64"),
    ("scaled", "float32"),
    ("raw", "float64"),
    ("raw", "float32"),
]


class Configuration(NamedTuple):
    """An engine, and what may change its roundings."""

    engine: Engine
    xla: bool = False
    environment: dict[str, str] = {}
    threads: int = 0  # 0 is as many as it takes by itself


KERAS = Configuration("keras")
CONFIGURATIONS = {
    "Keras again": KERAS,
    "Keras, oneDNN off": Configuration("keras", environment={"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "Keras, XLA on": Configuration("keras", xla=True),
    "tinydnn, 1 thread": Configuration("tinydnn", threads=1),
    "tinydnn, 2 threads": Configuration("tinydnn", threads=2),
}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(hidden=True)
def work(
    engine: Engine, input: Input, dtype: Dtype, epochs: int, seed: int, xla: bool, threads: int, out: Path | None = None
) -> None:
    """Train; print the test accuracy, and keep the weights after some steps."""
    keras = load(engine)
    kept: dict[str, Any] = {}
    step = 0

    def keep(batch: int, logs: Any) -> None:
        nonlocal step
        step += 1
        if step in AT_STEPS:
            kept[str(step)] = np.concatenate([weight.ravel() for weight in model.get_weights()])

    with floatx(dtype):
        (x, y), (x_test, y_test) = mnist.load_data()
        keras.utils.set_random_seed(seed)
        model = net.complete(keras, keras.models.Sequential(), net.Settings(input=input))
        if engine == "tinydnn" and threads:
            model.threads = threads
        if xla:
            model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"], jit_compile=True)
        model.fit(
            x,
            keras.utils.to_categorical(y),
            batch_size=BATCH,
            epochs=epochs,
            validation_split=0.2,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=keep)] if out else [],
        )
        _, accuracy = model.evaluate(x_test, keras.utils.to_categorical(y_test), verbose=0)
    if out:
        np.savez(out, **kept)
    print(json.dumps(accuracy))


def run(
    configuration: Configuration, input: Input, dtype: Dtype, epochs: int, seed: int = 42, out: Path | None = None
) -> float:
    """The test accuracy of one training in a process of its own; `out` gets its weights."""
    engine, xla, environment, threads = configuration
    command = [sys.executable, __file__, "work", engine, input, dtype, *map(str, (epochs, seed, xla, threads))]
    command += ["--out", str(out)] if out else []
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, **environment})
    accuracy: float = json.loads(done.stdout.splitlines()[-1])
    return accuracy


def compared(epochs: int) -> None:
    """`tinydnn parity`, in both dtypes on scaled inputs, and one step of raw ones."""
    print("| inputs | dtype | steps | largest difference of a weight | of a slot | of a loss | figures printed alike |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for input, dtype in COMPARISONS:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "found.json"
            command = [sys.executable, "-m", "tinydnn", "parity", "--input", input, "--dtype", dtype]
            command += ["--epochs", str(epochs)] if input == "scaled" else []
            subprocess.run([*command, "--json", str(file)], stdout=subprocess.DEVNULL, check=True)
            found = json.loads(file.read_text())
        steps = {name: each["absolute"] for name, each in found["steps"].items()}
        figures, unequal = found["printed"]["figures"], found["printed"]["unequal"]
        largest = " | ".join(f"{max(steps[name]):.1e}" for name in ("weights", "optimizer", "loss"))
        print(f"| {input} | {dtype} | {len(steps['loss']):,} | {largest} | {figures - len(unequal)} of {figures} |")
        for each in unequal:
            print(f"<!-- epoch {each['epoch']}, {each['name']}: {each['tinydnn']!r} and {each['keras']!r} -->")


def noise(epochs: int) -> None:
    """The largest difference of a weight from Keras as it comes, after some steps, in each configuration."""
    steps = [step for step in AT_STEPS if step <= epochs * STEPS_AN_EPOCH]
    for input, dtype in (("scaled", "float32"), ("scaled", "float64"), ("raw", "float32"), ("raw", "float64")):
        print(f"\n{input}, {dtype}\n")
        print(f"| next to Keras | {' | '.join(f'step {step}' for step in steps)} |")
        print(f"| --- {'| --- ' * len(steps)}|")
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder) / f"{i}.npz" for i, name in enumerate(["Keras", *CONFIGURATIONS])}
            run(KERAS, input, dtype, epochs, out=files["Keras"])
            for name, configuration in CONFIGURATIONS.items():
                run(configuration, input, dtype, epochs, out=files[name])
                with np.load(files["Keras"]) as theirs, np.load(files[name]) as others:
                    gaps = [float(np.abs(theirs[str(step)] - others[str(step)]).max()) for step in steps]
                print(f"| {name} | {' | '.join(f'{gap:.1e}' if gap else '0' for gap in gaps)} |", flush=True)


def over_seeds(seeds: int, epochs: int) -> None:
    """Test accuracies on raw grey values, of each engine and seed."""
    print(f"\n| raw, float32, {epochs} epochs | test accuracy from seeds 1 to {seeds} | mean | standard deviation |")
    print("| --- | --- | --- | --- |")
    means = []
    engines: dict[str, Engine] = {"Keras": "keras", "tinydnn": "tinydnn"}
    for name, engine in engines.items():
        reached = [run(Configuration(engine), "raw", "float32", epochs, seed) for seed in range(1, seeds + 1)]
        means.append(statistics.mean(reached))
        each = " ".join(f"{accuracy:.4f}" for accuracy in reached)
        print(f"| {name} | {each} | {means[-1]:.4f} | {statistics.stdev(reached):.4f} |", flush=True)
    print(f"\nThe means differ by {abs(means[0] - means[1]):.4f}")


@app.command()
def main(
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each training.")] = 20,
    seeds: Annotated[int, typer.Option(min=2, help="How many seeds, from 1, on raw grey values.")] = 5,
) -> None:
    """Print the tables of docs/parity.md."""
    found = info.collect()
    names = ("tinydnn", "Python", "NumPy", "BLAS", "Keras", "TensorFlow", "system")
    print(", ".join(f"{name} {found[name]}" for name in names))
    print(f"{found['devices'][0]['name']}, {found['devices'][0]['cores']} cores\n", flush=True)
    compared(epochs)
    noise(epochs)
    over_seeds(seeds, epochs)


if __name__ == "__main__":
    app(sys.argv[1:] if sys.argv[1:2] == ["work"] else ["main", *sys.argv[1:]])
