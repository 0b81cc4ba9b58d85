"""Activations a = z * gate(z), whose gate opens from 0 to 1 as z grows: silu, gelu, mish."""

import math
from typing import Any

import numpy as np

from tinydnn.activations.activation import Activation
from tinydnn.activations.curves import HardSigmoid
from tinydnn.activations.rectifiers import Softplus
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise, erfc


class Silu(Activation):
    """a = z * s,  s = 1 / (1 + exp(-z));  dz = da * s * (1 + z * (1 - s))

    Also called swish. s is a sigmoid with exp, since z times the rounding of one with tanh would be too much.
    """

    @elementwise
    def f(z: Any) -> Any:
        return z * (1 / (1 + np.exp(-z)))

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        s = 1 / (1 + np.exp(-z))
        return s * (1 + z * (1 - s)) * da


class HardSilu(Activation):
    """a = z * h,  h = z / 6 + 1/2, cut to 0 .. 1;  dz = da * (h + z / 6) between them, else da * h"""

    @elementwise
    def f(z: Any) -> Any:
        return z * HardSigmoid.f(z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        h = HardSigmoid.f(z)
        return h * da + HardSigmoid.gradient(z, h, z * da)


class Mish(Activation):
    """a = z * t,  t = tanh(log(1 + exp(z)));  dz = da * (t + z * (1 - t²) / (1 + exp(-z)))"""

    @elementwise
    def f(z: Any) -> Any:
        return z * np.tanh(Softplus.f(z))

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        t = np.tanh(Softplus.f(z))
        return (t + z * (1 - t * t) / (1 + np.exp(-z))) * da


# TensorFlow rounds these to float32, for float64 too.
_ROOT_HALF = float(np.float32(math.sqrt(0.5)))
_CUBIC = float(np.float32(0.044715))


class Gelu(Activation):
    """a = z * P(z);  dz = da * (P(z) + z * p(z)), with P and p the normal distribution and its density

    P(z) = erfc(-z / sqrt(2)) / 2,  p(z) = exp(-z² / 2) / sqrt(2 pi), where 1 / sqrt(2) is that of float32.
    """

    @elementwise
    def f(z: Any) -> Any:
        return 0.5 * z * erfc(-_ROOT_HALF * z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        p = _ROOT_HALF / math.sqrt(math.pi) * np.exp(-(_ROOT_HALF * z) * (_ROOT_HALF * z))
        return (0.5 * erfc(-_ROOT_HALF * z) + z * p) * da

    def __call__(self, x: Any, approximate: bool = False) -> Array:
        return GeluByTanh()(x) if approximate else super().__call__(x)


class GeluByTanh(Activation):
    """a = z * (1 + t) / 2,  t = tanh(u);  dz = da * (1 + t + z * (1 - t²) * u') / 2

    u = sqrt(2 / pi) * (z + 0.044715 z³): Keras' gelu with approximate=True.
    """

    @elementwise
    def f(z: Any) -> Any:
        return 0.5 * z * (1 + np.tanh(_u(z)))

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        t = np.tanh(_u(z))
        slope = math.sqrt(2 / math.pi) * (1 + 3 * _CUBIC * z * z)
        return 0.5 * (1 + t + z * (1 - t * t) * slope) * da


def _u(z: Any) -> Any:
    return math.sqrt(2 / math.pi) * (z + _CUBIC * z * z * z)


silu, hard_silu, mish, gelu = Silu(), HardSilu(), Mish(), Gelu()
