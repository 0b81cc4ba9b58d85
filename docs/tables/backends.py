"""tinydnn beside Keras on each of its backends: a table of docs/parity.md.

python docs/tables/backends.py
python docs/tables/backends.py --python OTHER/bin/python

OTHER is an environment with another Keras, the backends to compare with, and what tinydnn depends on; versions.py makes
some. Each row is a process of its own. Both engines train by themselves, from the seed alone, and what they end with is
compared; then in lock-step, and then through files.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

import two_ways  # noqa: E402

import tinydnn  # noqa: E402
from keras_ref import parity  # noqa: E402
from keras_ref.backends import BACKENDS  # noqa: E402
from keras_ref.engines import floatx, keras_version, load_reference  # noqa: E402
from keras_ref.order import keras_order  # noqa: E402
from keras_ref.verdict import verdict  # noqa: E402
from tinydnn.datasets import mnist  # noqa: E402

SEED = 42
DIGITS = 12_000
BATCH = 512
EPOCHS = 3
COLUMNS = "initial weights", "order", "float64", "float32", "files in", "files out", "parity"
# The nets that go through files: with slots of each kind, settings of each kind, a schedule, and moving averages.
FILES = {
    "optimizers": ("rmsprop all", "sgd nesterov", "adam amsgrad", "adamw with a schedule", "adadelta options"),
    "layers that normalize or draw": ("BatchNormalization", "Normalization adapted"),
    "initializers": ("Orthogonal",),
}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def build(keras: Any) -> Any:
    """A net with everything that is drawn: weights and masks, and the order in `fit`."""
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Rescaling(1 / 255)])
    model.add(layers.Dense(100, activation="sigmoid"))
    model.add(layers.Dropout(0.2))
    model.add(layers.Dense(36, activation="tanh", kernel_initializer="he_normal"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


def digits() -> tuple[Any, Any]:
    """Pictures and targets."""
    (x, y), _ = mnist.load_data()
    return x[:DIGITS], tinydnn.utils.to_categorical(y[:DIGITS], 10)


def trained(keras: Any) -> Any:
    """The net after three epochs."""
    model = build(keras)
    model.fit(*digits(), batch_size=BATCH, epochs=EPOCHS, validation_split=0.2, verbose=0)
    return model


def apart(ours: Any, theirs: Any) -> float:
    """The largest difference of a weight."""
    pairs = zip(ours.get_weights(), theirs.get_weights(), strict=True)
    return max(float(np.abs(a.astype(float) - b).max()) for a, b in pairs)


def initial_weights(keras: Any) -> str:
    """How far they are apart, in both dtypes."""
    cells = []
    for dtype in ("float64", "float32"):
        with floatx(dtype):
            largest = apart(build(tinydnn), build(keras))
        cells += [f"{dtype} {largest:.1e} apart"] if largest else []
    return ", ".join(cells) or "the same bits"


def order(keras: Any) -> str:
    """Whether `fit` takes the samples in the same one."""
    for seed in (0, SEED):
        for n in (1, 7, DIGITS):
            keras.utils.set_random_seed(seed)
            tinydnn.utils.set_random_seed(seed)
            if not np.array_equal(tinydnn.random.first_order(n), keras_order(n, BATCH)):
                return f"another one of {n} samples from seed {seed}"
    return "the same"


def after_training(keras: Any, dtype: str) -> str:
    """How far the weights are apart after three epochs."""
    with floatx(dtype):
        return f"{apart(trained(tinydnn), trained(keras)):.1e}"


def through_files(write: Any, read: Any) -> str:
    """Trained models of one engine, opened by the other: what of them is not the same there, or after training on."""
    off = []
    with tempfile.TemporaryDirectory() as folder:
        for group, names in FILES.items():
            for name in names:
                make = two_ways.FEATURES[group][name]
                found = two_ways.differences(write, read, make, Path(folder) / "model.keras")
                off += [f"{name}: {', '.join(found)}"] if found else []
    return "; ".join(off) or "yes"


def in_lock_step() -> str:
    """Whether the first epoch is within tolerance after every step, in both dtypes."""
    for dtype in ("float64", "float32"):
        x, targets = digits()
        found = parity.compare(build, x, targets, dtype=dtype, batch_size=BATCH, validation_split=0.2)
        if found.beyond is not None:
            print(verdict(found), file=sys.stderr)
            return f"no: {found.beyond.tensor}"
    return "yes"


def said(part: Callable[[], str]) -> str:
    """What a part finds, or the error in which it ends."""
    try:
        return part()
    except Exception as error:
        print(error, file=sys.stderr)
        return f"no: {type(error).__name__}"


@app.command(hidden=True)
def work() -> None:
    """Print the row of Keras in this environment, on the backend of KERAS_BACKEND."""
    keras = load_reference("cpu")
    cells = (
        said(lambda: initial_weights(keras)),
        said(lambda: order(keras)),
        said(lambda: after_training(keras, "float64")),
        said(lambda: after_training(keras, "float32")),
        said(lambda: through_files(keras, tinydnn)),
        said(lambda: through_files(tinydnn, keras)),
        said(in_lock_step),
    )
    print(f"| {keras_version()} | {' | '.join(cells)} |")


def head() -> str:
    """The first lines of the table."""
    return f"| Keras | {' | '.join(COLUMNS)} |\n| --- {'| --- ' * len(COLUMNS)}|"


def row(python: str, backend: str) -> str:
    """The row of the Keras in an environment, on this backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [python, "-P", __file__, "work"]
    said = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return said.splitlines()[-1]


@app.command()
def main(
    python: Annotated[list[str] | None, typer.Option(help="The Python of an environment; by default this one.")] = None,
    backend: Annotated[list[str] | None, typer.Option(help="A backend; by default all that are installed.")] = None,
) -> None:
    """Print the table."""
    print(head(), flush=True)
    for each in python or [sys.executable]:
        for name in backend or BACKENDS:
            found = [each, "-c", f"import importlib.util, sys; sys.exit(not importlib.util.find_spec({name!r}))"]
            if subprocess.run(found, check=False).returncode == 0:
                print(row(each, name), flush=True)


if __name__ == "__main__":
    app(sys.argv[1:] if sys.argv[1:2] == ["work"] else ["main", *sys.argv[1:]])
