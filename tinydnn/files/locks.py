"""One at a time: a lock that the operating system ends with its process, however that ends."""

import errno
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from typing import TextIO

from tinydnn.files.whole import check_writable, remove_parts, writer

if sys.platform == "win32":
    import msvcrt

    def _lock(file: TextIO) -> None:
        os.lseek(file.fileno(), 2**30, os.SEEK_SET)  # behind the content, which others may read
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(str(error)) from None

else:
    import fcntl

    def _lock(file: TextIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_NO_LOCKS = errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP  # what a network file system without locks says

_held: set[TextIO] = set()


@contextmanager
def alone(path: str | PathLike[str]) -> Iterator[None]:
    """Be the only one, among processes and threads that ask for this, who works on the file `path` and its folder.

    What a process that died at this left half written in the folder is removed. On a file system without locks there
    is a warning instead.

    Raises:
        BlockingIOError: another is at it.
        OSError: the folder is missing or can't be written to.
    """
    check_writable(path)
    folder, name = os.path.split(os.path.realpath(path))
    beside = os.path.join(folder, f".{name}.lock")
    try:
        file = _locked(beside)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        warnings.warn(f"{folder!r} can't be locked, so nothing keeps a second process out: {error}", stacklevel=4)
        yield
        return
    _held.add(file)
    try:
        if died := _holder(file)[0]:
            remove_parts(folder, died)
        file.truncate(0)
        file.write(f"{writer()} {socket.gethostname()}")
        file.flush()
        yield
    finally:
        _held.discard(file)
        if not file.closed:  # as it is in a forked process, whose parent has the lock
            _unlock(file, beside)


def _locked(path: str) -> TextIO:
    """The lock file, open and locked."""
    while True:
        file = open(path, "a+", encoding="utf-8", errors="replace")  # noqa: SIM115, _unlock closes it
        try:
            _lock(file)
        except BlockingIOError:
            with file:
                process, host = _holder(file)
            who = f"process {process.partition('-')[0]} on {host}" if host else "another process"
            raise BlockingIOError(
                f"{os.path.dirname(path)!r} is in use by {who}; wait until it has ended, or name another folder"
            ) from None
        except OSError:
            _unlock(file, path)
            raise
        if _is_at(file, path):
            return file
        file.close()  # whoever had it has just removed it


def _unlock(file: TextIO, path: str) -> None:
    """End a lock and remove its file, unless that is another's by now; where it has to stay, it does no harm."""
    with file, suppress(OSError):
        file.truncate(0)  # nobody has died
        if sys.platform == "win32":  # which removes no open file, and so not that of the next one
            file.close()
            os.unlink(path)
        elif _is_at(file, path):
            os.unlink(path)


def _holder(file: TextIO) -> tuple[str, str]:
    """The process that wrote this lock file, as its parts name it, and the machine; empty if there is none."""
    file.seek(0)
    process, _, host = file.read(1000).partition(" ")
    return process, host


def _is_at(file: TextIO, path: str) -> bool:
    """Whether this open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def _let_parent_hold() -> None:
    """In a forked process, which would keep the locks of its parent when that has died."""
    for file in _held:
        file.close()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_parent_hold)
