"""Reading entries of a zip archive without trusting it.

zipfile believes what an archive says of its sizes, and unpacks bzip2 and LZMA whole before it hands out the first byte.
Here an entry is stored or deflated, as NumPy and Keras write it, and read in pieces, to one byte past its size at most.
"""

import copy
import json
import zipfile
from typing import Any

from tinydnn.files.whole import FileFormatError

_PIECE = 2**20  # bytes
_SMALL_JSON, _MOST_SHRUNK = 2**20, 20  # bytes, and to which part of itself a longer text may shrink


def entry(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The entry of this name.

    Raises:
        FileFormatError: there is none, or it is packed in another way.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise FileFormatError(f"expected {name}. Found: {', '.join(archive.namelist()[:10])}") from None
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileFormatError(f"{name}: expected it stored or deflated. Found: compression method {info.compress_type}")
    return info


def read(archive: zipfile.ZipFile, name: str, most: int | None = None) -> bytes:
    """The content of the entry of this name, which may claim `most` bytes, or any number where the archive is checked.

    Raises:
        FileFormatError: there is no such entry, it is packed in another way, or it has another size than it says.
    """
    info = entry(archive, name)
    size = info.file_size
    if most is not None and size > most:
        raise FileFormatError(f"{name}: expected {most:,} bytes at most. Found: {size:,}")
    with_one_more = copy.copy(info)
    with_one_more.file_size += 1  # zipfile drops what comes after the size
    pieces: list[bytes] = []
    with archive.open(with_one_more) as file:
        while piece := file.read(_PIECE):  # to the end, where zipfile compares the checksum
            pieces.append(piece)
    content = b"".join(pieces)
    if len(content) != size:
        found = "more" if len(content) > size else f"{len(content):,}"
        raise FileFormatError(f"{name}: expected {size:,} bytes, as the archive says. Found: {found}")
    return content


def read_json(archive: zipfile.ZipFile, name: str) -> Any:
    """The values in an entry of JSON; they take some twenty times the memory of their text.

    Raises:
        FileFormatError: as `read`, or it is no text that somebody wrote, since it shrinks too much.
    """
    return json.loads(read(archive, name, max(_SMALL_JSON, _MOST_SHRUNK * entry(archive, name).compress_size)))
