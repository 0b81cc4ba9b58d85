"""Checkpoints: the whole state of a training in one .npz file, from which it goes on to the same bits.

The state consists of numbers, text, lists, dicts and arrays. Each array is an entry of the archive; the rest is
state.json, in which {"array": 3} stands for the entry 3.npy. Each entry has a checksum, and nothing is pickled.
"""

import io
import json
import os
import zipfile
from os import PathLike
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.files import npz, zips
from tinydnn.files.whole import FileFormatError, write_whole

_FORMAT = "tinydnn checkpoint 1"


def write(path: str | PathLike[str], state: Any, like: str | PathLike[str] | None = None) -> None:
    """Write a state to a file, whole or not at all; a new file gets the permissions of the file `like`.

    Raises:
        TypeError: the state contains something other than numbers, text, lists, dicts and arrays.
        OSError: the file can't be written; a checkpoint that was there before is still there.
    """
    arrays: list[Array] = []
    tree = _without_arrays(state, arrays)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("state.json", json.dumps({"format": _FORMAT, "state": tree}))
        for i, array in enumerate(arrays):
            with archive.open(f"{i}.npy", "w") as entry:
                np.lib.format.write_array(entry, array, version=(1, 0), allow_pickle=False)
    write_whole(path, content.getvalue(), like)


def read(path: str | PathLike[str]) -> Any:
    """The state in a file.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: the file is not a checkpoint, or it is damaged.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path!r}")
    with npz.opened(path) as archive:
        content = zips.read_json(archive, "state.json")
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise FileFormatError(f"expected {_FORMAT!r} in state.json. Found: another format")
        return _with_arrays(content.get("state"), archive, set())


def _without_arrays(value: Any, arrays: list[Array]) -> Any:
    """The value as plain JSON; its arrays are appended to the list."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {"dict": {_text(key): _without_arrays(entry, arrays) for key, entry in value.items()}}
    if isinstance(value, list | tuple):
        return [_without_arrays(entry, arrays) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"A checkpoint keeps numbers, text, lists, dicts and NumPy arrays. Received: {value!r}")


def _text(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A checkpoint keeps dicts whose keys are text. Received: the key {key!r}")
    return key


def _with_arrays(value: Any, archive: zipfile.ZipFile, seen: set[str]) -> Any:
    """The value with its arrays, each read once; `seen` has the names of those that were read."""
    if isinstance(value, list):
        return [_with_arrays(entry, archive, seen) for entry in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("dict"), dict):
        return {key: _with_arrays(entry, archive, seen) for key, entry in value["dict"].items()}
    name = str(value.get("array"))
    if name in seen:  # otherwise a small file could ask for the same array a million times
        raise FileFormatError(f"expected the array {name} once in state.json. Found: twice")
    seen.add(name)
    return npz.read(archive, name)
