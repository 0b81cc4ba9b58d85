"""What an activation is: a function beside its derivative (mirrors keras/src/activations/activations.py).

z is what goes in, a what comes out; da and dz are the gradients of the loss with respect to them. All are arrays of
one shape, (rows, …), and `xp` is the array module that they belong to.
"""

import sys
from typing import Any

import numpy as np

from tinydnn.checks import as_float
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import Elementwise, biased, elementwise
from tinydnn.names import snake_case


class Activation:
    """A function a = f(z) and its derivative; called on an array, it returns f of it as a new array.

    f: the formula a = f(z), where each entry depends on its own z alone.
    gradient: the formula of dz from z, a and da.

    One that has settings, as the slope of a leaky relu, gives them as `numbers`, which both formulas take last.
    One that has no such formulas, as softmax, defines `forward` and `backward` instead.
    """

    f: Elementwise
    gradient: Elementwise

    @property
    def name(self) -> str:
        return snake_case(type(self).__name__)

    __name__ = name  # as Keras' functions have it

    @property
    def numbers(self) -> tuple[float | None, ...]:
        return ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A copy of one of tinydnn's is itself, so that `is` tells them apart in copies of a model too."""
        own = vars(sys.modules[type(self).__module__]).get(self.name)
        return self.name if own is self else super().__reduce_ex__(protocol)

    def __call__(self, x: Any, *settings: Any, **named: Any) -> Array:
        """f of an array, with other settings if they are given: elu(x, alpha=0.5)."""
        if settings or named:
            return type(self)(*settings, **named)(x)
        z = as_float(x, "x")
        a = np.empty_like(z)
        with Backend().quiet():
            self.forward(np, np.atleast_1d(z), np.atleast_1d(a))
        return a

    def forward(self, xp: Any, z: Array, a: Array) -> None:
        """Compute a from z."""
        self.f.into(xp, a, z, *self.numbers)

    def add_and_forward(self, xp: Any, b: Array, z: Array, a: Array) -> None:
        """Compute z = z + b in place, and a from it."""
        if type(self).forward is Activation.forward:
            biased(self.f).update(xp, (z,), b, *self.numbers, out=(a,))
        else:
            xp.add(z, b, out=z)
            self.forward(xp, z, a)

    def backward(self, xp: Any, z: Array, a: Array, da: Array, dz: Array) -> None:
        """Compute dz from z, a and da."""
        self.gradient.into(xp, dz, z, a, da, *self.numbers)


class Linear(Activation):
    """a = z;  dz = da"""

    @elementwise
    def f(z: Any) -> Any:
        return z

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return da


linear = Linear()
