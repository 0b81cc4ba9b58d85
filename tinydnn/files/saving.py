"""Saving and loading in the format that the file's name asks for (mirrors keras/src/saving/saving_api.py).

.keras holds a whole model, .weights.h5 its weights, both as Keras 3 writes them. Any other .h5 or .hdf5 is a file of
Keras 2, which may hold either; only weights are written in that format.

A damaged file makes zipfile, json and h5py raise errors of nearly every kind. `naming` turns them into one.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import h5py

from tinydnn.device.ranks import by_first
from tinydnn.files import keras2, keras3, optimizer_variables
from tinydnn.files.config import from_config, loss_of, to_config
from tinydnn.files.saved_model import SavedModel, flat_layers
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.losses import Loss
from tinydnn.warn import warn

Network = Any  # tinydnn.engine.network.Network
FilePath = str | PathLike[str]

_MODEL, _WEIGHTS = ".keras", ".weights.h5"
_KERAS_2 = ".h5", ".hdf5"


@by_first("save a model")
def save_model(network: Network, filepath: FilePath, overwrite: bool) -> None:
    """Write a model to a .keras file.

    Raises:
        ValueError: the name has another ending.
        FileExistsError: the file exists, and overwrite is False.
        TypeError: the model has a layer, a loss or an optimizer of a class that is not tinydnn's.
        OSError: the file can't be written.
    """
    path = _writable(filepath, overwrite, _MODEL)
    write_whole(path, keras3.model_to_bytes(network))


def model_file(filepath: FilePath) -> Path:
    """The path of a file that may hold a model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the name has another ending.
    """
    return _readable(filepath, _MODEL, *_KERAS_2)


def read_model(path: Path, compile: bool) -> SavedModel:
    """The model in a .keras file or in an .h5 file of Keras 2; with `compile`, how it was compiled too."""
    if _ending(path) == _MODEL:
        return keras3.read_model(path, compile)
    return keras2.read_model(path, compile)


def read_loss(path: Path) -> Loss | None:
    """The loss that the model in this file was compiled with, if any; nothing else of it has to be what tinydnn has.

    Raises:
        CompiledError: tinydnn lacks it.
        FileFormatError: the file is damaged.
    """
    with naming(path):
        compiled = (keras3 if _ending(path) == _MODEL else keras2).read_config(path).get("compile_config")
        return loss_of(compiled) if compiled else None


@by_first("save weights")
def save_weights(network: Network, filepath: FilePath, overwrite: bool) -> None:
    """Write weights and the optimizer's variables to a .weights.h5 file, or weights alone to an .h5 file of Keras 2.

    Raises:
        ValueError: the name has another ending.
        FileExistsError: the file exists, and overwrite is False.
        OSError: the file can't be written.
    """
    path = _writable(filepath, overwrite, _WEIGHTS, *_KERAS_2)
    to_bytes = keras3.weights_to_bytes if _ending(path) == _WEIGHTS else keras2.weights_to_bytes
    write_whole(path, to_bytes(network))


def load_weights(network: Network, filepath: FilePath, skip_mismatch: bool, by_name: bool) -> None:
    """Load weights into a built model, and the optimizer's variables too if they fit its slots.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the name has another ending, or skip_mismatch or by_name is True.
        FileFormatError: the file is damaged, or its weights don't fit the model; nothing has changed then.
    """
    if skip_mismatch or by_name:
        raise ValueError(
            "load_weights takes the weights of all layers, in their order. For some of them, load the model that they "
            "are of, and take those with get_layer(name).get_weights() and set_weights. "
            f"Received: skip_mismatch={skip_mismatch}, by_name={by_name}"
        )
    path = _readable(filepath, _WEIGHTS, _MODEL, *_KERAS_2)
    shapes = [[weight.shape for weight in layer.weights] for layer in flat_layers(network)]
    with naming(path):
        if _ending(path) in (_WEIGHTS, _MODEL):
            content = path.read_bytes() if _ending(path) == _WEIGHTS else keras3.weights_of_model(path, shapes)
            weights, variables = keras3.read_weights(content, network, shapes)
        else:
            with h5py.File(path, "r") as file:
                weights, variables = keras2.read_weights(file, network, shapes), []
        fits = optimizer_variables.take_over(network, variables)  # first, since it may fail
        network.set_weights(weights)
    if network.optimizer is not None and not fits and len(variables) > 2:
        warn(
            f"{path}: the optimizer's state was left out, since this model's optimizer has no slots of that kind; "
            "to take it over, load the whole model, or train this one for a step first"
        )


def to_json(network: Network, **options: Any) -> str:
    """The config of a model as JSON.

    options: as for json.dumps.
    """
    return json.dumps(to_config(network), **options)


def from_json(text: str) -> SavedModel:
    """The model that the JSON of tinydnn, Keras 3 or Keras 2 describes, without weights."""
    return from_config(keras2.modern(json.loads(text)), compile=True)


@contextmanager
def naming(source: Path | str) -> Iterator[None]:
    """Turn every error in this block into a FileFormatError that names the source: a file, or "The JSON of a model"."""
    try:
        yield
    except FileFormatError as error:
        raise type(error)(f"{source}: {error}") from None
    except Exception as error:
        raise FileFormatError(f"{source}: {type(error).__name__}: {str(error)[:200]}") from error


def _writable(filepath: FilePath, overwrite: bool, *endings: str) -> Path:
    path = _with_ending(filepath, endings)
    if not path.name.endswith(_ending(path)):
        raise ValueError(f"Keras knows the ending {_ending(path)} in small letters only. Received: {str(path)!r}")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} exists already; give overwrite=True or another name")
    return path


def _readable(filepath: FilePath, *endings: str) -> Path:
    path = Path(fspath(filepath))
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}")
    return _with_ending(path, endings)


def _with_ending(filepath: FilePath, endings: tuple[str, ...]) -> Path:
    path = Path(fspath(filepath))
    if _ending(path) not in endings:
        keras_2 = f", or for the files of Keras 2 in {' or '.join(_KERAS_2)}" if _KERAS_2[0] in endings else ""
        wanted = " or ".join(ending for ending in endings if ending not in _KERAS_2)
        raise ValueError(f"The file's name must end in {wanted}{keras_2}. Received: {str(path)!r}")
    return path


def _ending(path: Path) -> str:
    """The ending that says what is in a file, in small letters, however the file has it; "" for another one."""
    name = path.name.lower()
    return next((ending for ending in (_MODEL, _WEIGHTS, *_KERAS_2) if name.endswith(ending)), "")
