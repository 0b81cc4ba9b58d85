"""Boston housing: 506 districts of 1978, 13 numbers each, and their prices.

Mirrors keras/src/datasets/boston_housing.py.

One of its columns is built on the belief that people pay to live apart from others' race; Keras advises against the
data set. california_housing with version="small" stands in for it.
"""

from os import PathLike

from tinydnn.datasets import cache, tables
from tinydnn.datasets.mnist import Split
from tinydnn.names import not_offered

__all__ = ["load_data"]

_SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(
    path: str | PathLike[str] = "boston_housing.npz", test_split: float = 0.2, seed: int | None = 113
) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): numbers (n, 13) and prices (n,) in thousands of dollars, float64.

    Args:
        path: the file's name in Keras' folder of data sets, or with a folder before it, a file of one's own.
        test_split: the share that is for tests.
        seed: of the order of the samples, before they are split.

    Raises:
        ValueError: no such split.
        OSError: the file is not there, and can't be downloaded.
        FileFormatError: the file is damaged or of another kind.
    """
    tables.check_test_split(test_split)
    x, y = tables.read(cache.find(path, "boston_housing.npz", _SHA256))
    return tables.split(x, y, test_split, seed)


__getattr__ = not_offered(__name__, globals())
