"""Activations that bend everywhere: sigmoid and tanh, and those that are like them; the exponential."""

from typing import Any

import numpy as np

from tinydnn.activations.activation import Activation
from tinydnn.device.elementwise import elementwise


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
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return (1 - a) * a * da


class HardSigmoid(Activation):
    """a = z / 6 + 1/2, cut to 0 .. 1;  dz = da / 6 between them, else 0"""

    @elementwise
    def f(z: Any) -> Any:
        return np.minimum(np.maximum(z + 3, 0), 6) / 6

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return ((a > 0) & (a < 1)) * da / 6


class Tanh(Activation):
    """a = tanh(z);  dz = da * (1 - a²)"""

    @elementwise
    def f(z: Any) -> Any:
        return np.tanh(z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return (1 - a * a) * da


class Softsign(Activation):
    """a = z / (1 + |z|);  dz = da / (1 + |z|)²"""

    @elementwise
    def f(z: Any) -> Any:
        return z / (1 + np.abs(z))

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return da / (1 + np.abs(z)) / (1 + np.abs(z))


class Exponential(Activation):
    """a = exp(z);  dz = da * a"""

    @elementwise
    def f(z: Any) -> Any:
        return np.exp(z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return a * da


sigmoid, hard_sigmoid, tanh, softsign, exponential = Sigmoid(), HardSigmoid(), Tanh(), Softsign(), Exponential()
