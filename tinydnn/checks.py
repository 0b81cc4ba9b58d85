"""Checks of settings and arrays, each raising an error that says what was expected and what was received."""

import math
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.config import floatx


def is_int(value: Any) -> bool:
    """Whether it is an integer, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_count(name: str, value: Any, low: int = 1) -> int:
    """The value as an int.

    Raises:
        ValueError: no integer, below `low`, or of more than 63 bits.
    """
    if not is_int(value) or not low <= value < 2**63:
        raise ValueError(f"{name} expects an integer of at least {low}, below 2**63. Received: {name}={value!r}")
    return int(value)


def count_or_none(name: str, value: Any) -> int | None:
    """The value as an int that is positive, or None."""
    return None if value is None else check_count(name, value)


def check_seed(seed: Any) -> int | None:
    """The seed as an int, or None.

    Raises:
        ValueError: neither.
    """
    if seed is not None and not is_int(seed):
        raise ValueError(f"seed expects an integer or None. Received: seed={seed!r}")
    return None if seed is None else int(seed)


def check_number(name: str, value: Any, high: float = math.inf, low: float = 0) -> float:
    """The value as a float.

    Raises:
        ValueError: it is no finite number from `low` to `high`.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not low <= value <= high or not math.isfinite(value):
        bounds = f"a finite number{' that is not negative' * (low == 0)}"
        bounds = bounds if high == math.inf else f"a number from {low} to {high}"
        raise ValueError(f"{name} expects {bounds}. Received: {name}={value!r}")
    return float(value)


def check_positive(name: str, value: Any) -> float:
    """The value as an int or a float, whichever it is.

    Raises:
        ValueError: it is no finite number above 0.
    """
    if check_number(name, value) == 0:
        raise ValueError(f"{name} expects a finite number above 0. Received: {name}={value!r}")
    return int(value) if is_int(value) else float(value)


def number_or_none(name: str, value: Any) -> float | None:
    """The value as a float that is not negative, or None."""
    return None if value is None else check_number(name, value)


def check_name(name: str, of: str = "layer") -> str:
    """The name of a layer, or of something else that files have under its name.

    Raises:
        ValueError: it is no text, or one that HDF5 can't have as a name.
    """
    if not isinstance(name, str) or not name or name == "." or "/" in name or "\0" in name or not _is_unicode(name):
        raise ValueError(
            f"The name of a {of} is text other than '.', without '/', NUL and halves of surrogate pairs. "
            f"Received: name={name!r}"
        )
    return name


def _is_unicode(text: str) -> bool:
    """Whether a file can have this text; half of a surrogate pair has no place in UTF-8."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def check_batch_shape(shape: Any, what: str) -> tuple[int, ...]:
    """The shape of one sample, from that of a batch: (784,) from (None, 784) or (32, 784).

    Raises:
        ValueError: it is none of a batch.
    """
    if (
        not isinstance(shape, tuple | list)
        or len(shape) < 2
        or any(not is_int(n) or n < 1 for n in shape[shape[0] is None :])
    ):
        raise ValueError(f"{what} expects the shape of a batch, as (None, 784). Received: {shape!r}")
    return tuple(int(n) for n in shape[1:])


def check_shape(shape: Sequence[int], what: str) -> tuple[int, ...]:
    """The shape of one sample as a tuple.

    Raises:
        ValueError: not a sequence of positive integers.
    """
    if not isinstance(shape, tuple | list) or not shape or any(not is_int(n) or n < 1 for n in shape):
        raise ValueError(
            f"{what} expects the shape of one sample, without the batch, as positive integers. Received: {shape!r}"
        )
    return tuple(int(n) for n in shape)


def check_frequency(what: str, value: Any) -> int | list[int]:
    """A positive integer, or a list of them.

    Raises:
        ValueError: another value.
    """
    numbers = list(value) if isinstance(value, list | tuple | set | range) else [value]
    if not all(is_int(n) and n > 0 for n in numbers):
        raise ValueError(f"{what} expects a positive integer, or a list of numbers of epochs. Received: {value!r}")
    return int(value) if is_int(value) else [int(n) for n in numbers]


def check_parts(value: Any) -> tuple[Any, Any, Any]:
    """The x, y and sample_weight of validation_data; None where there are no weights.

    Raises:
        ValueError: something else.
    """
    if not isinstance(value, tuple | list) or len(value) not in (2, 3):
        raise ValueError(f"validation_data expects (x, y) or (x, y, sample_weight). Received: {type(value).__name__}")
    return (*value, None)[:3]


def check_weights(weights: Sequence[Any], shapes: Sequence[tuple[int, ...]], dtype: str, what: str) -> list[Any]:
    """The weights as NumPy arrays of these shapes, whose numbers fit this dtype.

    Raises:
        ValueError: wrong number or shapes, or values that are no finite numbers or too large for the dtype.
    """
    arrays = [np.asarray(weight) for weight in weights]
    if [array.shape for array in arrays] != list(shapes):
        raise ValueError(
            f"{what} expects weights of shapes {list(shapes)}. Received: {[array.shape for array in arrays]}"
        )
    for array in arrays:
        if array.dtype.kind not in "fiu" or not fits(array, dtype):
            raise ValueError(
                f"{what} expects weights that are finite numbers and fit {dtype}. "
                f"Received: {array.dtype} with NaN, infinity or larger ones"
            )
    return arrays


def fits(array: Any, dtype: str) -> bool:
    """Whether no number is NaN, infinite, or too large for this dtype."""
    limit = float(np.finfo(dtype).max)
    return not array.size or max(abs(float(array.max())), abs(float(array.min()))) <= limit  # false for NaN too


def as_array(array: Any, what: str) -> Any:
    """A NumPy array of real numbers or bools in this machine's byte order.

    A frame of pandas or polars becomes one too. Where its columns of integers, floats and bools make an array of
    objects, these become float64.

    Raises:
        ValueError: not numbers, or ragged; the message says what is none, and where.
    """
    # A CuPy array does not become NumPy's by itself; a dict and pandas' objects have a get of another kind.
    if hasattr(array, "get") and hasattr(array, "dtype") and not hasattr(array, "index"):
        array = array.get()
    try:
        result = np.asarray(array)
    except ValueError as error:
        raise ValueError(f"{what} can't be made an array: {error}") from None
    if result.dtype.kind == "O":
        result = _numbers_of_objects(result, what, getattr(array, "columns", None))
    if result.dtype.kind not in "bfiu":
        raise ValueError(f"{what} expects real numbers. Received: dtype={result.dtype}")
    return result.astype(result.dtype.newbyteorder("="), copy=False)


def as_numeric(array: Any, what: str) -> Any:
    """A NumPy array of real numbers as `as_array` makes it; bools as uint8."""
    result = as_array(array, what)
    return result.view(np.uint8) if result.dtype.kind == "b" else result


def as_samples(array: Any, what: str) -> Any:
    """A NumPy array of real numbers; of a list that has only one array, this one.

    In Keras a list has an array for each input or output.

    Raises:
        ValueError: not numbers, or ragged.
    """
    alone = isinstance(array, list | tuple) and len(array) == 1 and hasattr(array[0], "__array__")
    return as_numeric(array[0] if alone and np.ndim(array[0]) else array, what)


def _numbers_of_objects(objects: Any, what: str, columns: Any) -> Any:
    """An array of objects that are real numbers, as float64.

    Raises:
        ValueError: one is none.
    """
    for place, value in np.ndenumerate(objects):
        if not isinstance(value, int | float | np.integer | np.floating | np.bool_):
            where = f" in row {place[0]}" if place else ""
            if columns is not None and len(place) == 2:
                where += f" of column {columns[place[1]]!r}"
            raise ValueError(
                f"{what} expects real numbers. Received: dtype=object, with {reprlib.repr(value)}{where}; "
                "encode text as numbers (with get_dummies or factorize of pandas) or drop it, fill in what is missing, "
                "and give lists one length (utils.pad_sequences)"
            )
    try:
        return objects.astype(np.float64)
    except OverflowError as error:
        raise ValueError(f"{what} expects numbers that fit float64: {error}") from None


def as_float(array: Any, what: str) -> Any:
    """A NumPy array of float32 or float64 where it is such already, else of `floatx()`.

    Raises:
        ValueError: not real numbers, or ragged.
    """
    numbers = as_numeric(array, what)
    is_array = not isinstance(array, list | tuple | int | float)  # a number of Python's has no dtype yet
    return numbers if is_array and numbers.dtype in (np.float32, np.float64) else numbers.astype(floatx())


def check_finite(array: Any, dtype: Any, what: str) -> None:
    """Nothing in a float array may be NaN, infinite, or too large for the network's dtype.

    Raises:
        ValueError: something is; the message names the first row that has it.
    """
    if array.dtype.kind != "f" or fits(array, dtype):
        return
    bad = next(i for i, row in enumerate(array) if not fits(row, dtype))
    raise ValueError(
        f"{what} expects finite numbers that fit {dtype}. Received: NaN, infinity or larger ones in row {bad}"
    )


def whole_numbers(array: Any) -> Any:
    """The array as int64 if its floats are whole numbers, as those from a text file; else as it is."""
    if array.dtype.kind == "f" and (np.abs(array) < 2**53).all() and (array == np.floor(array)).all():
        return array.astype(np.int64)
    return array
