"""Settings for what is made from here on: the default dtype (mirrors keras/src/backend/config.py)."""

import numpy as np

from tinydnn.names import not_offered

__all__ = ["floatx", "set_floatx"]

_DTYPES = "float32", "float64"
_floatx = "float32"


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


def cast(value: float) -> float:
    """A setting where Keras casts it to the weights' dtype: TensorFlow makes it a float32 first, in float64 too."""
    return float(np.float32(value))


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
