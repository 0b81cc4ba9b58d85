"""Activation functions, each beside its derivative (mirrors keras/src/activations/activations.py).

`forward` takes z and writes a; `backward` takes a and da, the gradient of the loss with respect to a,
and writes dz. All are arrays of one shape, (rows, …), and `xp` is the array module they belong to.
"""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array, Backend
from tinydnn.device.kernels import fused
from tinydnn.names import lookup, not_offered, snake_case

__all__ = ["Activation", "get", "linear", "relu", "sigmoid", "softmax", "tanh"]


class Activation:
    """A function a = f(z) and its derivative; called on an array, it gives f of it as a new array."""

    @property
    def name(self) -> str:
        return snake_case(type(self).__name__)

    def __call__(self, x: Any) -> Array:
        z = np.asarray(x)
        if z.dtype not in (np.float32, np.float64):
            z = z.astype(np.float64)
        a = np.empty_like(z)
        with Backend().quiet():
            self.forward(np, z, a)
        return a

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        raise NotImplementedError

    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        raise NotImplementedError


class Linear(Activation):
    """a = z;  dz = da"""

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        a[...] = z

    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        dz[...] = da


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z));  dz = da * a * (1 - a)

    Computed as (tanh(z / 2) + 1) / 2, which is the same: it can't overflow, and where a is smaller than the
    rounding of a number near 1 it is exactly 0. So a unit that is saturated, as most are on raw grey
    values, has an exact 0 for its gradient; exp would leave numbers too small for the processor to be fast at.
    """

    @fused("T z", "T a", "a = T(0.5) * tanh(T(0.5) * z) + T(0.5)")
    def forward(self, xp: Any, z: Array, a: Array) -> None:
        xp.multiply(z, 0.5, out=a)
        xp.tanh(a, out=a)
        xp.multiply(a, 0.5, out=a)
        xp.add(a, 0.5, out=a)

    @fused("T a, T da", "T dz", "dz = (1 - a) * a * da")
    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        xp.subtract(1, a, out=dz)
        xp.multiply(dz, a, out=dz)
        xp.multiply(dz, da, out=dz)


class Tanh(Activation):
    """a = tanh(z);  dz = da * (1 - a²)"""

    @fused("T z", "T a", "a = tanh(z)")
    def forward(self, xp: Any, z: Array, a: Array) -> None:
        xp.tanh(z, out=a)

    @fused("T a, T da", "T dz", "dz = (1 - a * a) * da")
    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        xp.multiply(a, a, out=dz)
        xp.subtract(1, dz, out=dz)
        xp.multiply(dz, da, out=dz)


class Relu(Activation):
    """a = max(z, 0);  dz = da where a > 0, else 0

    Its kernel asks for z < 0, since CUDA's max(NaN, 0) is 0, and would hide a NaN.
    """

    @fused("T z", "T a", "a = z < 0 ? T(0) : z")
    def forward(self, xp: Any, z: Array, a: Array) -> None:
        xp.maximum(z, 0, out=a)

    @fused("T a, T da", "T dz", "dz = a > 0 ? da : a * da")
    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        xp.sign(a, out=dz)  # 1 where a > 0, 0 where a = 0
        xp.multiply(dz, da, out=dz)


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j) along the last axis;  dz_k = a_k * (da_k - sum_j da_j a_j)

    Each row's maximum is taken off its z first: it cancels, and keeps exp from overflowing.
    """

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        xp.subtract(z, xp.max(z, axis=-1, keepdims=True), out=a)
        xp.exp(a, out=a)
        xp.divide(a, xp.sum(a, axis=-1, keepdims=True), out=a)

    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        xp.multiply(da, a, out=dz)
        xp.subtract(da, xp.sum(dz, axis=-1, keepdims=True), out=dz)
        xp.multiply(dz, a, out=dz)


linear, relu, sigmoid, softmax, tanh = Linear(), Relu(), Sigmoid(), Softmax(), Tanh()

_OFFERED = {function.name: function for function in (linear, relu, sigmoid, softmax, tanh)}


def get(identifier: str | Activation | None) -> Activation:
    """The activation by its name, itself, or `linear` for None.

    Raises:
        ValueError: an unknown name.
        TypeError: a function of one's own, which comes without the derivative that training needs.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, Activation):
        return identifier
    if isinstance(identifier, str):
        return lookup("activation", identifier, _OFFERED)
    raise TypeError(
        "activation expects a name, one of tinydnn.activations, or None; for one of your own, derive a class "
        f"from tinydnn.activations.Activation with its forward and backward. Received: {identifier!r}"
    )


__getattr__ = not_offered(__name__, globals())
