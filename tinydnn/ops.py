"""Functions of keras.ops on NumPy arrays: NumPy's own, under Keras' names (mirrors keras/src/ops).

They are for what surrounds a training: a layer's or a loss's formula is no place for them, as nothing derives them.
Lists and Python's numbers become arrays of `floatx()` or int32, arrays keep their dtype, and where a result has
fractions, integers become `floatx()` first. All return NumPy arrays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinydnn.checks import as_array
from tinydnn.config import floatx
from tinydnn.device.backend import Array, Shape
from tinydnn.missing import names_its_arguments
from tinydnn.names import not_offered

Axis = int | Sequence[int] | None


@names_its_arguments
def convert_to_tensor(x: Any, dtype: Any = None) -> Array:
    """x as an array, of this dtype."""
    array = as_array(x, "x")
    if dtype is None and not hasattr(x, "dtype"):  # Python's numbers, which NumPy makes 64 bits long
        dtype = {"f": floatx(), "i": "int32", "u": "int32"}.get(array.dtype.kind)
        if dtype == "int32" and (array != array.astype(dtype)).any():
            raise ValueError(
                "x expects integers of 32 bits where it has no dtype; convert it by "
                f"convert_to_tensor(x, dtype='int64'). Received: {array.min()} to {array.max()}"
            )
    return array if dtype is None else array.astype(dtype)


@names_its_arguments
def convert_to_numpy(x: Any) -> Array:
    """x as an array."""
    return convert_to_tensor(x)


def _floats(x: Any) -> Array:
    array = convert_to_tensor(x)
    return array if array.dtype.kind == "f" else array.astype(floatx())


def _alike(*xs: Any) -> list[Array]:
    """Arrays of one dtype, Keras' for what is computed from all of them: of floats and integers that of the floats.

    A number of Python's takes the dtype that arrays of its kind have.
    """
    of_python = [isinstance(x, int | float) and not hasattr(x, "dtype") for x in xs]
    arrays = [np.asarray(x) if plain else convert_to_tensor(x) for x, plain in zip(xs, of_python, strict=True)]
    kinds = [array.dtype.kind.replace("u", "i") for array in arrays]
    highest = "f" if "f" in kinds else "i" if "i" in kinds else "b"
    own = [a.dtype for a, kind, plain in zip(arrays, kinds, of_python, strict=True) if kind == highest and not plain]
    dtype = np.result_type(*own) if own else {"f": floatx(), "i": "int32", "b": "bool"}[highest]
    # a number itself, since NumPy says then that it doesn't fit, where an array of it would wrap round
    return [np.asarray(x if plain else a, dtype) for x, a, plain in zip(xs, arrays, of_python, strict=True)]


def _alike_floats(*xs: Any) -> list[Array]:
    return [_floats(array) for array in _alike(*xs)]


def _of_32_bits(x: Any) -> Array:
    """Bools and shorter integers as those of 32 bits, of which Keras makes sums and products."""
    array = convert_to_tensor(x)
    short = array.dtype.kind in "biu" and array.dtype.itemsize < 4
    return array.astype("uint32" if array.dtype.kind == "u" else "int32") if short else array


def _named(call: Any, function: Any, doc: str) -> Callable[..., Array]:
    call.__name__, call.__doc__ = function.__name__, doc
    checked: Callable[..., Array] = names_its_arguments(call)
    return checked


def _of_one(
    function: Callable[..., Any], convert: Callable[[Any], Array] = convert_to_tensor
) -> Callable[[Any], Array]:
    def call(x: Any) -> Array:
        return np.asarray(function(convert(x)))

    return _named(call, function, f"numpy.{function.__name__} of each number.")


def _of_two(function: Callable[..., Any], convert: Callable[..., list[Array]] = _alike) -> Callable[[Any, Any], Array]:
    def call(x1: Any, x2: Any) -> Array:
        return np.asarray(function(*convert(x1, x2)))

    return _named(call, function, f"numpy.{function.__name__} of two arrays.")


def _of_axes(function: Callable[..., Any], convert: Callable[[Any], Array] = convert_to_tensor) -> Callable[..., Array]:
    def call(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
        array = convert(x)
        found = function(array, axis=tuple(axis) if isinstance(axis, list) else axis, keepdims=keepdims)
        # NumPy gives places and sums of integers 64 bits
        shorter = {
            np.argmax: np.dtype("int32"),
            np.argmin: np.dtype("int32"),
            np.sum: array.dtype,
            np.prod: array.dtype,
        }
        return np.asarray(found, shorter.get(function))

    return _named(call, function, f"numpy.{function.__name__} along these axes; None is all.")


absolute, negative, square, sign = (_of_one(each) for each in (np.absolute, np.negative, np.square, np.sign))
floor, ceil = _of_one(np.floor, _floats), _of_one(np.ceil, _floats)
isnan, isinf, isfinite = _of_one(np.isnan, _floats), _of_one(np.isinf, _floats), _of_one(np.isfinite, _floats)
exp, expm1, log, log1p = (_of_one(each, _floats) for each in (np.exp, np.expm1, np.log, np.log1p))
log2, log10, sqrt = (_of_one(each, _floats) for each in (np.log2, np.log10, np.sqrt))
sin, cos, tan, tanh = (_of_one(each, _floats) for each in (np.sin, np.cos, np.tan, np.tanh))

add, subtract, multiply = _of_two(np.add), _of_two(np.subtract), _of_two(np.multiply)
divide = _of_two(np.divide, _alike_floats)
power, maximum, minimum = _of_two(np.power), _of_two(np.maximum), _of_two(np.minimum)
matmul, dot = _of_two(np.matmul), _of_two(np.dot)
equal, not_equal = _of_two(np.equal), _of_two(np.not_equal)
greater, greater_equal = _of_two(np.greater), _of_two(np.greater_equal)
less, less_equal = _of_two(np.less), _of_two(np.less_equal)

sum, prod = _of_axes(np.sum, _of_32_bits), _of_axes(np.prod, _of_32_bits)
max, min = _of_axes(np.max), _of_axes(np.min)
any, all, argmax, argmin = _of_axes(np.any), _of_axes(np.all), _of_axes(np.argmax), _of_axes(np.argmin)
mean, std = _of_axes(np.mean, _floats), _of_axes(np.std, _floats)
var, median = _of_axes(np.var, _floats), _of_axes(np.median, _floats)


@names_its_arguments
def abs(x: Any) -> Array:
    """What `absolute` gives."""
    return absolute(x)


@names_its_arguments
def cast(x: Any, dtype: Any) -> Array:
    """x in this dtype."""
    return convert_to_tensor(x, dtype)


@names_its_arguments
def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """x, and x_min or x_max where it lies beyond them."""
    return np.clip(*_alike(x, x_min, x_max))


@names_its_arguments
def round(x: Any, decimals: int = 0) -> Array:
    """x with so many decimals; halves go to the even number."""
    return np.round(convert_to_tensor(x), decimals)


@names_its_arguments
def shape(x: Any) -> Shape:
    """The shape of x."""
    found: Shape = convert_to_tensor(x).shape
    return found


@names_its_arguments
def reshape(x: Any, newshape: Any) -> Array:
    """x in another shape; -1 stands for the length that is left."""
    return convert_to_tensor(x).reshape(newshape)


@names_its_arguments
def transpose(x: Any, axes: Sequence[int] | None = None) -> Array:
    """x with its axes in this order; None turns them round."""
    return np.transpose(convert_to_tensor(x), axes)


@names_its_arguments
def expand_dims(x: Any, axis: int) -> Array:
    """x with a new axis of length 1."""
    return np.expand_dims(convert_to_tensor(x), axis)


@names_its_arguments
def squeeze(x: Any, axis: int | None = None) -> Array:
    """x without its axes of length 1, or without this one."""
    return np.squeeze(convert_to_tensor(x), axis)


@names_its_arguments
def concatenate(xs: Sequence[Any], axis: int = 0) -> Array:
    """The arrays one behind the other, along an axis that they have."""
    return np.concatenate(_alike(*xs), axis)


@names_its_arguments
def stack(x: Sequence[Any], axis: int = 0) -> Array:
    """The arrays one behind the other, along a new axis."""
    return np.stack(_alike(*x), axis)


@names_its_arguments
def where(condition: Any, x1: Any, x2: Any) -> Array:
    """x1 where the condition holds, else x2."""
    return np.where(condition, *_alike(x1, x2))


@names_its_arguments
def zeros(shape: Any, dtype: Any = None) -> Array:
    """Zeros, of `floatx()` if no dtype is given."""
    return np.zeros(shape, dtype or floatx())


@names_its_arguments
def ones(shape: Any, dtype: Any = None) -> Array:
    """Ones, of `floatx()` if no dtype is given."""
    return np.ones(shape, dtype or floatx())


@names_its_arguments
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> Array:
    """A row for each integer, with a 1 in its place; nothing but zeros for one outside of 0 to num_classes - 1."""
    labels = convert_to_tensor(x)
    found = (labels[..., np.newaxis] == np.arange(num_classes)).astype(dtype or floatx())
    return np.moveaxis(found, -1, axis)


@names_its_arguments
def sigmoid(x: Any) -> Array:
    """1 / (1 + exp(-x))."""
    z = _floats(x)
    e = np.exp(-np.abs(z))  # which never overflows
    return np.where(z >= 0, 1, e) / (1 + e)


@names_its_arguments
def relu(x: Any) -> Array:
    """x where it is positive, else 0."""
    return np.maximum(convert_to_tensor(x), 0)


@names_its_arguments
def softmax(x: Any, axis: int = -1) -> Array:
    """exp(x) / the sum of exp(x) along an axis."""
    z = _floats(x)
    e = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


__all__ = sorted(
    name for name, each in globals().items() if not name.startswith("_") and getattr(each, "__module__", "") == __name__
)

__getattr__ = not_offered(__name__, globals())
