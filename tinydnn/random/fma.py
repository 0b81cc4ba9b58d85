"""The fused multiply-add of a CPU, which compilers make of a * b + c: rounded once, where NumPy rounds twice."""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array


def fma(a: Array, b: Any, c: Any) -> Array:
    """a * b + c, rounded once, in the dtype of a; b and c are numbers of this dtype.

    In float64 it takes the sums of two numbers that stand for one of twice the digits (Dekker, "A floating-point
    technique for extending the available precision", 1971).
    """
    b, c = np.asarray(b, a.dtype), np.asarray(c, a.dtype)
    if a.dtype == np.float32:  # a product of two fits into a float64
        return (a.astype(np.float64) * b + c).astype(np.float32)
    product = a * b
    total = product + c
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    rest = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2  # what was rounded away from the product
    added = total - product
    rest = ((product - (total - added)) + (c - added)) + rest  # and from the sum
    result: Array = total + rest
    return result


def _halves(x: Array) -> tuple[Array, Array]:
    """Two numbers of 26 digits whose sum is x."""
    scaled = x * (2.0**27 + 1)
    high = scaled - (scaled - x)
    return high, x - high


def horner(coefficients: Any, x: Array) -> Array:
    """c0 * x**n + c1 * x**(n-1) + … + cn, by a fused multiply-add for each."""
    y = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        y = fma(y, x, c)
    return y
