"""Checks of settings and arrays, each raising an error that says what was expected and what was received."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def is_int(value: Any) -> bool:
    """Whether it is an integer, and no bool."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_count(name: str, value: Any, low: int = 1) -> int:
    """The value as an int.

    Raises:
        ValueError: no integer, or below `low`.
    """
    if not is_int(value) or value < low:
        raise ValueError(f"{name} expects an integer of at least {low}. Received: {name}={value!r}")
    return int(value)


def check_number(name: str, value: Any, high: float = math.inf) -> float:
    """The value as a float.

    Raises:
        ValueError: it is no number from 0 to `high`.
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= value <= high or not math.isfinite(value):
        bounds = "a finite number that is not negative" if high == math.inf else f"a number from 0 to {high}"
        raise ValueError(f"{name} expects {bounds}. Received: {name}={value!r}")
    return float(value)


def positive_or_none(name: str, value: Any) -> float | None:
    """The value as a float above 0, or None."""
    if value is None:
        return None
    if check_number(name, value) == 0:
        raise ValueError(f"{name} expects a number above 0, or None for no clipping. Received: {name}={value!r}")
    return float(value)


def check_name(name: str) -> str:
    """The name of a layer."""
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"A layer's name is a string without '/'. Received: name={name!r}")
    return name


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


def check_weights(weights: Sequence[Any], shapes: Sequence[tuple[int, ...]], what: str) -> list[Any]:
    """The weights as NumPy arrays of these shapes.

    Raises:
        ValueError: wrong number or shapes, or values that are no finite numbers.
    """
    arrays = [np.asarray(weight) for weight in weights]
    if [array.shape for array in arrays] != list(shapes):
        raise ValueError(
            f"{what} expects weights of shapes {list(shapes)}. Received: {[array.shape for array in arrays]}"
        )
    for array in arrays:
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(
                f"{what} expects weights that are finite numbers. Received: {array.dtype} with NaN or infinity"
            )
    return arrays


def as_numeric(array: Any, what: str) -> Any:
    """A NumPy array of real numbers in this machine's byte order.

    Raises:
        ValueError: not numbers, or ragged.
    """
    # A CuPy array does not become NumPy's by itself; a dict and pandas' objects have a get of another kind.
    if hasattr(array, "get") and hasattr(array, "dtype") and not hasattr(array, "index"):
        array = array.get()
    try:
        result = np.asarray(array)
    except ValueError as error:
        raise ValueError(f"{what} can't be made an array: {error}") from None
    if result.dtype.kind == "b":
        result = result.view(np.uint8)
    if result.dtype.kind not in "fiu":
        raise ValueError(f"{what} expects real numbers. Received: dtype={result.dtype}")
    return result.astype(result.dtype.newbyteorder("="), copy=False)


def check_finite(array: Any, dtype: str, what: str) -> None:
    """Nothing in a float array may be NaN, infinite, or too large for the network's dtype.

    Raises:
        ValueError: something is; the message names the first row that has it.
    """
    if array.dtype.kind != "f" or not array.size:
        return
    limit = float(np.finfo(dtype).max)
    if max(abs(float(array.max())), abs(float(array.min()))) <= limit:  # makes no copy; false for NaN too
        return
    bad = next(i for i, row in enumerate(array) if not float(np.abs(row).max()) <= limit)
    raise ValueError(
        f"{what} expects finite numbers that fit {dtype}. Received: NaN, infinity or larger ones in row {bad}"
    )
