"""Losses as functions of arrays: mean_squared_error(y, p) gives the loss of each row."""

import inspect
from collections.abc import Callable
from typing import Any

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
        if len(args) > len(takes) or not of_objects.isdisjoint(options):
            raise TypeError(
                f"{name} takes y_true, y_pred{''.join(f', {each}' for each in takes)}, and gives the loss of each row; "
                f"a {kind.__name__} has a reduction and a name. Received: {[*args, *options]}"
            )
        return as_tensor(kind(*args, **options).of_rows(y_true, y_pred))

    name, of_objects = snake_case(kind.__name__), {"reduction", "name"}
    takes = [each for each in inspect.signature(kind).parameters if each not in of_objects | {"kwargs"}]
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The loss of each row, (…,), from y_true and y_pred, (…, outputs): {kind.__doc__}"
    return function
