"""Losses as functions of arrays: mean_squared_error(y, p) gives the loss of each row."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.checks import as_float, as_numeric
from tinydnn.device.backend import Array
from tinydnn.losses.loss import Loss
from tinydnn.names import snake_case
from tinydnn.tensors import as_tensor

Function = Callable[..., Array]


def function_of(kind: type[Loss]) -> Function:
    """The function that Keras has beside a class of losses; further arguments are those of the class.

    y_true, y_pred: (…, outputs). The result, (…,), has the loss of each row; of two vectors it is one number.
    Mirrors keras/src/losses/losses.py.
    """

    def function(y_true: Any, y_pred: Any, *args: Any, **options: Any) -> Array:
        y, x = as_numeric(y_true, "y_true"), as_float(y_pred, "y_pred")
        if x.ndim == y.ndim + 1 and x.shape[-1] == 1 and not kind.sparse:
            y = y[..., np.newaxis]
        if y.ndim == x.ndim + 1 and y.shape[-1] == 1:
            x = x[..., np.newaxis]
        rows = x.reshape(-1, x.shape[-1]) if x.ndim else x
        targets = y.reshape(-1) if kind.sparse else y.reshape(-1, y.shape[-1]) if y.ndim else y
        return as_tensor(kind(*args, **options).of_rows(targets, rows).reshape(x.shape[:-1]))

    function.__name__ = function.__qualname__ = snake_case(kind.__name__)
    function.__doc__ = f"The loss of each row, (…,), from y_true and y_pred, (…, outputs): {kind.__doc__}"
    return function
