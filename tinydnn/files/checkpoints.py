"""Checkpoints: the whole state of a training in one .npz file, from which it goes on to the same bits.

The state consists of numbers, text, lists, tuples, dicts and arrays, which come back with their types. Each array is
an entry of the archive, and the rest is state.json, in which {"array": 3} stands for the entry 3.npy and {"scalar": …}
for a number of NumPy's. Each entry has a checksum, and nothing is pickled.
"""

import io
import json
import os
import zipfile
from os import PathLike
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.ranks import by_first
from tinydnn.files import npz, zips
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.old_spellings import OldLog
from tinydnn.tensors import Scalar, Tensor

_PLAIN: dict[type, type] = {Scalar: float, Tensor: np.ndarray}  # what they are without Keras' methods

_FORMAT = "tinydnn checkpoint 2"
_SCALARS = {np.dtype(code).name for code in "?bBhHiIqQefd"}  # bool, integers of up to 64 bits, float16, 32 and 64


@by_first("write a checkpoint")
def write(path: str | PathLike[str], state: Any, like: str | PathLike[str] | None = None) -> None:
    """Write a state to a file, whole or not at all; a new file gets the permissions of the file `like`.

    Raises:
        TypeError: the state contains something other than numbers, text, lists, tuples, dicts and arrays of numbers.
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


def check(value: Any, what: str) -> None:
    """See that a checkpoint keeps this value with its type.

    Raises:
        TypeError: it doesn't; the message says `what` has it.
    """
    try:
        json.dumps(_without_arrays(value, []))
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{what}: {error}") from None


def _without_arrays(value: Any, arrays: list[Array]) -> Any:
    """The value as plain JSON; its arrays are appended to the list."""
    kind = _PLAIN.get(type(value), type(value))
    if kind is float:
        return float(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is list:
        return [_without_arrays(entry, arrays) for entry in value]
    if kind is tuple:
        return {"tuple": [_without_arrays(entry, arrays) for entry in value]}
    if kind in (dict, OldLog):
        name = "log" if kind is OldLog else "dict"
        return {name: {_text(key): _without_arrays(entry, arrays) for key, entry in value.items()}}
    if isinstance(value, np.generic) and value.dtype.name in _SCALARS:
        return {"scalar": [value.dtype.name, value.item()]}
    if kind is np.ndarray and value.dtype.kind in "biuf":
        arrays.append(value)
        return {"array": len(arrays) - 1}
    raise TypeError(
        "A checkpoint keeps numbers, text, lists, tuples, dicts and NumPy arrays of numbers. "
        f"Received: {value!r:.200} of type {kind.__name__}"
    )


def _text(key: Any) -> str:
    if type(key) is not str:
        raise TypeError(f"A checkpoint keeps dicts whose keys are text. Received: the key {key!r}")
    return key


def _with_arrays(value: Any, archive: zipfile.ZipFile, seen: set[str]) -> Any:
    """The value with its arrays, each read once; `seen` has the names of those that were read."""
    if isinstance(value, list):
        return [_with_arrays(entry, archive, seen) for entry in value]
    if not isinstance(value, dict):
        return value
    for name, kind in (("dict", dict), ("log", OldLog)):
        if isinstance(value.get(name), dict):
            return kind({key: _with_arrays(entry, archive, seen) for key, entry in value[name].items()})
    if isinstance(value.get("tuple"), list):
        return tuple(_with_arrays(entry, archive, seen) for entry in value["tuple"])
    if isinstance(value.get("scalar"), list):
        name, number = value["scalar"]
        if name not in _SCALARS:
            raise FileFormatError(f"expected a number of one of {sorted(_SCALARS)}. Found: {name!r}")
        return np.dtype(name).type(number)
    name = str(value.get("array"))
    if name in seen:  # otherwise a small file could ask for the same array a million times
        raise FileFormatError(f"expected the array {name} once in state.json. Found: twice")
    seen.add(name)
    return npz.read(archive, name)
