"""The HDF5 files and the JSON of Keras 2 (mirrors keras/src/legacy/saving/legacy_h5_format.py).

A file of weights has the attribute `layer_names` and a group for each layer. The group's attribute
`weight_names` says where in it the weights are: dense/kernel:0. Weights are matched to layers by their
order; names don't matter. A file of a whole model holds all this in the group `model_weights`, and besides it
the attributes `model_config` and `training_config`, both JSON, and the group `optimizer_weights`.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tinydnn.checks import check_weights
from tinydnn.device.backend import Array, Shape
from tinydnn.files import hdf5, hdf5_names
from tinydnn.files.config import from_config
from tinydnn.files.keras2_compiled import modern_loss, modern_optimizer, modern_variables
from tinydnn.files.optimizer_variables import most_variables
from tinydnn.files.saved_model import SavedModel
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import Layer

Network = Any  # tinydnn.engine.network.Network

_WRITTEN_AS = "2.2.4"  # the version of Keras whose format is written


def weights_to_bytes(network: Network) -> bytes:
    """The content of a file as `save_weights` of Keras 2 writes it; it has no place for the optimizer's variables.

    Raises:
        ValueError: the model has models in it.
    """
    _without_models(network)

    def fill(file: Any) -> None:
        file.attrs["layer_names"] = np.array([layer.name.encode() for layer in network.layers])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = _WRITTEN_AS.encode()
        for layer in network.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{name}:0" for name in layer.weight_names]
            group.attrs["weight_names"] = np.array([name.encode() for name in names], dtype=np.bytes_)
            for name, weight in zip(names, layer.get_weights(), strict=True):
                hdf5.write(group, name, weight)

    return hdf5.written(fill)


def read_model(path: Path, compile: bool) -> SavedModel:
    """The model in an .h5 file; with `compile`, how it was compiled too.

    Raises:
        ValueError: tinydnn lacks something that the model has, or the weights don't fit it.
    """
    with h5py.File(path, "r") as file:
        config = _config(file)
        compiled = config.get("compile_config", {})
        written = compiled.get("optimizer", {})
        if compile and compiled:
            compiled["optimizer"] = modern_optimizer(written)
        saved = from_config(config, compile)
        shapes = saved.weight_shapes(most=os.path.getsize(path))
        saved.weights = read_weights(file, saved, shapes)
        if saved.compile_arguments is not None:
            variables = _read_optimizer_variables(file, most_variables(saved.weights))
            saved.optimizer_variables = modern_variables(written, variables, saved.compile_arguments["optimizer"])
    return saved


def read_weights(file: Any, model: Network | SavedModel, shapes: Sequence[Sequence[Shape]]) -> list[Array]:
    """The weights of a model's layers, matched by their order, in an open file or in its group model_weights.

    shapes: the shapes of each layer's weights.

    Raises:
        FileFormatError: another number of layers has weights.
        ValueError: the weights have other shapes, or are not finite numbers, or the model has models in it.
    """
    layers = _without_models(model)
    group = hdf5.member(file, "model_weights") or file
    (names,) = hdf5_names.read([group], "layer_names")
    if not names:
        raise FileFormatError("expected the attribute layer_names, as Keras 2 writes it. Found: another HDF5 file")
    groups = {name: of_layer for name in names if (of_layer := hdf5.member(group, name)) is not None}
    weights_of = zip(groups, hdf5_names.read(groups.values(), "weight_names"), strict=True)
    found = [(name, weights) for name, weights in weights_of if weights]
    expected = [(layer, of_layer) for layer, of_layer in zip(layers, shapes, strict=True) if of_layer]
    if len(found) != len(expected):
        raise FileFormatError(f"expected {len(expected)} layers with weights. Found: {len(found)}")
    arrays: list[Array] = []
    for (layer, of_layer), (name, weights) in zip(expected, found, strict=True):
        if len(weights) != len(of_layer):
            raise FileFormatError(f"{name}: expected {len(of_layer)} weights. Found: {len(weights)}")
        read = [hdf5.read(group, f"{name}/{weight}", shape) for weight, shape in zip(weights, of_layer, strict=True)]
        arrays += check_weights(read, of_layer, layer.dtype, name)
    return arrays


def _without_models(model: Network | SavedModel) -> list[Layer]:
    """The layers of a model that has no models in it."""
    for entry in model.layers:
        if not isinstance(entry, Layer):
            raise ValueError(
                f"tinydnn has no models within models in the files of Keras 2, as {entry.name!r} in {model.name!r}; "
                "use .keras or .weights.h5"
            )
    return list(model.layers)


def read_config(path: Path) -> dict[str, Any]:
    """The config of the model in an .h5 file, in Keras 3's form."""
    with h5py.File(path, "r") as file:
        return _config(file)


def _config(file: Any) -> dict[str, Any]:
    """The same; its optimizer is still as the file has it."""
    if "model_config" not in file.attrs:
        raise FileFormatError("expected the attribute model_config. Found: weights without a model; use load_weights")
    version = hdf5.text(file, "keras_version") if "keras_version" in file.attrs else None
    config = modern({"keras_version": version, **json.loads(hdf5.text(file, "model_config"))})
    if "training_config" in file.attrs:
        training = json.loads(hdf5.text(file, "training_config"))
        loss, optimizer = modern_loss(training["loss"]), training["optimizer_config"]
        config["compile_config"] = {**training, "loss": loss, "optimizer": optimizer}
    return config


def _read_optimizer_variables(file: Any, most: int) -> list[Array]:
    """The optimizer's variables in Keras' order, at most so many numbers; none where the file has none."""
    group = hdf5.member(file, "optimizer_weights")
    if group is None:
        return []
    (names,) = hdf5_names.read([group], "weight_names")
    return hdf5.read_all(group, names, most)


def modern(config: Mapping[str, Any]) -> dict[str, Any]:
    """A model's config in Keras 3's form; one that has this form already comes out unchanged."""
    settings = config["config"]
    kind = {"Model": "Functional"}.get(config["class_name"], config["class_name"])  # before Keras 2.4
    if kind not in ("Sequential", "Functional"):
        raise FileFormatError(f"tinydnn loads Sequential and Functional models. Found: {kind!r}")
    if isinstance(settings, list):  # before Keras 2.2.3
        settings = {"name": None, "layers": settings}
    of_keras_2 = str(config.get("keras_version", "")).startswith(("1.", "2."))
    layers: list[dict[str, Any]] = []
    for layer in settings["layers"]:
        if layer["class_name"] in ("Sequential", "Functional", "Model"):
            layers.append(modern({**layer, "keras_version": config.get("keras_version")}))
            continue
        arguments = {key: entry for key, entry in layer["config"].items() if key != "activity_regularizer" or entry}
        if of_keras_2 and arguments.get("activation") == "hard_sigmoid":
            raise FileFormatError(
                f"{arguments['name']}: hard_sigmoid of Keras 2 is clip(0.2 x + 0.5, 0, 1). tinydnn has Keras 3's, "
                "clip(x / 6 + 0.5, 0, 1), which gives other numbers"
            )
        if layer["class_name"] == "LeakyReLU" and "alpha" in arguments:
            arguments["negative_slope"] = arguments.pop("alpha")
        shape = arguments.pop("batch_input_shape", None)
        if layer["class_name"] == "InputLayer":
            arguments.setdefault("batch_shape", shape)
        elif shape is not None and not layers and kind == "Sequential":
            layers.append({"class_name": "InputLayer", "config": {"batch_shape": shape}})
        for key, entry in arguments.items():
            if key.endswith("_initializer") and isinstance(entry, dict):
                arguments[key] = _modern_initializer(entry)
        layers.append({**layer, "config": arguments})
    return {**config, "class_name": kind, "config": {**settings, "layers": layers}}


def _modern_initializer(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """An initializer in Keras 3's form; Keras 2 writes GlorotUniform as the VarianceScaling that it is."""
    arguments = dict(value["config"])
    glorot = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}
    if value["class_name"] == "VarianceScaling" and {key: arguments.get(key) for key in glorot} == glorot:
        return {"class_name": "GlorotUniform", "config": {"seed": arguments.get("seed")}}
    return {**value, "config": {key: entry for key, entry in arguments.items() if key != "dtype"}}
