"""A model's config: its layers and how it was compiled, as Keras writes them in config.json.

Reading a config gives a `SavedModel`, from which `tinydnn.models` makes a model.
Mirrors keras/src/models/sequential.py.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydnn import losses, metrics, optimizers
from tinydnn.checks import check_shape
from tinydnn.device.backend import Array, Shape
from tinydnn.files.objects import deserialize, dtype_policy, serialize
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import InputLayer, Layer
from tinydnn.names import lookup, snake_case

Network = Any  # tinydnn.engine.network.Network


class CompiledError(FileFormatError):
    """tinydnn can't compile the model as the file says; all else in the file may be right."""


@dataclass
class SavedModel:
    """What a file holds of a model.

    name: the model's; None where the file has none.
    entries: the layers, after an InputLayer where there is one; none of them is built.
    batch_shape: the shape of a batch that the model was built for, (None, 28, 28); None where the file has none.
    compile_arguments: the arguments of `compile`, as objects; None where it was not compiled.
    weights: all weights, layer by layer; empty where they are to be initialized.
    optimizer_variables: the number of steps, the learning rate and the slots; empty where the file has none.
    """

    name: str | None
    entries: list[Layer]
    batch_shape: Sequence[Any] | None
    compile_arguments: dict[str, Any] | None
    weights: list[Array] = field(default_factory=list)
    optimizer_variables: list[Array] = field(default_factory=list)

    @property
    def layers(self) -> list[Layer]:
        """The layers without the InputLayer, as `Sequential.layers` has them."""
        return [entry for entry in self.entries if not isinstance(entry, InputLayer)]

    def weight_shapes(self, most: int) -> list[list[Shape]]:
        """The shapes that each layer's weights will have; a model that was not built has none yet.

        most: the number of bytes that all weights together may take, since the file has no more.

        Raises:
            FileFormatError: the weights would take more.
            ValueError: `batch_shape` is not a shape, or a layer doesn't fit the one before it.
        """
        shape, total, shapes = self._sample_shape(), 0, []
        for layer in self.layers:
            of_layer = [] if shape is None else list(layer.weight_shapes(shape).values())
            total += sum(map(math.prod, of_layer)) * np.dtype(layer.dtype).itemsize
            if total > most:
                raise FileFormatError(f"{layer.name}: expected {most:,} bytes of weights at most. Found: {total:,}")
            shapes.append(of_layer)
            shape = None if shape is None else layer.compute_output_shape(shape)
        return shapes

    def _sample_shape(self) -> Shape | None:
        if self.batch_shape:
            return check_shape(self.batch_shape[1:], "build_input_shape, behind the batch as in (None, 784),")
        return self.entries[0].given_shape if self.entries else None


def to_config(network: Network) -> dict[str, Any]:
    """The config of a model, as Keras writes it.

    Raises:
        TypeError: the model has a layer, a loss or an optimizer of a class that is not tinydnn's.
    """
    entries: list[Layer] = list(network.layers)
    if network.sample_shape is not None:
        name = network.input_layer.name if network.input_layer else "input_layer"
        entries.insert(0, InputLayer(list(network.sample_shape), name=name, dtype=network.dtype))
    config: dict[str, Any] = {
        "name": network.name,
        "trainable": True,
        "dtype": dtype_policy(network.dtype),
        "layers": [serialize(entry) for entry in entries],
    }
    result = {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
    if network.built:
        batch_shape = [None, *network.sample_shape]
        config["build_input_shape"] = batch_shape
        result["build_config"] = {"input_shape": batch_shape}
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


def from_config(config: Mapping[str, Any], compile: bool) -> SavedModel:
    """The model that a config describes, without weights; with `compile`, how it was compiled too.

    Raises:
        ValueError: tinydnn lacks something that the config has.
    """
    settings, compiled = config["config"], config.get("compile_config")
    return SavedModel(
        name=settings["name"],
        entries=[deserialize(layer, "keras.layers") for layer in settings["layers"]],
        batch_shape=settings.get("build_input_shape"),
        compile_arguments=_compile_arguments(compiled) if compile and compiled else None,
    )


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
