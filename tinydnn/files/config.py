"""A model's config: its layers and how it was compiled, as Keras writes them in config.json.

Reading a config gives a `SavedModel`, from which `tinydnn.models` makes a model.
Mirrors keras/src/models/sequential.py and keras/src/models/functional.py.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tinydnn import losses, metrics, optimizers
from tinydnn.files import wiring
from tinydnn.files.objects import deserialize, dtype_policy, serialize
from tinydnn.files.saved_model import SavedModel, every_layer
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import InputLayer, Layer
from tinydnn.names import lookup, snake_case

Network = Any  # tinydnn.engine.network.Network

_FUNCTIONS = {name: getattr(metrics, name) for name in metrics.__all__ if name.islower() and name != "get"}


class CompiledError(FileFormatError):
    """tinydnn can't compile the model as the file says; all else in the file may be right."""


def to_config(network: Network) -> dict[str, Any]:
    """The config of a model, as Keras writes it.

    Raises:
        TypeError: the model has a layer, a loss or an optimizer of a class that is not tinydnn's.
        ValueError: a layer is in the model and in a model in it, which would be two when the file is opened.
    """
    for layer, times in Counter(every_layer(network)).items():
        if times > 1 and not isinstance(layer, InputLayer):  # which has nothing to share
            raise ValueError(
                f"A file can't tell that layer {layer.name!r} is in several of the models in {network.name!r}; "
                "save these models one by one, or save_weights"
            )
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
    chosen = [each for name, each in network.metrics_by_name.items() if (name in network.weighted_metrics) == weighted]
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
    metric = metrics.get(lookup("metric", _named(config["fn"]), _FUNCTIONS))
    metric.name = config["name"]
    return metric


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
