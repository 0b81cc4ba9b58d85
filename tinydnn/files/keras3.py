"""Keras 3's own files: .keras and .weights.h5 (mirrors keras/src/saving/saving_lib.py).

A .keras file is a zip archive without compression:
    metadata.json     the version that wrote it
    config.json       the layers, the optimizer and the loss: classes and arguments
    model.weights.h5  layers/<class>_<count>/vars/<i>, optimizer/vars/<i>
A .weights.h5 file is the last of these alone.
"""

import io
import json
import math
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py

from tinydnn.checks import check_weights
from tinydnn.device.backend import Array, Shape
from tinydnn.files import hdf5, zips
from tinydnn.files.config import from_config, to_config
from tinydnn.files.keras2 import modern
from tinydnn.files.optimizer_variables import MOST_NUMBERS, MOST_SLOTS, most_variables, variables
from tinydnn.files.saved_model import SavedModel
from tinydnn.files.whole import FileFormatError, largest_content
from tinydnn.layers import Layer
from tinydnn.names import snake_case

Network = Any  # tinydnn.engine.network.Network

KERAS_VERSION = "3.15.1"  # whose format this is, and whose random numbers tinydnn.random draws

_LARGEST_NUMBER = 8  # bytes of a float64
_HDF5_OVERHEAD = 2**24  # bytes besides the numbers, such as the groups of layers without weights


def model_to_bytes(network: Network) -> bytes:
    """The content of a .keras file.

    Raises:
        TypeError: the model has a layer, a loss or an optimizer of a class that is not tinydnn's.
    """
    metadata = {"keras_version": KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(to_config(network)))
        archive.writestr("model.weights.h5", weights_to_bytes(network))
    return content.getvalue()


def read_model(path: Path, compile: bool) -> SavedModel:
    """The model in a .keras file; with `compile`, how it was compiled too.

    Raises:
        ValueError: tinydnn lacks something that the model has, or the weights don't fit it.
        FileFormatError: the file claims to be larger than it can be.
    """
    with _opened(path) as archive:
        saved = from_config(_config(archive), compile)
        claimed = zips.entry(archive, "model.weights.h5").file_size
        shapes = saved.weight_shapes(most=min(claimed, largest_content(path)))
        content = _weights(archive, shapes)
    saved.weights, saved.optimizer_variables = read_weights(content, saved, shapes)
    return saved


def read_config(path: Path) -> dict[str, Any]:
    """The config of the model in a .keras file."""
    with _opened(path) as archive:
        return _config(archive)


def weights_of_model(path: Path, shapes: Sequence[Sequence[Shape]]) -> bytes:
    """The .weights.h5 file in a .keras file, for layers with weights of these shapes.

    Raises:
        FileFormatError: it claims to be larger than it can be.
    """
    with _opened(path) as archive:
        return _weights(archive, shapes)


def weights_to_bytes(network: Network) -> bytes:
    """The content of a .weights.h5 file: the weights and the optimizer's variables."""

    def fill(file: Any) -> None:
        for name, layer in _groups(network):
            group = file.create_group(f"{name}/vars")
            group.attrs["name"] = layer.name
            for i, weight in enumerate(layer.get_weights()):
                hdf5.write(group, str(i), weight)
        file.create_group("vars").attrs["name"] = network.name
        if network.optimizer is not None:
            group = file.create_group("optimizer/vars")
            group.attrs["name"] = network.optimizer.name
            for i, variable in enumerate(variables(network)):
                hdf5.write(group, str(i), variable)

    return hdf5.written(fill)


def read_weights(
    content: bytes, model: Network | SavedModel, shapes: Sequence[Sequence[Shape]]
) -> tuple[list[Array], list[Array]]:
    """The weights of a model's layers in a .weights.h5 file, and the optimizer's variables, if it has any.

    shapes: the shapes of each layer's weights.

    Raises:
        ValueError: the weights have other shapes, or are not finite numbers.
    """
    with h5py.File(io.BytesIO(content), "r") as file:
        weights: list[Array] = []
        for (name, layer), of_layer in zip(_groups(model), shapes, strict=True):
            there = len(hdf5.member(file, f"{name}/vars") or ())
            if there != len(of_layer):
                raise FileFormatError(f"{name} ({layer.name}): expected {len(of_layer)} weights. Found: {there}")
            arrays = [hdf5.read(file, f"{name}/vars/{i}", shape, of=layer.name) for i, shape in enumerate(of_layer)]
            weights += check_weights(arrays, of_layer, layer.dtype, f"{name} ({layer.name})")
        there = len(hdf5.member(file, "optimizer/vars") or ())
        if there > MOST_NUMBERS + MOST_SLOTS * len(weights):
            raise FileFormatError(
                f"optimizer/vars: expected {MOST_SLOTS} slots a weight at most. Found: {there} arrays"
            )
        paths = (f"optimizer/vars/{i}" for i in range(there))
        return weights, hdf5.read_all(file, paths, most_variables(weights))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise FileFormatError(
            "expects a whole zip archive, as Keras 3 writes it. Found: a damaged archive, or another kind of file"
        ) from None


def _config(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The model's config; Keras 2 writes .keras files too, with layers in a form of its own."""
    return modern(zips.read_json(archive, "config.json"))


def _weights(archive: zipfile.ZipFile, shapes: Sequence[Sequence[Shape]]) -> bytes:
    numbers = sum(math.prod(shape) for of_layer in shapes for shape in of_layer)
    return zips.read(archive, "model.weights.h5", (1 + MOST_SLOTS) * numbers * _LARGEST_NUMBER + _HDF5_OVERHEAD)


def _groups(model: Network | SavedModel) -> list[tuple[str, Layer]]:
    """Each layer after the name of its group, which counts the layers of a class, whatever their own names are."""
    groups: dict[Layer, str] = {}
    _note_groups(model, "", groups)
    return [(name, layer) for layer, name in groups.items()]


def _note_groups(model: Network | SavedModel, within: str, groups: dict[Layer, str]) -> None:
    counts: dict[str, int] = {}
    for entry in model.layers:
        name = snake_case(type(entry).__name__ if isinstance(entry, Layer) else entry.keras_class)
        count = counts.get(name, 0)
        counts[name] = count + 1
        path = f"{within}layers/{name}_{count}" if count else f"{within}layers/{name}"
        if isinstance(entry, Layer):
            groups.setdefault(entry, path)
        else:
            _note_groups(entry, f"{path}/", groups)
