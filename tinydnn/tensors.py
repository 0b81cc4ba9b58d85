"""What programs ask of Keras' tensors and variables besides what NumPy's arrays and Python's floats have.

Mirrors keras/src/backend/common/variables.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.config import floatx


class Tensor(np.ndarray):
    """A NumPy array that has Keras' `numpy` and `assign`.

    name, path: of a weight, such as "kernel" and "dense/kernel".
    trainable: whether gradients train it, a weight of a layer that is not frozen.
    """

    name = path = ""
    trainable = True

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed from it: a number is NumPy's, as of its own arrays."""
        return array[()] if return_scalar else super().__array_wrap__(array, context)

    def numpy(self) -> Any:
        """A copy as a plain NumPy array."""
        return np.array(self)

    def assign(self, value: Any) -> "Tensor":
        """Take over these values, which have this shape."""
        value = np.asarray(value)
        if value.shape != self.shape:
            raise ValueError(f"assign expects values of shape {self.shape}. Received: shape={value.shape}")
        self[...] = value
        return self


class Scalar(float):
    """A float that has Keras' `numpy`, and `assign` where it is a setting.

    Args:
        value: the number.
        assign: sets it, where that can be done.
    """

    def __new__(cls, value: float, assign: Callable[[Any], None] | None = None) -> "Scalar":
        return super().__new__(cls, value)

    def __init__(self, value: float, assign: Callable[[Any], None] | None = None) -> None:
        if assign is not None:
            self.assign = assign

    def __reduce__(self) -> Any:
        return float, (float(self),)  # a copy is a number and no setting

    def numpy(self) -> Any:
        """A NumPy number of dtype `config.floatx()`."""
        return np.dtype(floatx()).type(self)


def as_tensor(value: Any) -> Any:
    """A float as a Scalar, an array as a Tensor; a list, entry by entry."""
    if isinstance(value, list):
        return [as_tensor(each) for each in value]
    return value.view(Tensor) if isinstance(value, np.ndarray) else Scalar(value)


def named(arrays: list[Any], names: list[str], owner: str) -> list[Any]:
    """Weights with their names; those on a GPU, which are CuPy's arrays, as they are."""
    tensors = [nameable(array) for array in arrays]
    for tensor, name in zip(tensors, names, strict=True):
        if isinstance(tensor, Tensor):
            tensor.name, tensor.path = name, f"{owner}/{name}"
    return tensors


def nameable(array: Any) -> Any:
    """A NumPy array as a Tensor; a Tensor, and an array of another library, itself."""
    return array.view(Tensor) if type(array) is np.ndarray else array
