"""Tables of numbers in an .npz file: samples and targets, shuffled and split as Keras does it."""

import numpy as np

from tinydnn.datasets.mnist import Split
from tinydnn.device.backend import Array
from tinydnn.files import npz
from tinydnn.files.whole import FileFormatError


def check_test_split(test_split: float) -> None:
    """Raise a ValueError unless some samples are left to train on."""
    if not 0 <= test_split < 1:
        raise ValueError(f"test_split expects a number from 0 to below 1. Received: {test_split!r}")


def read(path: str) -> tuple[Array, Array]:
    """The arrays x (n, features) and y, one target a sample, of an .npz file.

    Raises:
        FileFormatError: the file is damaged or of another kind.
    """
    with npz.opened(path) as archive:
        x, y = npz.read(archive, "x"), npz.read(archive, "y")
    if x.ndim != 2 or y.shape[:1] != x.shape[:1]:
        raise FileFormatError(f"{path}: expected x (n, features) and y (n, …). Found: {x.shape} and {y.shape}")
    return x, y


def split(x: Array, y: Array, test_split: float, seed: int | None) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): the samples in an order drawn from the seed, the last share for tests."""
    order = shuffled(len(x), np.random.RandomState(seed))
    x, y = x[order], y[order]
    at = int(len(x) * (1 - test_split))
    return (x[:at].copy(), y[:at].copy()), (x[at:].copy(), y[at:].copy())


def shuffled(n: int, generator: "np.random.RandomState") -> Array:
    """The numbers from 0 to n - 1 in an order that NumPy's older generator draws, which Keras uses here."""
    order = np.arange(n)
    generator.shuffle(order)
    return order
