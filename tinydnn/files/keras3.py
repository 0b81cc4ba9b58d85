"""Models in Keras 3's own files: .keras and .weights.h5 (mirrors keras/src/saving).

A .keras file is a zip without compression of
    metadata.json     the version that wrote it
    config.json       classes and their arguments: the layers, the optimizer, the loss
    model.weights.h5  layers/<class>_<count>/vars/<i>, optimizer/vars/<i>
The optimizer's variables are the number of steps, the learning rate, and then its slots, weight by weight.
"""

import io
import json
import math
import os
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tinydnn import activations, initializers, layers, losses, optimizers, regularizers
from tinydnn.checks import check_weights
from tinydnn.config import floatx
from tinydnn.device import devices
from tinydnn.device.backend import Array
from tinydnn.files import hdf5
from tinydnn.files import keras2 as legacy_h5
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.models import Sequential
from tinydnn.names import lookup, snake_case

FilePath = str | PathLike[str]

KERAS_VERSION = "3.15.1"  # whose format this is, and whose random numbers tinydnn.random draws

_LEGACY = ".h5", ".hdf5"

_MOST_SLOTS = 3  # RMSprop's velocity, momentum and average
_LARGEST_CONFIG = 2**24  # bytes: some ten thousand layers
_HDF5_OVERHEAD = 2**24  # bytes besides the numbers, groups of layers without weights among them

_MODULES = {
    "keras.layers": (
        layers,
        ["InputLayer", "Reshape", "Flatten", "Rescaling", "Dense", "Activation", "Dropout"],
    ),
    "keras.initializers": (initializers, ["GlorotUniform", "Zeros"]),
    "keras.regularizers": (regularizers, ["L1", "L2", "L1L2"]),
    "keras.losses": (losses, ["CategoricalCrossentropy", "SparseCategoricalCrossentropy", "MeanSquaredError"]),
    "keras.optimizers": (optimizers, ["RMSprop", "SGD", "Adam"]),
}

# What Keras' classes can do besides: files have these arguments, with these values where they are not used.
_UNUSED: dict[str, dict[str, Any]] = {
    "InputLayer": {"sparse": False, "ragged": False, "optional": False},
    "Flatten": {"data_format": "channels_last"},
    "Dense": {
        "bias_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
        "quantization_config": None,
    },
    "Dropout": {"noise_shape": None},
    "GlorotUniform": {"input_axes": None, "output_axes": None},
    "CategoricalCrossentropy": {"label_smoothing": 0.0, "axis": -1, "reduction": "sum_over_batch_size"},
    "SparseCategoricalCrossentropy": {"ignore_class": None, "axis": -1, "reduction": "sum_over_batch_size"},
    "MeanSquaredError": {"reduction": "sum_over_batch_size"},
    "Adam": {"amsgrad": False},
}
_UNUSED_BY_OPTIMIZERS = {
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


def save_model(model: Sequential, filepath: FilePath, overwrite: bool = True) -> None:
    """See `Sequential.save`."""
    path = _writable(filepath, ".keras", overwrite)
    metadata = {"keras_version": KERAS_VERSION, "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S")}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", json.dumps(_model_to_json(model)))
        archive.writestr("model.weights.h5", _weights_to_h5(model))
    write_whole(path, content.getvalue())


def load_model(filepath: FilePath, compile: bool = True) -> Sequential:
    """See `tinydnn.models.load_model`.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, or has something that tinydnn lacks.
    """
    path = _readable(filepath, ".keras", *_LEGACY)
    devices.get(None)  # where it fails, the file is not to blame
    with _naming(path):
        if path.name.endswith(_LEGACY):
            return _load_legacy_model(path, compile)
        with zipfile.ZipFile(path) as archive:
            config = json.loads(_entry(archive, "config.json", _LARGEST_CONFIG))
            most = archive.getinfo("model.weights.h5").file_size
            model = _model_from_json(config, compile, most)
            needed = (1 + _MOST_SLOTS) * model.layout.size * np.dtype(model.dtype).itemsize if model.built else 0
            weights = _entry(archive, "model.weights.h5", needed + _HDF5_OVERHEAD)
        _restore_or_refuse(model, _weights_from_h5(model, weights), "optimizer/vars")
    return model


def _entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """An entry of a zip archive, unless it says that it is larger than it can be."""
    size = archive.getinfo(name).file_size
    if size > most:
        raise FileFormatError(f"{name}: expected {most:,} bytes at most. Found: {size:,}")
    return archive.read(name)


def _load_legacy_model(path: Path, compile: bool) -> Sequential:
    with h5py.File(path, "r") as file:
        config = legacy_h5.read_config(file)
        try:
            model = _model_from_json(config, compile, most=os.path.getsize(path))
        except FileFormatError as error:
            if compile and "compile_config" in config:
                raise FileFormatError(
                    f"{error}. If it is how the model was compiled, load it with compile=False and compile it anew"
                ) from None
            raise
        model.set_weights(legacy_h5.read_weights(file, model))
        if model.compiled:
            _restore_or_refuse(model, legacy_h5.read_optimizer_variables(file, model.layout.size), "optimizer_weights")
    return model


def _restore_or_refuse(model: Sequential, state: list[Array], place: str) -> None:
    """Take over the optimizer's variables, which have to fit the optimizer that came with them."""
    if model.optimizer is not None and len(state) > 2:
        model.optimizer.build(model.layout, model.dtype, model.backend)
        if not _restore(model, state):
            raise FileFormatError(f"{place} doesn't fit the optimizer that the file says it belongs to")
    elif len(state) > 1:
        _restore(model, state)


def to_json(model: Sequential, **options: Any) -> str:
    """See `Sequential.to_json`."""
    return json.dumps(_model_to_json(model), **options)


def model_from_json(json_string: str) -> Sequential:
    """See `tinydnn.models.model_from_json`.

    Raises:
        FileFormatError: it is no JSON of a Sequential model, or has something that tinydnn lacks.
    """
    devices.get(None)
    with _naming("The JSON of a model"):
        return _model_from_json(legacy_h5.modern(json.loads(json_string)), compile=True)


def save_weights(model: Sequential, filepath: FilePath, overwrite: bool = True) -> None:
    """See `Sequential.save_weights`."""
    path = _writable(filepath, ".weights.h5", overwrite, *_LEGACY)
    write_whole(path, _weights_to_h5(model) if path.name.endswith(".weights.h5") else legacy_h5.weights_to_h5(model))


def load_weights(model: Sequential, filepath: FilePath) -> None:
    """See `Sequential.load_weights`.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is damaged, or its weights are not this model's; the model is as it was then.
    """
    path = _readable(filepath, ".weights.h5", *_LEGACY)
    with _naming(path):
        if not path.name.endswith(".weights.h5"):
            with h5py.File(path, "r") as file:
                model.set_weights(legacy_h5.read_weights(file, model))
            return
        state = _weights_from_h5(model, path.read_bytes())
    if len(state) > 1 and not _restore(model, state) and len(state) > 2:
        warnings.warn(
            f"{path}: the optimizer's state was left out, since this model's optimizer has no slots of that kind; "
            "to take it over, load the whole model, or train this one for a step first",
            stacklevel=3,
        )


def _writable(filepath: FilePath, ending: str, overwrite: bool, *others: str) -> Path:
    path = _named(filepath, ending, *others)
    if path.exists() and not overwrite:
        raise FileExistsError(f"{str(path)!r} exists already; give overwrite=True or another name")
    return path


def _readable(filepath: FilePath, ending: str, *others: str) -> Path:
    path = Path(fspath(filepath))
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {str(path)!r}")
    return _named(path, ending, *others)


def _named(filepath: FilePath, ending: str, *others: str) -> Path:
    path = Path(fspath(filepath))
    if not path.name.endswith((ending, *others)):
        legacy = f", or for the files of Keras 2 in {' or '.join(others)}" if others else ""
        raise ValueError(f"The file's name must end in {ending}{legacy}. Received: {str(path)!r}")
    return path


class _naming:
    """Turns whatever goes wrong in reading a file into a FileFormatError that has its name."""

    def __init__(self, path: Path | str) -> None:
        self.path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, FileFormatError):
            raise FileFormatError(f"{self.path}: {error}") from None
        if isinstance(error, zipfile.BadZipFile):
            raise FileFormatError(
                f"{self.path}: expects a whole zip archive, as Keras 3 writes them. Found: a damaged one, or none"
            ) from None
        if isinstance(error, Exception):  # zipfile, zlib, h5py and json raise nearly every kind
            raise FileFormatError(f"{self.path}: {type(error).__name__}: {str(error)[:200]}") from error


# -- config.json -----------------------------------------------------------------------------------


def _to_json(value: Any) -> dict[str, Any] | None:
    """An object as Keras writes it: its class, and the arguments that make it."""
    if value is None:
        return None
    name = type(value).__name__
    module = next(module for module, (_, classes) in _MODULES.items() if name in classes)
    config = {**_UNUSED.get(name, {}), **value.get_config()}
    if isinstance(value, optimizers.Optimizer):
        config = {**_UNUSED_BY_OPTIMIZERS, **config}
    if isinstance(value, layers.InputLayer):
        config |= {"batch_shape": [None, *_shape(value.given_shape)]}
    elif isinstance(value, layers.Layer):
        config |= {"trainable": True, "dtype": _policy(value.dtype)}
    for key, entry in config.items():
        if isinstance(entry, activations.Activation):
            config[key] = entry.name
        elif isinstance(entry, initializers.Initializer | regularizers.Regularizer):
            config[key] = _to_json(entry)
    result = {"module": module, "class_name": name, "config": config, "registered_name": None}
    if isinstance(value, layers.Dense) and value.built:
        result["build_config"] = {"input_shape": [None, *_shape(value.input_shape)]}
    return result


def _policy(dtype: str) -> dict[str, Any]:
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": dtype}, "registered_name": None}


def _shape(shape: Any) -> list[int]:
    return list(shape or ())


def _model_to_json(model: Sequential) -> dict[str, Any]:
    entries: list[layers.Layer] = list(model.layers)
    if model.sample_shape is not None:
        name = model.input_layer.name if model.input_layer else "input_layer"
        entries.insert(0, layers.InputLayer(_shape(model.sample_shape), name=name, dtype=model.dtype))
    config: dict[str, Any] = {
        "name": model.name,
        "trainable": True,
        "dtype": _policy(model.dtype),
        "layers": [_to_json(entry) for entry in entries],
    }
    result = {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    if model.built:
        batch_shape = [None, *_shape(model.sample_shape)]
        config["build_input_shape"] = batch_shape
        result["build_config"] = {"input_shape": batch_shape}
    if model.compiled:
        result["compile_config"] = {
            "optimizer": _to_json(model.optimizer),
            "loss": _to_json(model.loss),
            "loss_weights": None,
            "metrics": list(model.metrics) or None,
            "weighted_metrics": None,
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }
    return result


def _from_json(value: Mapping[str, Any], module: str) -> Any:
    """The object of a class of this module that Keras wrote so."""
    name = value["class_name"]
    source, classes = _MODULES[module]
    if value.get("registered_name") not in (None, name):
        raise FileFormatError(f"tinydnn loads Keras' own classes only. Found: {value['registered_name']!r}")
    cls = lookup(f"class in {module}", name, {each: getattr(source, each) for each in classes})
    config = dict(value["config"])
    unused = {**_UNUSED.get(name, {}), "trainable": True}
    if issubclass(cls, optimizers.Optimizer):
        unused |= _UNUSED_BY_OPTIMIZERS
    for key, usual in unused.items():
        if config.pop(key, usual) != usual:
            raise FileFormatError(f"tinydnn has no {name}({key}=…). Found: {value['config'][key]!r}")
    if issubclass(cls, layers.Layer):
        config["dtype"] = _dtype(config.get("dtype"))
        config.pop("batch_input_shape", None)
    if issubclass(cls, layers.InputLayer):
        config["shape"] = tuple(config.pop("batch_shape")[1:])
    if issubclass(cls, losses.Loss | initializers.Zeros):
        config.pop("name", None)
        config.pop("dtype", None)
    for key, entry in config.items():
        if key.endswith(("_initializer", "_regularizer")) and isinstance(entry, dict):
            config[key] = _from_json(
                entry, "keras.initializers" if key.endswith("_initializer") else "keras.regularizers"
            )
    try:
        return cls(**config)
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"{name}: {error}") from None


def _dtype(policy: Any) -> str | None:
    name: str | None = policy["config"]["name"] if isinstance(policy, dict) else policy
    return name


def _model_from_json(value: Mapping[str, Any], compile: bool, most: int | None = None) -> Sequential:
    """The model; `most` is how many bytes its weights may have, since there are no more of them in the file."""
    if value["class_name"] != "Sequential":
        raise FileFormatError(f"tinydnn loads Sequential models. Found: {value['class_name']!r}")
    config = value["config"]
    entries = [_from_json(layer, "keras.layers") for layer in config["layers"]]
    shape = config.get("build_input_shape")
    if most is not None:
        _check_size(entries, shape, most)
    model = Sequential(entries, name=config["name"])
    if shape and model.layers:
        model.build(shape)
    chosen = value.get("compile_config")
    if compile and chosen:
        optimizer, loss, names = chosen["optimizer"], chosen["loss"], chosen["metrics"]
        for key in ("loss_weights", "weighted_metrics"):
            if chosen.get(key):
                raise FileFormatError(f"tinydnn has no compile({key}=…). Found: {chosen[key]!r}")
        model.compile(
            optimizer=_from_json(optimizer, "keras.optimizers") if isinstance(optimizer, dict) else optimizer,
            loss=_from_json(loss, "keras.losses") if isinstance(loss, dict) else loss,
            metrics=names,
        )
    return model


def _check_size(entries: list[layers.Layer], batch_shape: Sequence[int] | None, most: int) -> None:
    """Raise a FileFormatError where the layers would have more bytes of weights, before any is made."""
    shape = (
        tuple(batch_shape[1:])
        if batch_shape
        else next((each.given_shape for each in entries if each.given_shape), None)
    )
    total = 0
    for layer in entries:
        if shape is None or isinstance(layer, layers.InputLayer):
            continue
        if isinstance(layer, layers.Dense):
            total += (math.prod(shape) + layer.use_bias) * layer.units * np.dtype(layer.dtype).itemsize
        if total > most:
            raise FileFormatError(f"{layer.name}: expected {most:,} bytes of weights at most. Found: {total:,}")
        shape = layer.compute_output_shape(shape)


# -- model.weights.h5 ------------------------------------------------------------------------------


def _groups(model: Sequential) -> Iterator[tuple[str, layers.Layer]]:
    """The groups' names: they come from the layers' classes, whatever the layers are called."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        name = snake_case(type(layer).__name__)
        count = counts.get(name, 0)
        counts[name] = count + 1
        yield f"layers/{name}_{count}" if count else f"layers/{name}", layer


def slots_in_order(model: Sequential) -> list[tuple[str, int, Array]]:
    """(slot, number of the weight, view) in Keras' order: slot by slot, or for Adam weight by weight."""
    if model.optimizer is None:
        return []
    by_slot = [
        (name, i, view)
        for name, slot in model.optimizer.slots.items()
        for i, view in enumerate(model.layout.views(slot))
    ]
    return sorted(by_slot, key=lambda entry: entry[1]) if isinstance(model.optimizer, optimizers.Adam) else by_slot


def _weights_to_h5(model: Sequential) -> bytes:
    def fill(file: Any) -> None:
        for name, layer in _groups(model):
            group = file.create_group(f"{name}/vars")
            group.attrs["name"] = layer.name
            for i, weight in enumerate(layer.get_weights()):
                hdf5.write(group, str(i), weight)
        file.create_group("vars").attrs["name"] = model.name
        optimizer = model.optimizer
        if optimizer is not None:
            group = file.create_group("optimizer/vars")
            group.attrs["name"] = optimizer.name
            hdf5.write(group, "0", np.int64(optimizer.iterations))
            hdf5.write(group, "1", np.dtype(floatx()).type(optimizer.learning_rate))
            for i, (_, _, slot) in enumerate(slots_in_order(model), start=2):
                hdf5.write(group, str(i), model.backend.to_numpy(slot))

    return hdf5.written(fill)


def _weights_from_h5(model: Sequential, content: bytes) -> list[Array]:
    """Take over the weights, after all is read and checked; return the optimizer's variables, if there are any."""
    with h5py.File(io.BytesIO(content), "r") as file:
        weights = []
        for name, layer in _groups(model):
            shapes = [weight.shape for weight in layer.weights]
            there = len(hdf5.member(file, f"{name}/vars") or ())
            if there != len(shapes):
                raise FileFormatError(f"{name} ({layer.name}): expected {len(shapes)} weights. Found: {there}")
            arrays = [hdf5.read(file, f"{name}/vars/{i}", shape, of=layer.name) for i, shape in enumerate(shapes)]
            weights.append(check_weights(arrays, shapes, f"{name} ({layer.name})"))
        there = len(hdf5.member(file, "optimizer/vars") or ())
        size, arrays_of_weights = (model.layout.size, len(model.layout.shapes)) if model.built else (0, 0)
        if there > 2 + _MOST_SLOTS * arrays_of_weights:
            raise FileFormatError(
                f"optimizer/vars: expected {_MOST_SLOTS} slots a weight at most. Found: {there} arrays"
            )
        variables = [hdf5.read(file, f"optimizer/vars/{i}", most=max(size, 1)) for i in range(there)]
    for layer, arrays in zip(model.layers, weights, strict=True):
        layer.set_weights(arrays)
    return variables


def _restore(model: Sequential, variables: list[Array]) -> bool:
    """Take over the optimizer's variables, if it has slots that they fit; whether it has."""
    optimizer = model.optimizer
    if optimizer is None or list(optimizer.slots) != optimizer.slot_names():
        return False
    iterations, learning_rate, *values = variables
    slots = [view for _, _, view in slots_in_order(model)]
    fit = [value.shape for value in values] == [slot.shape for slot in slots]
    if not fit or not all(np.isfinite(variable).all() for variable in variables):
        return False
    optimizer.learning_rate = float(learning_rate)
    optimizer.iterations = int(iterations)
    for slot, value in zip(slots, values, strict=True):
        slot[...] = model.backend.asarray(value)
    return True
