"""Settings for what is made from here on: default dtype and device (mirrors keras/src/backend/config.py)."""

import os

import numpy as np

from tinydnn.names import not_offered

__all__ = [
    "backend",
    "cuda_graphs",
    "device",
    "disable_traceback_filtering",
    "enable_traceback_filtering",
    "epsilon",
    "floatx",
    "fused_kernels",
    "image_data_format",
    "is_traceback_filtering_enabled",
    "keras_backend",
    "set_cuda_graphs",
    "set_device",
    "set_floatx",
    "set_fused_kernels",
    "set_keras_backend",
]

_DTYPES = "float32", "float64"
_DEVICES = "cpu", "gpu", "auto"
_KERAS_BACKENDS = "tensorflow", "jax", "torch"
_ONE_OF_THE_BACKENDS = "'tensorflow', 'jax' or 'torch'"
_floatx = "float32"
_device: str | None = None
_keras_backend: str | None = None
_fused_kernels = True
_cuda_graphs = True


def floatx() -> str:
    """The dtype that layers get when they are given none: "float32" or "float64"."""
    return _floatx


def set_floatx(value: str) -> None:
    """Make `value` the dtype of layers that are given none.

    Raises:
        ValueError: neither "float32" nor "float64".
    """
    global _floatx
    _floatx = check_dtype(value)


def backend() -> str:
    """What computes: "tinydnn"."""
    return "tinydnn"


def keras_backend() -> str:
    """Which Keras tinydnn does as: what was set, else KERAS_BACKEND of the environment, else "tensorflow".

    Keras' backends draw other numbers from a seed, and round settings otherwise; the formulas are the same.

    Raises:
        ValueError: KERAS_BACKEND names one whose numbers tinydnn does not draw.
    """
    if _keras_backend is not None:
        return _keras_backend
    value = os.environ.get("KERAS_BACKEND") or "tensorflow"
    if value not in _KERAS_BACKENDS:
        raise ValueError(
            f"KERAS_BACKEND expects {_ONE_OF_THE_BACKENDS}: tinydnn draws what Keras draws on these. Received: "
            f"{value!r}; unset it, or call keras.config.set_keras_backend('tensorflow')"
        )
    return value


def set_keras_backend(value: str | None) -> None:
    """Draw from a seed what Keras draws on this backend: "tensorflow", "jax" or "torch"; before a model is made.

    None goes back to KERAS_BACKEND of the environment.

    Raises:
        ValueError: another backend.
    """
    global _keras_backend
    if value is not None and value not in _KERAS_BACKENDS:
        raise ValueError(f"set_keras_backend expects {_ONE_OF_THE_BACKENDS}, or None. Received: {value!r}")
    _keras_backend = value


def epsilon() -> float:
    """How far losses keep probabilities from 0 and 1: 1e-7."""
    return 1e-7


def image_data_format() -> str:
    """Where the channels of an image are: "channels_last"."""
    return "channels_last"


def disable_traceback_filtering() -> None:
    """Do nothing: tinydnn leaves nothing out of a traceback."""


def enable_traceback_filtering() -> None:
    """Do nothing: tinydnn leaves nothing out of a traceback."""


def is_traceback_filtering_enabled() -> bool:
    """False: tinydnn leaves nothing out of a traceback."""
    return False


def device() -> str:
    """The device of models that are given none: what was set, else TINYDNN_DEVICE of the environment, else "auto"."""
    if _device is not None:
        return _device
    value = os.environ.get("TINYDNN_DEVICE") or "auto"
    if value not in _DEVICES:
        raise ValueError(f"TINYDNN_DEVICE expects 'cpu', 'gpu' or 'auto'. Received: {value!r}")
    return value


def set_device(value: str | None) -> None:
    """Make `value` the device of models that are given none: "cpu", "gpu", or "auto", a GPU where one works.

    None goes back to TINYDNN_DEVICE of the environment.

    Raises:
        ValueError: another device.
    """
    global _device
    _device = None if value is None else check_device(value)


def check_device(value: str) -> str:
    """The device's name.

    Raises:
        ValueError: neither "cpu", "gpu" nor "auto".
    """
    if value not in _DEVICES:
        raise ValueError(f"device expects 'cpu', 'gpu' or 'auto'. Received: device={value!r}")
    return value


def fused_kernels() -> bool:
    """Whether a GPU computes all operations of a formula in one launch."""
    return _fused_kernels


def set_fused_kernels(value: bool) -> None:
    """Choose how a GPU computes a formula: in one launch, as from the start, or with a launch for each operation.

    Raises:
        ValueError: neither True nor False.
    """
    global _fused_kernels
    _fused_kernels = check_bool("set_fused_kernels", value)


def cuda_graphs() -> bool:
    """Whether a GPU repeats steps, of a training or an evaluation, from a recording; only with fused kernels."""
    return _cuda_graphs and _fused_kernels


def set_cuda_graphs(value: bool) -> None:
    """Choose how a GPU gets the calls of a step: recorded once and started by one call, or one by one.

    Raises:
        ValueError: neither True nor False.
    """
    global _cuda_graphs
    _cuda_graphs = check_bool("set_cuda_graphs", value)


def check_bool(what: str, value: object) -> bool:
    """The value as a bool.

    Raises:
        ValueError: neither True nor False.
    """
    if value not in (True, False):
        raise ValueError(f"{what} expects True or False. Received: {value!r}")
    return bool(value)


def cast(value: float) -> float:
    """A setting where Keras casts it to the weights' dtype: TensorFlow makes it a float32 first, in float64 too."""
    return float(np.float32(value)) if keras_backend() == "tensorflow" else value


def as_floatx(value: float) -> float:
    """A number as Keras' variables of dtype floatx have it."""
    return float(np.dtype(_floatx).type(value))


def check_dtype(value: str | None) -> str:
    """The dtype's name, `floatx()` for None.

    Raises:
        ValueError: neither "float32" nor "float64".
    """
    if value is None:
        return _floatx
    name = value if isinstance(value, str) else getattr(value, "__name__", None) or str(value)
    if name not in _DTYPES:
        raise ValueError(f"tinydnn computes in 'float32' or 'float64'. Received: dtype={value!r}")
    return name


__getattr__ = not_offered(__name__, globals())
