"""What scripts ask of keras.backend: settings, names numbered anew, and functions of arrays (mirrors keras/backend).

Keras 3 has the functions of arrays in `ops`, and in `tf.keras.backend` as well, as K.mean and so on.
"""

import gc

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
    "epsilon", "equal", "exp", "expand_dims", "floatx", "greater", "greater_equal", "image_data_format", "less",
    "less_equal", "log", "max", "maximum", "mean", "min", "minimum", "not_equal", "one_hot", "ones", "prod", "relu",
    "reshape", "round", "set_floatx", "shape", "sigmoid", "sign", "sin", "softmax", "sqrt", "square", "squeeze",
    "stack", "std", "sum", "tanh", "transpose", "var", "zeros",
]  # fmt: skip


def clear_session(free_memory: bool = True) -> None:
    """Number layers and models from the beginning again; models that nobody has any more are freed.

    Mirrors keras/src/backend/common/global_state.py.
    """
    number_anew()
    if free_memory:
        gc.collect()


__getattr__ = not_offered(__name__, globals())
