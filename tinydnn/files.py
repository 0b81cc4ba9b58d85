"""Files that are whole or not there, and the one error for those that are not what they should be."""

import os
import tempfile
from os import PathLike


class FileFormatError(ValueError):
    """A file is damaged, or of another kind than it should be; the message has its name and the place."""


def write_whole(path: str | PathLike[str], content: bytes) -> None:
    """Write a file beside its place and rename it into it, so that nobody finds half of it, ever.

    Raises:
        OSError: the folder is missing, the disk is full, or writing is not allowed; a file that was there
            before is still there.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"Folder {folder!r} does not exist; make it first, to write {name!r} there")
    handle, beside = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, _usual_mode())
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def _usual_mode() -> int:
    """The permissions that a file made by open() has; mkstemp's is for its owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
