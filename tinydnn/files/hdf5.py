"""HDF5 with a checksum on every byte that counts; and HDF5 from anywhere, read without trusting it.

Written as HDF5 1.10 can, whose headers have checksums, where h5py's default is a form without any.
"""

import io
import math
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tinydnn.device.backend import Array, Shape
from tinydnn.files.whole import FileFormatError

_SMALL = 1024  # bytes that fit into a dataset's own header


def written(fill: Callable[[Any], None]) -> bytes:
    """The HDF5 file that fill(file) makes."""
    content = io.BytesIO()
    with h5py.File(content, "w", libver=("v110", "v110")) as file:
        fill(file)
    return content.getvalue()


def write(group: Any, path: str, array: Any) -> None:
    """Put an array there: a small one into its header, a larger one as one chunk, since only chunks have checksums."""
    array = np.ascontiguousarray(array).reshape(np.shape(array))  # the former makes a number a row
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
        FileFormatError: it is a link, which may lead anywhere, to another file too.
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

    shape: what it must have; None for any, of `most` numbers at most.
    of: whose it is, for the message.

    Raises:
        FileFormatError: there is none, its data lie outside the file, or its shape or dtype are others. Nothing has
            been read then, however large the file says it is.
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
