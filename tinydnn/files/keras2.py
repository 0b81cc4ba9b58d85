"""The HDF5 files and the JSON of Keras 2 (mirrors keras/src/legacy/saving/legacy_h5_format.py).

A file of weights has the attribute `layer_names`, and a group for each layer whose attribute `weight_names`
says where in it the weights lie: dense/kernel:0. They are read by the order of the layers, whatever the
names. A file of a whole model has these in the group `model_weights`, and besides the attributes
`model_config` and `training_config`, both JSON, and the group `optimizer_weights`.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinydnn.checks import check_weights
from tinydnn.device.backend import Array
from tinydnn.files import hdf5
from tinydnn.files.whole import FileFormatError
from tinydnn.models import Sequential

_WRITTEN_AS = "2.2.4"  # the version whose files these are


def weights_to_h5(model: Sequential) -> bytes:
    """The weights as `save_weights` of Keras 2 writes them; there is no place for the optimizer's state."""

    def fill(file: Any) -> None:
        file.attrs["layer_names"] = np.array([layer.name.encode() for layer in model.layers])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = _WRITTEN_AS.encode()
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{kind}:0" for kind in ("kernel", "bias")[: len(layer.weights)]]
            group.attrs["weight_names"] = np.array([name.encode() for name in names], dtype=np.bytes_)
            for name, weight in zip(names, layer.get_weights(), strict=True):
                hdf5.write(group, name, weight)

    return hdf5.written(fill)


def read_weights(file: Any, model: Sequential) -> list[Array]:
    """The weights in an open file, or in its group model_weights, layer by layer in the order of the model's.

    Raises:
        FileFormatError: the layers with weights are not as many as the model's.
        ValueError: their shapes are not the model's, or values are no finite numbers.
    """
    group = hdf5.member(file, "model_weights") or file
    names = _names(group, "layer_names")
    if not names:
        raise FileFormatError("expected the attribute layer_names, as Keras 2 writes it. Found: another HDF5 file")
    found = [(name, weights) for name in names if (weights := _names(hdf5.member(group, name), "weight_names"))]
    layers = [layer for layer in model.layers if layer.weights]
    if len(found) != len(layers):
        raise FileFormatError(f"expected {len(layers)} layers with weights. Found: {len(found)}")
    arrays = []
    for layer, (name, weights) in zip(layers, found, strict=True):
        shapes = [weight.shape for weight in layer.weights]
        if len(weights) != len(shapes):
            raise FileFormatError(f"{name}: expected {len(shapes)} weights. Found: {len(weights)}")
        read = [hdf5.read(group, f"{name}/{weight}", shape) for weight, shape in zip(weights, shapes, strict=True)]
        arrays += check_weights(read, shapes, name)
    return arrays


def read_config(file: Any) -> dict[str, Any]:
    """The model and how it was compiled, in Keras 3's form."""
    if "model_config" not in file.attrs:
        raise FileFormatError("expected the attribute model_config. Found: weights without a model; use load_weights")
    config = modern(json.loads(_text(file.attrs["model_config"])))
    if "training_config" in file.attrs:
        training = json.loads(_text(file.attrs["training_config"]))
        config["compile_config"] = {**training, "optimizer": training["optimizer_config"]}
    return config


def read_optimizer_variables(file: Any, most: int) -> list[Array]:
    """The optimizer's variables in Keras' order, of `most` numbers each at most; or none."""
    group = hdf5.member(file, "optimizer_weights")
    return [hdf5.read(group, name, most=most) for name in _names(group, "weight_names")]


def modern(value: Mapping[str, Any]) -> dict[str, Any]:
    """A model's JSON of Keras 2 in Keras 3's form; Keras 3's own comes out as it is."""
    config = value["config"]
    if isinstance(config, list):  # before Keras 2.2.3
        config = {"name": None, "layers": config}
    layers: list[dict[str, Any]] = []
    for layer in config["layers"]:
        settings = {key: entry for key, entry in layer["config"].items() if key != "activity_regularizer" or entry}
        shape = settings.pop("batch_input_shape", None)
        if layer["class_name"] == "InputLayer":
            settings.setdefault("batch_shape", shape)
        elif shape is not None and not layers:
            layers.append({"class_name": "InputLayer", "config": {"batch_shape": shape}})
        for key, entry in settings.items():
            if key.endswith("_initializer") and isinstance(entry, dict):
                settings[key] = _modern_initializer(entry)
        layers.append({**layer, "config": settings})
    return {**value, "config": {**config, "layers": layers}}


def _modern_initializer(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keras 2 knows glorot_uniform by what it is made of."""
    settings = dict(value["config"])
    glorot = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}
    if value["class_name"] == "VarianceScaling" and {key: settings.get(key) for key in glorot} == glorot:
        return {"class_name": "GlorotUniform", "config": {"seed": settings.get("seed")}}
    return {**value, "config": {key: entry for key, entry in settings.items() if key != "dtype"}}


def _names(group: Any, attribute: str) -> list[str]:
    """A list of names, which Keras cuts into several attributes where it is long; none where there is no group."""
    if group is None:
        return []
    if attribute in group.attrs:
        return [_text(name) for name in group.attrs[attribute]]
    parts = (group.attrs.get(f"{attribute}{i}") for i in range(len(group.attrs)))
    return [_text(name) for part in parts if part is not None for name in part]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
