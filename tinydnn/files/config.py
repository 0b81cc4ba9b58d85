"""A model's config: its layers and how it was compiled, as Keras writes them in config.json.

Reading a config gives a `SavedModel`, from which `tinydnn.models` makes a model.
Mirrors keras/src/models/sequential.py and keras/src/models/functional.py.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinydnn import losses, metrics, optimizers
from tinydnn.checks import check_shape
from tinydnn.device.backend import Array, Shape
from tinydnn.files import wiring
from tinydnn.files.objects import deserialize, dtype_policy, serialize
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.layer import known
from tinydnn.names import lookup, snake_case

Network = Any  # tinydnn.engine.network.Network


class CompiledError(FileFormatError):
    """tinydnn can't compile the model as the file says; all else in the file may be right."""


@dataclass
class SavedModel:
    """What a file holds of a model.

    keras_class: "Sequential" or "Functional".
    name: the model's; None where the file has none.
    entries: the layers and models, after an InputLayer where there is one; none of them is built.
    batch_shape: the shape of a batch that the model was built for, (None, 28, 28); None where the file has none.
    compile_arguments: the arguments of `compile`, as objects; None where it was not compiled.
    weights: all weights, layer by layer; empty where they are to be initialized.
    optimizer_variables: the number of steps, the learning rate and the slots; empty where the file has none.
    source, calls, outputs, gives_list: how the entries of a Functional model hang together, as `wiring.read` has it.
    """

    keras_class: str
    name: str | None
    entries: list[Any]
    batch_shape: Sequence[Any] | None
    compile_arguments: dict[str, Any] | None
    weights: list[Array] = field(default_factory=list)
    optimizer_variables: list[Array] = field(default_factory=list)
    source: Any = None
    calls: wiring.Calls = field(default_factory=list)
    outputs: wiring.Refs = field(default_factory=list)
    gives_list: bool = False

    merges = False  # it is called on one tensor

    @property
    def layers(self) -> list[Any]:
        """The layers and models, as the model will have them: a Sequential without its InputLayer."""
        if self.keras_class == "Functional":
            return self.entries
        return [entry for entry in self.entries if not isinstance(entry, InputLayer)]

    @cached_property
    def most_calls(self) -> int:
        """How many layers are called when the model is, those of the models in it too."""
        return sum(getattr(layer, "most_calls", 1) for layer in [layer for layer, _ in self.calls] or self.layers)

    @property
    def dtype(self) -> str:
        """The dtype of the layers."""
        return str(self.layers[-1].dtype) if self.layers else "float32"

    def weight_shapes(self, most: int) -> list[list[Shape]]:
        """The shapes that each layer's weights will have; a model that was not built has none yet.

        most: the number of bytes that all weights together may take, since the file has no more.

        Raises:
            FileFormatError: the weights would take more.
            ValueError: `batch_shape` is not a shape, or a layer doesn't fit the one before it.
        """
        shapes: dict[int, list[Shape]] = {}
        if (shape := self._sample_shape()) is not None:
            self._note_shapes(shape, shapes)
        total, found = 0, []
        for layer in flat_layers(self):
            found.append(shapes.get(id(layer), []))
            total += sum(map(math.prod, found[-1])) * np.dtype(layer.dtype).itemsize
            if total > most:
                raise FileFormatError(f"{layer.name}: expected {most:,} bytes of weights at most. Found: {total:,}")
        return found

    def _note_shapes(self, sample_shape: Shape, shapes: dict[int, list[Shape]]) -> list[Shape]:
        """Note the shapes of each layer's weights by its id, for samples of this shape; → those of the outputs."""
        row = [(layer, [(i, 0)]) for i, layer in enumerate(self.layers)]
        calls, outputs = (self.calls, self.outputs) if self.source else (row, [(len(row), 0)])
        given = [[sample_shape]]
        for layer, refs in calls:
            taken = tuple(given[call][index] for call, index in refs)
            if isinstance(layer, SavedModel):
                given.append(layer._note_shapes(taken[0], shapes))
                continue
            shape: Any = taken if layer.merges else taken[0]
            given.append([layer.compute_output_shape(shape)])
            shapes[id(layer)] = list(layer.weight_shapes(shape).values())
        return [given[call][index] for call, index in outputs]

    def _sample_shape(self) -> Shape | None:
        if self.batch_shape:
            return check_shape(self.batch_shape[1:], "build_input_shape, behind the batch as in (None, 784),")
        if self.source:
            return known(self.source.given_shape)
        if not self.entries:
            return None
        first = self.entries[0]
        return first._sample_shape() if isinstance(first, SavedModel) else first.given_shape


def flat_layers(model: Any) -> Iterator[Any]:
    """The layers of a model, with those of the models in it, and with its InputLayer where `layers` has it."""
    for entry in model.layers:
        if isinstance(entry, Layer):
            yield entry
        else:
            yield from flat_layers(entry)


def to_config(network: Network) -> dict[str, Any]:
    """The config of a model, as Keras writes it.

    Raises:
        TypeError: the model has a layer, a loss or an optimizer of a class that is not tinydnn's.
    """
    kinds = {"Sequential": _sequential_config, "Functional": _functional_config}
    result = kinds[network.keras_class](network)
    if network.compiled:
        result["compile_config"] = {
            "optimizer": serialize(network.optimizer),
            "loss": serialize(network.loss),
            "loss_weights": None if network.loss_weight == 1 else network.loss_weight,
            "metrics": _as_written(network, weighted=False),
            "weighted_metrics": _as_written(network, weighted=True),
            "run_eagerly": False,
            "steps_per_execution": 1,
            "jit_compile": False,
        }
    return result


def _sequential_config(network: Network) -> dict[str, Any]:
    entries: list[Any] = list(network.layers)
    if network.sample_shape is not None:
        name = network.input_layer.name if network.input_layer else "input_layer"
        entries.insert(0, InputLayer(list(network.sample_shape), name=name, dtype=network.dtype))
    config: dict[str, Any] = {
        "name": network.name,
        "trainable": network.trainable,
        "dtype": dtype_policy(network.dtype),
        "layers": [_entry_config(entry) for entry in entries],
    }
    result = {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    if network.built:
        batch_shape = [None, *network.sample_shape]
        config["build_input_shape"] = batch_shape
        result["build_config"] = {"input_shape": batch_shape}
    return result


def _functional_config(network: Network) -> dict[str, Any]:
    nodes = wiring.inbound_nodes(network)
    layers = [
        {**_entry_config(entry), "name": entry.name, "inbound_nodes": nodes[entry.name]} for entry in network.layers
    ]
    config = {"name": network.name, "trainable": network.trainable, "layers": layers, **wiring.ends(network)}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": config,
        "registered_name": "Functional",
        "build_config": {"input_shape": None},
    }


def _entry_config(entry: Any) -> dict[str, Any]:
    """A layer, or a model that is a layer of another one; how that was compiled is no part of it."""
    if isinstance(entry, Layer):
        return serialize(entry) or {}
    return {key: value for key, value in to_config(entry).items() if key != "compile_config"}


def from_config(config: Mapping[str, Any], compile: bool) -> SavedModel:
    """The model that a config describes, without weights; with `compile`, how it was compiled too.

    Raises:
        ValueError: tinydnn lacks something that the config has.
    """
    settings, compiled = config["config"], config.get("compile_config")
    functional = config["class_name"] == "Functional"
    entries = [_entry(layer) for layer in settings["layers"]]
    saved = SavedModel(
        keras_class="Functional" if functional else "Sequential",
        name=settings["name"],
        entries=entries,
        batch_shape=None if functional else settings.get("build_input_shape"),
        compile_arguments=_compile_arguments(compiled) if compile and compiled else None,
    )
    if functional:
        by_name = {layer["name"]: entry for layer, entry in zip(settings["layers"], entries, strict=True)}
        saved.source, saved.calls, saved.outputs, saved.gives_list = wiring.read(settings, by_name)
    return saved


def _entry(config: Mapping[str, Any]) -> Any:
    """A layer, or a model that is a layer of another one."""
    if config["class_name"] in ("Sequential", "Functional"):
        return from_config(config, compile=False)
    return deserialize(config, "keras.layers")


def _as_written(network: Network, weighted: bool) -> list[Any] | None:
    """The metrics that count weights or those that don't: as names where these say all, else as objects."""
    chosen = [each for name, each in network.metrics.items() if (name in network.weighted_metrics) == weighted]
    return [each.name if metrics.says_all(each) else _serialized(each) for each in chosen] or None


def _serialized(metric: metrics.Metric) -> Any:
    """A metric as an object, or as the name of its function where it goes by this."""
    if not isinstance(metric, metrics.MeanMetricWrapper):
        return serialize(metric)
    name = getattr(metric.fn, "__name__", "")
    function = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    if metric.name == snake_case(name):
        return function
    config = {"name": metric.name, "fn": function}
    return {"module": "keras.metrics", "class_name": "MeanMetricWrapper", "config": config, "registered_name": None}


def _compile_arguments(compiled: Mapping[str, Any]) -> dict[str, Any]:
    optimizer = compiled["optimizer"]
    try:
        if isinstance(optimizer, dict):  # else it is a name
            optimizer = deserialize(optimizer, "keras.optimizers")
        arguments: dict[str, Any] = {"optimizer": optimizers.get(optimizer), "loss": loss_of(compiled)}
        if compiled.get("loss_weights") is not None:
            arguments["loss_weights"] = compiled["loss_weights"]
        for key in ("metrics", "weighted_metrics"):
            arguments[key] = [_metric_of(each) for each in metrics.flat(compiled.get(key), key)]
        return arguments
    except (ValueError, TypeError) as error:
        raise CompiledError(str(error)) from None


def _metric_of(written: Any) -> metrics.Metric:
    """The metric that a file has as a name, as a function's name or as an object.

    Raises:
        ValueError, TypeError: tinydnn lacks it.
    """
    if not isinstance(written, Mapping):
        return metrics.get(written)
    name, config = written["class_name"], written["config"]
    if name == "function":
        return metrics.get(getattr(metrics, config) if config in metrics.__all__ else config)
    if name != "MeanMetricWrapper":
        metric: metrics.Metric = deserialize(written, "keras.metrics")
        return metric
    return metrics.MeanMetricWrapper(lookup("metric", _named(config["fn"]), vars(losses)), config["name"])


def loss_of(compiled: Mapping[str, Any]) -> losses.Loss | None:
    """The loss of a model's compile_config, where it has one.

    Raises:
        CompiledError: tinydnn lacks it.
    """
    loss = compiled["loss"]
    if isinstance(loss, list) and len(loss) == 1:  # that of the only output
        loss = loss[0]
    loss = _named(loss)
    try:
        if isinstance(loss, dict) and "class_name" in loss:  # else one for each output, by its name
            loss = deserialize(loss, "keras.losses")
        return None if loss is None else losses.get(loss)
    except (ValueError, TypeError) as error:
        raise CompiledError(str(error)) from None


def _named(value: Any) -> Any:
    """The name of a function of Keras', which a file may have in place of the name; anything else as it is."""
    if isinstance(value, dict) and value.get("class_name") == "function":
        return value["config"]
    return value
