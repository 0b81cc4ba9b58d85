"""The lists of names in the attributes of an HDF5 file, read once it is known how much memory they take.

Keras writes such a list as references to texts elsewhere in the file. A million of them may lead to one long text, and
HDF5 would make a million copies. A reference begins with the length of its text. HDF5 has no function that tells it,
so the references themselves are looked up in the file. Its format: HDF5 File Format Specification 3.0, IV.A.
"""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import h5py

from tinydnn.files.whole import FileFormatError

_OF_A_NAME, _IN_A_SMALL_FILE = 64, 2**24  # bytes of memory: for a name besides its letters, and for all
_REFERENCE = 16  # bytes: the text's length, 4 of them, and where it is
_ATTRIBUTE, _CONTINUATION = 0x0C, 0x10  # kinds of messages in an object's header
_MOST_BLOCKS = 1000  # of a header


def read(groups: Iterable[Any], attribute: str) -> list[list[str]]:
    """For each group, the names in an attribute, which Keras splits where it is long: layer_names0, layer_names1, …

    Raises:
        FileFormatError: they are no names, or take more memory than the file would.
    """
    places, memory = [], 0
    for group in groups:
        parts = [attribute] if attribute in group.attrs else [f"{attribute}{i}" for i in range(len(group.attrs))]
        places.append([(group, part) for part in parts if part in group.attrs])
        for _, part in places[-1]:
            memory += _memory(group, part)
            most = max(_IN_A_SMALL_FILE, group.file.id.get_filesize())
            if memory > most:
                raise FileFormatError(f"{part}: expected names that take {most:,} bytes at most. Found: {memory:,}")
    return [[decoded(name) for group, part in place for name in group.attrs[part]] for place in places]


def decoded(value: Any) -> str:
    """A text as h5py gives it."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _memory(group: Any, part: str) -> int:
    """How many bytes the names in this attribute will take."""
    found = group.attrs.get_id(part)
    if found.shape == (0,):  # Keras has no names as an empty list of numbers
        return 0
    if len(found.shape or ()) != 1 or h5py.check_string_dtype(found.dtype) is None:
        raise FileFormatError(f"{part}: expected a list of names. Found: {found.dtype} of shape {found.shape}")
    letters = _letters(group, part) if found.dtype.kind == "O" else found.get_storage_size()
    return int(letters + _OF_A_NAME * found.shape[0])


def _letters(group: Any, part: str) -> int:
    """The sum of the lengths in an attribute's references."""
    with open(group.file.filename, "rb") as file:
        address = group.file.userblock_size + h5py.h5o.get_info(group.id).addr
        found = [data for name, data in _attributes(file, address, group.file.userblock_size) if name == part.encode()]
    if not found or group.file.id.get_create_plist().get_sizes() != (8, 8):
        raise FileFormatError(f"{part}: expected a list of names as Keras writes it. Found: one that is kept elsewhere")
    return sum(_number(data, at, 4) for data in found for at in range(0, len(data) - _REFERENCE + 1, _REFERENCE))


def _attributes(file: BinaryIO, address: int, base: int) -> Iterator[tuple[bytes, bytes]]:
    """(name, data) of the attributes in the header of the object at this address; addresses in it count from `base`."""
    for body in _messages(file, address, base):
        version = body[0]
        sizes = [_number(body, at, 2) for at in (2, 4, 6)]  # of its name, its datatype and its dataspace
        starts = [9 if version == 3 else 8]
        for size in sizes:
            starts.append(starts[-1] + (-(-size // 8) * 8 if version == 1 else size))
        yield body[starts[0] : starts[0] + sizes[0]].split(b"\0")[0], body[starts[3] :]


def _messages(file: BinaryIO, address: int, base: int) -> Iterator[bytes]:
    """The attributes' messages in a header of version 1 or 2."""

    def bytes_at(start: int, size: int) -> bytes:
        file.seek(start)
        return file.read(size)

    start = bytes_at(address, 16)
    new = start.startswith(b"OHDR")
    if new:
        flags, at = start[5], address + 6 + 16 * (start[5] >> 5 & 1) + 4 * (start[5] >> 4 & 1)
        width = 1 << (flags & 3)
        blocks, prefix = [(at + width, _number(bytes_at(at, width), 0, width))], 4 + 2 * (flags >> 2 & 1)
    else:
        blocks, prefix = [(address + 16, _number(start, 8, 4))], 8
    for at, size in blocks:
        block, place = bytes_at(at, size), 0
        while place + prefix <= len(block):
            kind = block[place] if new else _number(block, place, 2)
            length = _number(block, place + (1 if new else 2), 2)
            body = block[place + prefix : place + prefix + length]
            if kind == _ATTRIBUTE and len(body) > 8:
                yield body
            if kind == _CONTINUATION and len(body) >= 16 and len(blocks) < _MOST_BLOCKS:
                next_at, next_size = base + _number(body, 0, 8), _number(body, 8, 8)
                blocks.append((next_at + 4, next_size - 8) if new else (next_at, next_size))
            place += prefix + length


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")
