"""An object as JSON in Keras' form: its class and its arguments (mirrors keras/src/saving/serialization_lib.py)."""

from collections.abc import Mapping
from typing import Any

from tinydnn import activations, constraints, initializers, layers, losses, metrics, optimizers, regularizers
from tinydnn.files.whole import FileFormatError
from tinydnn.names import lookup

_MODULES: dict[str, tuple[Any, type]] = {
    "keras.layers": (layers, layers.Layer),
    "keras.initializers": (initializers, initializers.Initializer),
    "keras.regularizers": (regularizers, regularizers.Regularizer),
    "keras.constraints": (constraints, constraints.Constraint),
    "keras.losses": (losses, losses.Loss),
    "keras.metrics": (metrics, metrics.Metric),
    "keras.optimizers": (optimizers, optimizers.Optimizer),
    "keras.optimizers.schedules": (optimizers.schedules, optimizers.schedules.LearningRateSchedule),
}

# What stands within the config of another object.
_PARTS = (
    initializers.Initializer, regularizers.Regularizer, constraints.Constraint,
    optimizers.schedules.LearningRateSchedule, layers.Layer,
)  # fmt: skip

# Classes that Keras before 3.7 writes by another name, and the one of them that it reads by no other.
_OLD_NAMES = {"IdentityInitializer": "Identity", "OrthogonalInitializer": "Orthogonal"}
_WRITTEN_AS = {"Orthogonal": "OrthogonalInitializer"}

# Arguments of Keras' classes that tinydnn lacks, with the values that they have in a file when nobody uses them. They
# are read and not written: an older Keras opens no file with an argument that it does not know.
_UNUSED_BY_VARIANCE_SCALING = {"input_axes": None, "output_axes": None}
_ANYTHING: Any = object()  # of a setting of what nobody uses: older versions have other values there
_UNUSED_BY_OPTIMIZERS = {
    "use_ema": False,
    "ema_momentum": _ANYTHING,
    "ema_overwrite_frequency": _ANYTHING,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
_UNUSED: dict[str, dict[str, Any]] = {
    "InputLayer": {"sparse": False, "ragged": False, "optional": False},
    "Flatten": {"data_format": "channels_last"},
    "BatchNormalization": {
        "synchronized": False,
        "renorm": False,
        "renorm_clipping": _ANYTHING,
        "renorm_momentum": _ANYTHING,
    },
    "LayerNormalization": {"rms_scaling": False},
    "Dense": {"quantization_config": None},
    "Dropout": {"noise_shape": None},
    "AlphaDropout": {"noise_shape": None},
}
_UNUSED_BY_LOSSES: dict[str, dict[str, Any]] = {
    "BinaryCrossentropy": {"axis": -1},
    "CategoricalCrossentropy": {"axis": -1},
    "SparseCategoricalCrossentropy": {"ignore_class": None, "axis": -1},
}
_UNUSED_BY_METRICS: dict[str, dict[str, Any]] = {
    "AUC": {"multi_label": False, "num_labels": None, "label_weights": None},
    "CategoricalCrossentropy": {"axis": -1},
    "SparseCategoricalCrossentropy": {"ignore_class": None, "axis": -1},
}


def serialize(value: Any) -> dict[str, Any] | None:
    """A layer, initializer, regularizer, constraint, loss, optimizer or schedule as Keras writes it; None stays None.

    Raises:
        TypeError: its class is not one of tinydnn's.
    """
    if value is None:
        return None
    cls = type(value)
    module = _module(cls)
    config = value.get_config()
    if isinstance(value, layers.InputLayer):
        config["batch_shape"] = [None, *config.pop("shape")]
    elif isinstance(value, layers.Layer):
        config |= {"dtype": dtype_policy(value.dtype)}
    if config.get("activity_regularizer", value) is None:
        del config["activity_regularizer"]  # as Keras has it
    for key, entry in config.items():
        if isinstance(entry, activations.Activation):
            config[key] = _activation_name(entry)
        elif isinstance(entry, _PARTS):
            config[key] = serialize(entry)
    name = _WRITTEN_AS.get(cls.__name__, cls.__name__)
    result = {"module": module, "class_name": name, "config": config, "registered_name": None}
    if isinstance(value, layers.Layer) and value.weights:
        result["build_config"] = {"input_shape": [None, *(value.input_shape or ())]}
    if isinstance(value, layers.Layer) and value.merges:
        shapes: Any = value.input_shape or ()
        result["build_config"] = {"input_shape": [[None, *shape] for shape in shapes]}
    return result


def dtype_policy(dtype: str) -> dict[str, Any]:
    """A dtype as Keras writes that of a layer or a model."""
    return {"module": "keras", "class_name": "DTypePolicy", "config": {"name": dtype}, "registered_name": None}


def deserialize(value: Mapping[str, Any], module: str) -> Any:
    """The object that a file describes, of a class in one of Keras' modules, such as "keras.layers".

    Raises:
        FileFormatError: tinydnn lacks the class or one of its arguments, or an argument has a bad value.
    """
    name = _OLD_NAMES.get(value["class_name"], value["class_name"])
    if value.get("registered_name") not in (None, value["class_name"]):
        raise FileFormatError(f"tinydnn loads Keras' own classes only. Found: {value['registered_name']!r}")
    try:
        cls = lookup(f"class in {module}", name, _classes(module))
    except ValueError as error:
        raise FileFormatError(str(error)) from None
    config = dict(value["config"])
    for key, usual in _unused(cls).items():
        if config.pop(key, usual) != usual and usual is not _ANYTHING:
            raise FileFormatError(f"tinydnn has no {name}({key}=…). Found: {value['config'][key]!r}")
    if issubclass(cls, layers.Layer):
        config["dtype"] = _dtype(config.get("dtype"))
        config.pop("batch_input_shape", None)
    if issubclass(cls, layers.InputLayer):
        config["shape"] = tuple(config.pop("batch_shape")[1:])
        config.pop("trainable", None)
    if issubclass(cls, losses.Loss | metrics.Metric | initializers.Initializer):
        config.pop("dtype", None)
    if issubclass(cls, initializers.Initializer):
        config.pop("name", None)
    for key, entry in config.items():
        if isinstance(entry, dict) and key.endswith("_initializer"):
            config[key] = deserialize(entry, "keras.initializers")
        elif isinstance(entry, dict) and key.endswith("_regularizer"):
            config[key] = deserialize(entry, "keras.regularizers")
        elif isinstance(entry, dict) and key == "activation":
            config[key] = deserialize(entry, "keras.layers")
        elif isinstance(entry, dict) and key == "learning_rate":
            config[key] = deserialize(entry, "keras.optimizers.schedules")
        elif isinstance(entry, dict) and key.endswith("_constraint"):
            config[key] = deserialize(entry, "keras.constraints")
    try:
        return cls(**config)
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"{name}: {error}") from None


def _activation_name(activation: activations.Activation) -> str:
    """The name by which a file has an activation; a file has no place for its settings.

    Raises:
        TypeError: by this name it would be another one, or none, when the file is opened.
    """
    if activations.OFFERED.get(activation.name) is not activation:
        raise TypeError(f"Only activations that Keras has, by name, can be saved. Received: {activation!r}")
    return activation.name


def _classes(module: str) -> dict[str, type]:
    """Keras' names of the classes that tinydnn offers of this module: all in `__all__` but the base class."""
    source, base = _MODULES[module]
    public = [getattr(source, name) for name in source.__all__]
    classes = [each for each in public if isinstance(each, type) and issubclass(each, base) and each is not base]
    return {each.__name__: each for each in classes}


def _module(cls: type) -> str:
    """The module in which Keras has this class."""
    for module in _MODULES:
        if cls in _classes(module).values():
            return module
    raise TypeError(f"Only classes that Keras has can be saved. Received: {cls.__module__}.{cls.__qualname__}")


def _unused(cls: type) -> dict[str, Any]:
    """The arguments that Keras' class has and tinydnn's lacks, with the values that are none."""
    of_all: dict[str, Any] = {}
    if issubclass(cls, losses.Loss):
        of_all = _UNUSED_BY_LOSSES.get(cls.__name__, {})
    elif issubclass(cls, metrics.Metric):
        of_all = _UNUSED_BY_METRICS.get(cls.__name__, {})
    elif issubclass(cls, optimizers.Optimizer):
        of_all = _UNUSED_BY_OPTIMIZERS
    elif issubclass(cls, initializers.VarianceScaling):
        of_all = _UNUSED_BY_VARIANCE_SCALING
    return _UNUSED.get(cls.__name__, of_all)


def _dtype(policy: Any) -> str | None:
    """The name of a layer's dtype, which files of Keras 2 have without a policy around it."""
    name: str | None = policy["config"]["name"] if isinstance(policy, dict) else policy
    return name
