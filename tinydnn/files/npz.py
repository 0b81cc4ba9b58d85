"""Reading arrays from an .npz file, a zip archive of .npy files, without trusting it.

NumPy's own reader allocates as much memory as a file asks for; here the file's claims are checked first.
"""

import ast
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.files.whole import FileFormatError, largest_content

_MAGIC = b"\x93NUMPY\x01\x00"
_LONGEST_HEADER = 2**14


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
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, MemoryError) as error:
        raise FileFormatError(f"{path}: can't be read to its end: {error}") from None


def read(archive: zipfile.ZipFile, name: str) -> Array:
    """The array of this name.

    Raises:
        FileFormatError: there is no such entry, it is not an array of numbers, or its size is not what its header says.
    """
    entry = _entry(archive, f"{name}.npy")
    with archive.open(entry) as file:
        start = file.read(len(_MAGIC) + 2)
        length = int.from_bytes(start[-2:], "little")
        if start[:-2] != _MAGIC or length > _LONGEST_HEADER:
            raise FileFormatError(f"{name}: expected an array as NumPy writes it. Found: other bytes")
        shape, dtype, fortran = _header(file.read(length), name)
        size = math.prod(shape) * dtype.itemsize
        if len(start) + length + size != entry.file_size:
            raise FileFormatError(f"{name}: expected {size} bytes for {shape} of {dtype}. Found: {entry.file_size}")
        content = file.read()  # to the end, where zipfile compares the checksum
    if len(content) != size:
        raise FileFormatError(f"{name}: expected {size} bytes. Found: {len(content)}")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if fortran else "C").copy()


def read_bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    """The content of the entry of this name.

    Raises:
        FileFormatError: there is no such entry.
    """
    return archive.read(_entry(archive, name))


def _entry(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    if name not in archive.namelist():
        raise FileFormatError(f"expected {name}. Found: {', '.join(archive.namelist()[:10])}")
    return archive.getinfo(name)


def _header(text: bytes, name: str) -> tuple[tuple[int, ...], Any, bool]:
    """An array's shape, its dtype, and whether it is in Fortran's order; NumPy writes them as a Python dict."""
    try:
        header = ast.literal_eval(text.decode("latin-1"))
        shape, descr, fortran = header["shape"], header["descr"], header["fortran_order"]
        dtype = np.dtype(descr) if isinstance(descr, str) else None
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise FileFormatError(f"{name}: expected an array's header. Found: {text[:60]!r}") from None
    if dtype is None or dtype.kind not in "biuf":
        raise FileFormatError(f"{name}: expected plain numbers (nothing is unpickled). Found: dtype {descr!r}")
    if not isinstance(shape, tuple) or not all(isinstance(axis, int) and axis >= 0 for axis in shape):
        raise FileFormatError(f"{name}: expected a shape. Found: {shape!r}")
    return shape, dtype, bool(fortran)
