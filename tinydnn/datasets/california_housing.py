"""California housing: 20,640 districts of 1990, 8 numbers each, and their prices.

Mirrors keras/src/datasets/california_housing.py.
"""

from os import PathLike

from tinydnn.datasets import cache, tables
from tinydnn.datasets.mnist import Split
from tinydnn.names import not_offered

__all__ = ["load_data"]

_SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
_SAMPLES = {"small": 600, "large": None}


def load_data(
    version: str = "large",
    path: str | PathLike[str] = "california_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): numbers (n, 8) and prices (n,) in dollars.

    The numbers are the median income, the median age of houses, rooms, bedrooms, population, occupants a household,
    latitude and longitude.

    Args:
        version: "large" is all, "small" the first 600 districts.
        path: the file's name in Keras' folder of data sets, or with a folder before it, a file of one's own.
        test_split: the share that is for tests.
        seed: of the order of the samples, before they are split.

    Raises:
        ValueError: no such version or split.
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind.
    """
    tables.check_test_split(test_split)
    if version not in _SAMPLES:
        raise ValueError(f"version expects 'small' or 'large'. Received: {version!r}")
    x, y = tables.read(cache.find(path, "california_housing.npz", _SHA256))
    n = _SAMPLES[version]
    return tables.split(x[:n], y[:n], test_split, seed)


__getattr__ = not_offered(__name__, globals())
