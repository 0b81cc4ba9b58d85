"""Activation functions, each beside its derivative (mirrors keras/src/activations/activations.py).

z is what goes in, a what comes out; da and dz are the gradients of the loss with respect to them. All are arrays of
one shape, (rows, …), and `xp` is the array module that they belong to.
"""

from typing import Any

import numpy as np

from tinydnn.checks import as_float
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import Elementwise, biased, elementwise, max_rows, product
from tinydnn.names import lookup, not_offered, snake_case

__all__ = ["Activation", "get", "linear", "relu", "sigmoid", "softmax", "tanh"]


class Activation:
    """A function a = f(z) and its derivative; called on an array, it returns f of it as a new array.

    f: the formula a = f(z), where each entry depends on its own z alone.
    gradient: the formula of dz from a and da.

    One that has no such formulas, as softmax, defines `forward` and `backward` instead.
    """

    f: Elementwise
    gradient: Elementwise

    @property
    def name(self) -> str:
        return snake_case(type(self).__name__)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A copy of one of this module's is itself, so that `is` tells them apart in copies of a model too."""
        return self.name if globals().get(self.name) is self else super().__reduce_ex__(protocol)

    def __call__(self, x: Any) -> Array:
        z = as_float(x, "x")
        a = np.empty_like(z)
        with Backend().quiet():
            self.forward(np, np.atleast_1d(z), np.atleast_1d(a))
        return a

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        """Compute a from z."""
        self.f.into(xp, a, z)

    def add_and_forward(self, xp: Any, b: Array, z: Array, a: Array) -> None:
        """Compute z = z + b in place, and a from it."""
        if type(self).forward is Activation.forward:
            biased(self.f).update(xp, (z,), b, out=(a,))
        else:
            xp.add(z, b, out=z)
            self.forward(xp, z, a)

    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        """Compute dz from a and da."""
        self.gradient.into(xp, dz, a, da)


class Linear(Activation):
    """a = z;  dz = da"""

    @elementwise
    def f(z: Any) -> Any:
        return z

    @elementwise
    def gradient(a: Any, da: Any) -> Any:
        return da


class Sigmoid(Activation):
    """a = 1 / (1 + exp(-z));  dz = da * a * (1 - a)

    Computed as (tanh(z / 2) + 1) / 2, which is the same: it can't overflow, and where a is smaller than the
    rounding of a number near 1 it is exactly 0. So a unit that is saturated, as most are on raw grey
    values, has an exact 0 for its gradient; exp would leave numbers too small for the processor to be fast at.
    """

    @elementwise
    def f(z: Any) -> Any:
        return 0.5 * np.tanh(0.5 * z) + 0.5

    @elementwise
    def gradient(a: Any, da: Any) -> Any:
        return (1 - a) * a * da


class Tanh(Activation):
    """a = tanh(z);  dz = da * (1 - a²)"""

    @elementwise
    def f(z: Any) -> Any:
        return np.tanh(z)

    @elementwise
    def gradient(a: Any, da: Any) -> Any:
        return (1 - a * a) * da


class Relu(Activation):
    """a = max(z, 0);  dz = da where a > 0, else 0"""

    @elementwise
    def f(z: Any) -> Any:
        return np.maximum(z, 0)

    @elementwise
    def gradient(a: Any, da: Any) -> Any:
        return (a > 0) * da


class Softmax(Activation):
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
        row = (*z.shape[:-1], 1)
        self.rows(xp, z, a, xp.empty(row, z.dtype), xp.empty(row, z.dtype))

    def backward(self, xp: Any, a: Array, da: Array, dz: Array) -> None:
        dot = xp.empty((*a.shape[:-1], 1), a.dtype)
        product.sum_rows(xp, dot, dz, a, da)
        self.gradient.into(xp, dz, a, da, dot)


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
        f"from tinydnn.activations.Activation with its formulas f and gradient. Received: {identifier!r}"
    )


__getattr__ = not_offered(__name__, globals())
