"""Reading arrays from an .npz file, a zip archive of .npy files, without trusting it.

NumPy's own reader allocates as much memory as a file asks for; here the file's claims are checked first.
"""

import ast
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinydnn.checks import is_int
from tinydnn.device.backend import Array
from tinydnn.files import pickles, zips
from tinydnn.files.whole import FileFormatError, largest_content

_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 2**14
# A byte of a pickle may ask for 64 of memory; real lists of words shrink to half of themselves.
_SMALL_PICKLE, _MOST_SHRUNK = 2**20, 6  # bytes, and to which part of itself a larger one may shrink


@contextmanager
def opened(path: str) -> Iterator[zipfile.ZipFile]:
    """Open the archive for the length of a block.

    Raises:
        FileFormatError: the file is not an archive, or the block failed to read it; the message has the file's name.
    """
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"PK\3\4":
                raise FileFormatError("expected an .npz file, which is a zip archive. Found: another kind of file")
            with zipfile.ZipFile(file) as archive:
                total, most = sum(entry.file_size for entry in archive.infolist()), largest_content(path)
                if total > most:
                    raise FileFormatError(f"expected {most:,} bytes at most in this archive. Found: {total:,}")
                yield archive
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from None
    except Exception as error:  # zipfile, zlib and json have many kinds for a damaged file
        raise FileFormatError(f"{path}: can't be read to its end: {error}") from None


def read(archive: zipfile.ZipFile, name: str) -> Array:
    """The array of this name.

    Raises:
        FileFormatError: there is no such entry, it is not an array of numbers, or its size is not what its header says.
    """
    shape, dtype, fortran, content = _parts(zips.read(archive, f"{name}.npy"), name)
    if dtype.kind not in "biuf":
        raise FileFormatError(f"{name}: expected plain numbers (nothing is unpickled). Found: dtype {dtype.str!r}")
    size = math.prod(shape) * dtype.itemsize
    if size != len(content):
        raise FileFormatError(f"{name}: expected {size} bytes for {shape} of {dtype}. Found: {len(content)}")
    array = np.frombuffer(content, dtype) if size else np.empty(0, dtype)  # frombuffer takes no emptiness
    return array.reshape(shape, order="F" if fortran else "C").copy()


def read_text(archive: zipfile.ZipFile, name: str) -> str:
    """The text of this name, which NumPy writes as an array of one string.

    Raises:
        FileFormatError: there is no such entry, or another array in it.
    """
    shape, dtype, _, content = _parts(zips.read(archive, f"{name}.npy"), name)
    if dtype.kind != "U" or shape not in ((), (1,)):
        raise FileFormatError(f"{name}: expected one text. Found: {shape} of {dtype.str!r}")
    if dtype.itemsize != len(content):
        raise FileFormatError(f"{name}: expected {dtype.itemsize} bytes of text. Found: {len(content)}")
    return content.decode("utf-32-le" if dtype.str[0] == "<" else "utf-32-be").rstrip("\0")


def read_lists(archive: zipfile.ZipFile, name: str) -> list[list[int]]:
    """The rows of an array of lists of whole numbers, which NumPy can only pickle; nothing is unpickled.

    Raises:
        FileFormatError: there is no such entry, or another array in it.
    """
    most = max(_SMALL_PICKLE, _MOST_SHRUNK * zips.entry(archive, f"{name}.npy").compress_size)
    shape, dtype, _, content = _parts(zips.read(archive, f"{name}.npy", most), name)
    if dtype.kind != "O" or len(shape) != 1:
        raise FileFormatError(f"{name}: expected an array of lists, one axis of objects. Found: {shape} of {dtype}")
    try:
        return pickles.rows(content, shape[0])
    except Exception as error:  # pickletools and the operations have many kinds for what is no such pickle
        raise FileFormatError(f"{name}: {error}") from None


def _parts(content: bytes, name: str) -> tuple[tuple[int, ...], Any, bool, bytes]:
    """What an .npy file says of its array, and what comes after that."""
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(content[start - 2 : start], "little")  # of the header
    if not content.startswith(_MAGIC) or end > _LONGEST_HEADER:
        raise FileFormatError(f"{name}: expected an array as NumPy writes it. Found: other bytes")
    return *_header(content[start:end], name), content[end:]


def _header(text: bytes, name: str) -> tuple[tuple[int, ...], Any, bool]:
    """An array's shape, its dtype, and whether it is in Fortran's order; NumPy writes them as a Python dict."""
    try:
        header = ast.literal_eval(text.decode("latin-1"))
        shape, descr, fortran = header["shape"], header["descr"], header["fortran_order"]
        dtype = np.dtype(descr) if isinstance(descr, str) else None  # a list makes a dtype of several fields
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise FileFormatError(f"{name}: expected an array's header. Found: {text[:60]!r}") from None
    if dtype is None:
        raise FileFormatError(f"{name}: expected plain numbers (nothing is unpickled). Found: dtype {descr!r}")
    if not isinstance(shape, tuple) or not all(is_int(axis) and axis >= 0 for axis in shape):
        raise FileFormatError(f"{name}: expected a shape. Found: {shape!r}")
    if not isinstance(fortran, bool):
        raise FileFormatError(f"{name}: expected fortran_order as True or False. Found: {fortran!r}")
    return shape, dtype, fortran
