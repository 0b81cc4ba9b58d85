"""Writing HDF5 with checksums on headers and data, and reading HDF5 without trusting it.

Files are written in the format of HDF5 1.10, whose headers have checksums; h5py's default format has none.
"""

import io
import math
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tinydnn.device.backend import Array, Shape
from tinydnn.files.whole import FileFormatError

_SMALL = 1024  # bytes; an array up to this size is put into its dataset's header


def written(fill: Callable[[Any], None]) -> bytes:
    """The content of an HDF5 file that `fill` writes into."""
    content = io.BytesIO()
    with h5py.File(content, "w", libver=("v110", "v110")) as file:
        fill(file)
    return content.getvalue()


def write(group: Any, path: str, array: Any) -> None:
    """Write an array to this path in the group: a small one into a header, else one chunk; both have a checksum."""
    array = np.ascontiguousarray(array).reshape(np.shape(array))  # ascontiguousarray makes a scalar one-dimensional
    if array.nbytes > _SMALL:
        group.create_dataset(path, data=array, chunks=array.shape, fletcher32=True)
        return
    compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    compact.set_layout(h5py.h5d.COMPACT)
    parent, _, name = path.rpartition("/")
    parent = group.require_group(parent).id if parent else group.id
    space = h5py.h5s.create_simple(array.shape) if array.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    dataset = h5py.h5d.create(parent, name.encode(), h5py.h5t.py_create(array.dtype), space, compact)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, array)


def member(group: Any, path: str) -> Any:
    """The group or dataset at this path; None where there is none.

    Raises:
        FileFormatError: a link is on the path; it may lead out of the file.
    """
    for part in path.split("/"):
        if not isinstance(group, h5py.Group):
            return None
        link = group.get(part, getlink=True)
        if link is None:
            return None
        if not isinstance(link, h5py.HardLink):
            raise FileFormatError(f"{path}: expected the data itself. Found: a link")
        group = group[part]
    return group


def read(group: Any, path: str, shape: Shape | None = None, most: int = 0, of: str = "") -> Array:
    """The array at this path.

    shape: the shape that it must have; None allows any shape with `most` numbers or fewer.
    of: the layer whose weight it is, for the message.

    Raises:
        FileFormatError: there is no array, its data are in another file, or it has another shape or no numbers. All
            this is checked before any memory is allocated, however large the array claims to be.
    """
    dataset = member(group, path)
    what = f"{path} ({of})" if of else path
    if not isinstance(dataset, h5py.Dataset):
        raise FileFormatError(f"{what}: expected an array. Found: {'a group' if dataset is not None else 'nothing'}")
    if dataset.external or dataset.is_virtual:
        raise FileFormatError(f"{what}: expected the data in the file. Found: a reference to other files")
    if dataset.shape is None or dataset.dtype.kind not in "fiu":
        raise FileFormatError(f"{what}: expected numbers. Found: dtype {dataset.dtype}")
    if dataset.shape != shape and (shape is not None or math.prod(dataset.shape) > most):
        expected = f"weights of shape {shape}" if shape is not None else f"at most {most} numbers"
        raise FileFormatError(f"{what}: expected {expected}. Found: {dataset.shape}")
    return np.asarray(dataset[()])
