"""Writing a file whole or not at all, and the one error for a file that can't be used."""

import json
import math
import os
import secrets
import tempfile
from contextlib import suppress
from os import PathLike
from typing import Any

_BORN = secrets.token_hex(4)
_SHOWN = 40  # letters of a file's name in that of its temporary file, which has to be shorter than 256 bytes too


class FileFormatError(ValueError):
    """A file is damaged or of the wrong kind; the message has its name and the place in it."""


def write_whole(path: str | PathLike[str], content: bytes, like: str | PathLike[str] | None = None) -> None:
    """Write a temporary file in the same folder and rename it to `path`, so that nobody ever finds half a file.

    A link is followed. A pipe or a device such as /dev/stdout is written to directly. A file that was there before
    keeps its permissions, and one that wasn't gets those of the file `like`, where there is one.

    Raises:
        OSError: the folder is missing, the disk is full, or writing is not allowed; a file that was there
            before is still there.
    """
    path = os.path.realpath(path)
    if _is_special(path):
        with open(path, "wb") as file:
            file.write(content)
        return
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"Folder {folder!r} does not exist; make it first, to write {name!r} there")
    handle, beside = tempfile.mkstemp(dir=folder, prefix=f".{name[:_SHOWN]}.", suffix=f".{writer()}.part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _mode(path, like))
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def writer() -> str:
    """This process, as the temporary files that it writes name it: its number and four random bytes."""
    return f"{os.getpid()}-{_BORN}"


def remove_parts(folder: str, writer: str) -> None:
    """Remove what a process that has died left half written in a folder."""
    for name in os.listdir(folder):
        if name.startswith(".") and name.endswith(f".{writer}.part"):
            with suppress(FileNotFoundError):  # another was quicker
                os.unlink(os.path.join(folder, name))


def check_writable(path: str | PathLike[str]) -> None:
    """Check that a file can be written to `path`, before long work whose result goes there.

    Raises:
        OSError: the folder is missing or can't be written to, or the path is a folder.
    """
    path = os.path.realpath(path)
    if _is_special(path):
        return
    folder, name = os.path.split(path)
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path!r} is a folder; name a file in it")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"Folder {folder!r} does not exist; make it first, to write {name!r} there")
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise type(error)(f"Can't write to {folder!r}; name a file in another folder: {error}") from None


def largest_content(path: str | PathLike[str]) -> int:
    """The number of bytes that a compressed file may unpack to; a file that claims more is hostile.

    Images of digits shrink to a fifth of their size, a file made to fill the memory to a thousandth.
    """
    return max(2**28, 20 * os.path.getsize(path))


def _is_special(path: str) -> bool:
    """Whether the path exists and is neither a file nor a folder."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _mode(*examples: str | PathLike[str] | None) -> int:
    """The permissions of the first of these files that exists, or those that open() gives a new one.

    mkstemp lets only the owner read its files.
    """
    for path in examples:
        if path is not None:
            with suppress(FileNotFoundError):
                return os.stat(path).st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def to_json(value: Any, indent: int | None = 2) -> str:
    """The value as JSON, with null for NaN and infinity, which JSON lacks; without an indent it is one line."""
    separators = (",", ":") if indent is None else None
    return json.dumps(_finite(value), indent=indent, separators=separators, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
