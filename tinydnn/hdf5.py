"""HDF5 from anywhere, read without trusting it: nothing outside the file, nothing larger than it should be."""

import math
from typing import Any

import h5py
import numpy as np

from tinydnn.backend import Array
from tinydnn.files import FileFormatError
from tinydnn.parameters import Shape


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
