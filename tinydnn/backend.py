"""What scripts ask of keras.backend: settings, names numbered anew, and functions of arrays (mirrors keras/backend).

Keras 3 has the functions of arrays in `ops`, and in `tf.keras.backend` as well, as K.mean and so on.
"""

import gc
from typing import Any

import numpy as np

from tinydnn.config import backend, epsilon, floatx, image_data_format, set_floatx
from tinydnn.names import not_offered, number_anew
from tinydnn.ops import (
    abs,
    all,
    any,
    argmax,
    argmin,
    cast,
    clip,
    concatenate,
    cos,
    dot,
    equal,
    exp,
    expand_dims,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    max,
    maximum,
    mean,
    min,
    minimum,
    not_equal,
    one_hot,
    ones,
    prod,
    relu,
    reshape,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    sum,
    tanh,
    transpose,
    var,
    zeros,
)  # fmt: skip

__all__ = [
    "abs", "all", "any", "argmax", "argmin", "backend", "cast", "clear_session", "clip", "concatenate", "cos", "dot",
    "epsilon", "equal", "exp", "expand_dims", "floatx", "get_value", "greater", "greater_equal", "image_data_format",
    "less", "less_equal", "log", "max", "maximum", "mean", "min", "minimum", "not_equal", "one_hot", "ones", "prod", "relu",
    "reshape", "round", "set_floatx", "set_value", "shape", "sigmoid", "sign", "sin", "softmax", "sqrt", "square",
    "squeeze", "stack", "std", "sum", "tanh", "transpose", "var", "zeros",
]  # fmt: skip


def clear_session(free_memory: bool = True) -> None:
    """Number layers and models from the beginning again; models that nobody has any more are freed.

    Mirrors keras/src/backend/common/global_state.py.
    """
    number_anew()
    if free_memory:
        gc.collect()


def get_value(x: Any) -> Any:
    """A weight, a tensor or a learning rate as a NumPy array or number.

    Mirrors keras/src/legacy/backend.py.
    """
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)


def set_value(x: Any, value: Any) -> None:
    """Give a weight or `optimizer.learning_rate` this value.

    Raises:
        TypeError: x is nothing that has a value to set.
    """
    if not hasattr(x, "assign"):
        raise TypeError(f"set_value expects a weight or optimizer.learning_rate. Received: {x!r}")
    x.assign(value)


__getattr__ = not_offered(__name__, globals())
