"""Keras' folder of data sets on this machine: a file is taken from there, or downloaded there first.

Mirrors keras/src/utils/file_utils.py, `get_file`.
"""

import hashlib
import os
import tempfile
import time
from http.client import HTTPException
from os import PathLike

from tinydnn.files.locks import alone
from tinydnn.files.whole import write_whole

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"  # Keras' own copies
_PATIENCE = 30  # seconds without a byte
_PIECE, _MOST = 2**16, 2**28  # bytes


def keras_home() -> str:
    """Keras' own folder, as keras/src/backend/config.py finds it.

    KERAS_HOME of the environment, else .keras in the home folder, or in /tmp where nobody may write there.
    """
    base = os.path.expanduser("~")
    if not os.access(base, os.W_OK):
        base = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()
    return os.path.expanduser(os.environ.get("KERAS_HOME") or os.path.join(base, ".keras"))


def find(path: str | PathLike[str], origin: str, checksum: str | None, subfolder: str = "") -> str:
    """Where the file of a data set is on this machine, once it is there.

    Args:
        path: its name in Keras' folder of data sets; with a folder before it, a file of one's own, taken as it is.
        origin: what it is called where Keras downloads it.
        checksum: its SHA-256 or MD5, as Keras publishes it. A file in the cache that has another is replaced.
        subfolder: of the folder of data sets.

    Raises:
        FileNotFoundError: there is no such file of one's own.
        OSError: it is not in the cache, and can't be downloaded or written. Nothing is left half written.
    """
    path = os.fspath(path)
    if os.path.dirname(path):
        if not os.path.isfile(path):
            raise FileNotFoundError(f"There is no {path!r}; a name without a folder is downloaded, as {origin!r}")
        return path
    return fetch(os.path.join(keras_home(), "datasets", subfolder, path), ORIGIN + origin, checksum)


def fetch(target: str, url: str, checksum: str | None, anew: bool = False) -> str:
    """The path of a file, once it is there with this checksum, if there is one; with `anew`, once it was downloaded.

    Raises:
        OSError: it can't be downloaded or written. Nothing is left half written.
    """
    folder = os.path.dirname(target)
    while anew or not _is_there(target, checksum):
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise OSError(f"{folder!r} can't be made; let KERAS_HOME name a folder to write to: {error}") from None
        try:
            with alone(target):
                if anew or not _is_there(target, checksum):  # another may just have finished
                    write_whole(target, _downloaded(url, checksum, target))
                    anew = False
        except BlockingIOError:  # another is downloading it
            time.sleep(0.1)
    return target


def _is_there(path: str, checksum: str | None) -> bool:
    """Whether there is this file, with this checksum if there is one to compare with."""
    if not os.path.isfile(path):
        return False
    if checksum is None:
        return True
    with open(path, "rb") as file:
        return hashlib.file_digest(file, _algorithm(checksum)).hexdigest() == checksum


def _algorithm(checksum: str) -> str:
    return "sha256" if len(checksum) == 64 else "md5"


def _downloaded(url: str, checksum: str | None, target: str) -> bytes:
    """The content at an address, with a bar of its progress.

    Raises:
        OSError: it can't be had whole, or has another checksum; the message says where to put the file by hand.
    """
    by_hand = f"Put the file from {url} at {target!r}"
    try:
        content = _fetched(url)
    except (OSError, HTTPException) as error:
        raise OSError(f"{url} can't be downloaded: {error}. {by_hand}") from None
    found = hashlib.new(_algorithm(checksum), content).hexdigest() if checksum else None
    if found != checksum:
        raise OSError(f"{url}: expected a file of checksum {checksum}. Found: {found}. {by_hand}")
    return content


def _fetched(url: str) -> bytes:
    import urllib.request  # slow to import, and only for downloads

    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = TextColumn("Downloading {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    bar = Progress(*columns, console=Console())  # its own, as a console has one bar at a time
    content = bytearray()
    with urllib.request.urlopen(url, timeout=_PATIENCE) as response, bar:
        total = response.length
        task = bar.add_task(url.rpartition("/")[2], total=total)
        while piece := response.read(_PIECE):
            content += piece
            bar.update(task, completed=len(content))
            if len(content) > _MOST:
                raise OSError(f"expected {_MOST:,} bytes at most. Found: more")
    if total is not None and len(content) != total:
        raise OSError(f"expected {total:,} bytes. Found: the end after {len(content):,}")
    return bytes(content)
