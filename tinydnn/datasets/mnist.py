"""MNIST: 70,000 handwritten digits, shipped with the package (mirrors keras/src/datasets/mnist.py).

The same reader takes other data in its two layouts: Keras' .npz, and the four IDX files in which MNIST
was first published, and Fashion-MNIST and others since.
"""

import math
import os
from os import PathLike

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.files import npz
from tinydnn.files.whole import FileFormatError, largest_content
from tinydnn.names import not_offered

__all__ = ["load_data"]

Split = tuple[Array, Array]

_KERAS_DEFAULT = "mnist.npz"
_SHIPPED = os.path.join(os.path.dirname(__file__), "mnist.npz")
IDX_FILES = (
    ("train-images-idx3-ubyte", 3),
    ("train-labels-idx1-ubyte", 1),
    ("t10k-images-idx3-ubyte", 3),
    ("t10k-labels-idx1-ubyte", 1),
)
_NPZ_ARRAYS = "x_train", "y_train", "x_test", "y_test"


def load_data(path: str | PathLike[str] | None = None) -> tuple[Split, Split]:
    """((x_train, y_train), (x_test, y_test)): images (n, 28, 28) of grey values 0 .. 255 and labels (n,), uint8.

    Args:
        path: None for the MNIST that comes with tinydnn, as is Keras' default "mnist.npz" where there is no such
            file; else an .npz file in Keras' layout, or a folder with the four IDX files, plain or with the ending .gz.

    Raises:
        FileNotFoundError: there is no such file or folder, or a file in it is missing.
        FileFormatError: a file is damaged or of another kind. Nothing is unpickled, whatever is in it.
    """
    place = os.fspath(_SHIPPED if path is None else path)
    if place == _KERAS_DEFAULT and not os.path.exists(place):
        place = _SHIPPED
    if os.path.isdir(place):
        x_train, y_train, x_test, y_test = (_read_idx(_find(place, name), axes) for name, axes in IDX_FILES)
    elif os.path.isfile(place):
        x_train, y_train, x_test, y_test = _read_npz(place)
    else:
        names = ", ".join(name for name, _ in IDX_FILES)
        raise FileNotFoundError(f"There is no {place!r}; expected an .npz file, or a folder with {names}")
    for name, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(x) != len(y):
            raise FileFormatError(
                f"{place}: expected as many {name} labels as images. Found: {len(x)} images, {len(y)} labels"
            )
    if x_train.shape[1:] != x_test.shape[1:]:
        raise FileFormatError(
            f"{place}: expected train and test images of one size. Found: {x_train.shape[1:]} and {x_test.shape[1:]}"
        )
    return (x_train, y_train), (x_test, y_test)


def _read_npz(path: str) -> list[Array]:
    """The four arrays of an .npz file in Keras' layout."""
    with npz.opened(path) as archive:
        missing = [name for name in _NPZ_ARRAYS if f"{name}.npy" not in archive.namelist()]
        if missing:
            raise FileFormatError(f"expected arrays {', '.join(_NPZ_ARRAYS)}. Missing: {', '.join(missing)}")
        arrays = [npz.read(archive, name) for name in _NPZ_ARRAYS]
    for name, array in zip(_NPZ_ARRAYS, arrays, strict=True):
        axes = 3 if name.startswith("x") else 1
        if array.dtype != np.uint8 or array.ndim != axes:
            raise FileFormatError(
                f"{path}: expected {name} as uint8 with {axes} axes. Found: {array.dtype}, shape {array.shape}"
            )
    return arrays


def _find(folder: str, name: str) -> str:
    """The IDX file of this name, plain or compressed; some sites write a dot before idx."""
    dotted = name.replace("-idx", ".idx")
    for candidate in (name, f"{name}.gz", dotted, f"{dotted}.gz"):
        path = os.path.join(folder, candidate)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError(f"Folder {folder!r} has no {name} (or {name}.gz)")


def _read_idx(path: str, axes: int) -> Array:
    """The array in an IDX file.

    Its header is big-endian: two zero bytes, the type of the numbers (8 for uint8), the number of axes,
    and then each axis' length as 32 bits. The numbers follow.
    """
    import gzip
    import zlib

    header = 4 + 4 * axes
    try:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            start = file.read(header)
            if start[:4] != bytes((0, 0, 8, axes)):
                raise FileFormatError(
                    f"{path}: expected an IDX file of uint8 with {axes} axes, magic number {0x800 + axes}. "
                    f"Found: {int.from_bytes(start[:4], 'big')}"
                )
            if len(start) < header:
                raise FileFormatError(f"{path}: expected a header of {header} bytes. Found: the end after {len(start)}")
            shape = tuple(int.from_bytes(start[i : i + 4], "big") for i in range(4, header, 4))
            size = math.prod(shape)
            claimed = math.prod(max(axis, 1) for axis in shape)  # none of something absurd is absurd too
            if claimed > largest_content(path):
                raise FileFormatError(f"{path}: expected {largest_content(path):,} numbers at most. Found: {claimed:,}")
            content = file.read(size + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{path}: can't be read to its end: {error}") from None
    if len(content) != size:
        found = f"{len(content)}" if len(content) < size else "more"
        raise FileFormatError(f"{path}: expected {size} numbers, for shape {shape}. Found: {found}")
    return np.frombuffer(content, np.uint8).reshape(shape).copy()


__getattr__ = not_offered(__name__, globals())
