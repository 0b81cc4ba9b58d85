"""Activations of whole rows, whose entries depend on each other: softmax and its logarithm."""

from typing import Any

import numpy as np

from tinydnn.activations.activation import Activation
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise, entry, max_rows, product


class OfRows(Activation):
    """One whose entries depend on the others along an axis: -1, the last one."""

    def __init__(self, axis: int = -1) -> None:
        if axis != -1:
            raise ValueError(
                f"{self.name} expects axis=-1, the last one; move another one there, with np.moveaxis. "
                f"Received: axis={axis!r}"
            )


class Softmax(OfRows):
    """a_k = exp(z_k) / sum_j exp(z_j) along the last axis;  dz_k = a_k * (da_k - sum_j da_j a_j)

    Each row's maximum is taken off its z first: it cancels, and keeps exp from overflowing.
    """

    @elementwise
    def f(z: Any, largest: Any) -> Any:
        return np.exp(z - largest)  # still to be divided by its sum over the row

    @elementwise
    def gradient(a: Any, da: Any, dot: Any) -> Any:
        return a * (da - dot)

    def rows(self, xp: Any, z: Array, a: Array, largest: Array, total: Array) -> None:
        """Compute a, and of each row the largest z and the sum of exp(z - largest), both (rows, 1)."""
        max_rows(xp, largest, z)
        self.f.normalize_rows(xp, a, total, z, largest)

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        self.rows(xp, z, a, _one_a_row(xp, z), _one_a_row(xp, z))

    def backward(self, xp: Any, z: Array, a: Array, da: Array, dz: Array) -> None:
        dot = _one_a_row(xp, a)
        product.sum_rows(xp, dot, dz, a, da)
        self.gradient.into(xp, dz, a, da, dot)


class LogSoftmax(OfRows):
    """a_k = z_k - log(sum_j exp(z_j)) along the last axis;  dz_k = da_k - exp(a_k) * sum_j da_j

    Each row's maximum is taken off its z first, as for softmax.
    """

    @elementwise
    def f(z: Any, largest: Any, total: Any) -> Any:
        return z - largest - np.log(total)

    @elementwise
    def gradient(a: Any, da: Any, total: Any) -> Any:
        return da - np.exp(a) * total

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        largest, total = _one_a_row(xp, z), _one_a_row(xp, z)
        max_rows(xp, largest, z)
        Softmax.f.sum_rows(xp, total, a, z, largest)
        self.f.into(xp, a, z, largest, total)

    def backward(self, xp: Any, z: Array, a: Array, da: Array, dz: Array) -> None:
        total = _one_a_row(xp, a)
        entry.sum_rows(xp, total, dz, da)
        self.gradient.into(xp, dz, a, da, total)


softmax, log_softmax = Softmax(), LogSoftmax()


def _one_a_row(xp: Any, z: Array) -> Array:
    return xp.empty((*z.shape[:-1], 1), z.dtype)
