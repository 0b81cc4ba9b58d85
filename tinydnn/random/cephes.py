"""log, sin and cos in float32, bit for bit as PyTorch has them for eight numbers at once.

The polynomials are those of Moshier's Cephes library, each step a fused multiply-add. Mirrors log256_ps and
sincos256_ps of aten/src/ATen/native/cpu/avx_mathfun.h.
"""

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.random.fma import fma, horner

_f = np.float32
_ROOT_OF_HALF = _f(0.707106781186547524)
_LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_LOG_2 = _f(0.693359375), _f(-2.12194440e-4)  # its first digits and the others
_PI_4 = -0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8  # the same of -π/4
_SIN = -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1
_COS = 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2


def log(x: Array) -> Array:
    """The logarithm of numbers above 0: log x = log m + e log 2, where x = m * 2**e."""
    m, e = reduced(x)
    z = m * m
    y = fma(horner(_LOG, m) * m, z, e * _LOG_2[1])
    y = fma(z, _f(-0.5), y)
    return fma(e, _LOG_2[0], m + y)


def reduced(x: Array) -> tuple[Array, Array]:
    """(m - 1, e) with x = m * 2**e and m from sqrt(1/2) to sqrt(2)."""
    m, exponent = np.frexp(x)
    small = m < _ROOT_OF_HALF
    return (m - _f(1)) + np.where(small, m, _f(0)), exponent.astype(_f) - small.astype(_f)


def sin_and_cos(x: Array) -> tuple[Array, Array]:
    """Of angles from 0 on: of the distance from the next even multiple of π/4, in the right quadrant."""
    octant = ((x * _f(4 / np.pi)).astype(np.int32) + 1) & ~1
    for part in _PI_4:
        x = fma(octant.astype(_f), _f(part), x)
    z = x * x
    cos = fma(horner(_COS, z) * z, z, -(z * _f(0.5))) + _f(1)
    sin = fma(horner(_SIN, z) * z, x, x)
    swap = (octant & 2) != 0
    sin, cos = np.where(swap, cos, sin), np.where(swap, sin, cos)
    return np.where(octant & 4, -sin, sin), np.where((octant - 2) & 4, cos, -cos)
