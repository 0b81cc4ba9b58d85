"""The inverse of the error function, bit for bit as XLA computes it for JAX on a CPU.

The polynomials are Giles' ("Approximating the erfinv function", 2010), in w = -log(1 - x²); those of log1p and log are
Cephes'. Each step is a fused multiply-add, as compiled by LLVM on a CPU that has one; another compiler or CPU may round
otherwise. Mirrors ErfInv of XLA's xla/hlo/builder/lib/math.cc, and EmitLog1p of xla/service/cpu.
"""

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.random import c_library
from tinydnn.random.cephes import reduced
from tinydnn.random.fma import fma, horner

# Where w is small, and where it is not: (upper bound of w, what is subtracted from w or from its root, coefficients).
_FLOAT32 = [
    (5.0, 2.5, (
        2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
        -0.00417768164, 0.246640727, 1.50140941,
    )),
    (np.inf, 3.0, (
        -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
        0.00943887047, 1.00167406, 2.83297682,
    )),
]  # fmt: skip
_FLOAT64 = [
    (6.25, 3.125, (
        -3.64441206401782e-21, -1.6850591381820166e-19, 1.28584807152564e-18, 1.1157877678025181e-17,
        -1.333171662854621e-16, 2.0972767875968562e-17, 6.637638134358324e-15, -4.054566272975207e-14,
        -8.151934197605472e-14, 2.6335093153082323e-12, -1.2975133253453532e-11, -5.415412054294628e-11,
        1.0512122733215323e-09, -4.112633980346984e-09, -2.9070369957882005e-08, 4.2347877827932404e-07,
        -1.3654692000834679e-06, -1.3882523362786469e-05, 0.00018673420803405714, -0.000740702534166267,
        -0.006033670871430149, 0.24015818242558962, 1.6536545626831027,
    )),
    (16.0, 3.25, (
        2.2137376921775787e-09, 9.075656193888539e-08, -2.7517406297064545e-07, 1.8239629214389228e-08,
        1.5027403968909828e-06, -4.013867526981546e-06, 2.9234449089955446e-06, 1.2475304481671779e-05,
        -4.7318229009055734e-05, 6.828485145957318e-05, 2.4031110387097894e-05, -0.0003550375203628475,
        0.0009532893797373805, -0.0016882755560235047, 0.002491442096107851, -0.003751208507569241,
        0.005370914553590064, 1.0052589676941592, 3.0838856104922208,
    )),
    (np.inf, 5.0, (
        -2.7109920616438573e-11, -2.555641816996525e-10, 1.5076572693500548e-09, -3.789465440126737e-09,
        7.61570120807834e-09, -1.496002662714924e-08, 2.914795345090108e-08, -6.771199775845234e-08,
        2.2900482228026655e-07, -9.9298272942317e-07, 4.526062597223154e-06, -1.968177810553167e-05,
        7.599527703001776e-05, -0.00021503011930044477, -0.00013871931833623122, 1.0103004648645344,
        4.849906401408584,
    )),
]  # fmt: skip
_LOG1P_ABOVE = (
    0.45270000862445199635215e-4, 0.49854102823193375972212, 0.65787325942061044846969e1, 0.29911919328553073277375e2,
    0.60949667980987787057556e2, 0.57112963590585538103336e2, 0.20039553499201281259648e2,
)  # fmt: skip
_LOG1P_BELOW = (
    1.0, 0.15062909083469192043167e2, 0.83047565967967209469434e2, 0.22176239823732856465394e3,
    0.30909872225312059774938e3, 0.21642788614495947685003e3, 0.60118660497603843919306e2,
)  # fmt: skip
_LOG1P_NEAR = np.sqrt(2) - 1


def erf_inv(x: Array) -> Array:
    """The y with erf(y) = x, for x between -1 and 1, in float32 or float64."""
    w = -_log1p(x * -x)
    y, below = np.empty_like(x), 0.0
    for number, (above, middle, coefficients) in enumerate(_FLOAT32 if x.dtype == np.float32 else _FLOAT64):
        part = (below <= w) & (w < above)
        v = np.sqrt(w[part]) if number else w[part]
        y[part] = horner(coefficients, v - x.dtype.type(middle))
        below = above
    y *= x
    return y


def _log1p(x: Array) -> Array:
    """log(1 + x): near 0 as x - x²/2 + x³ * quotient of two polynomials."""
    square = x * x
    near = x + fma(square, -0.5, x * square * (horner(_LOG1P_ABOVE, x) / horner(_LOG1P_BELOW, x)))
    far = _log(1 + x) if x.dtype == np.float32 else c_library.by_element("log", 1 + x)
    return np.where(np.abs(x) < x.dtype.type(_LOG1P_NEAR), near, far)


def _log(x: Array) -> Array:
    """cephes.log, whose polynomial is summed in three parts."""
    m, e = reduced(x)
    square = m * m
    cube = square * m
    first, second, third = (
        horner(part, m)
        for part in (
            (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1),
            (-1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1),
            (2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1),
        )
    )
    y = fma(fma(first, cube, second), cube, third)
    y = fma(y, cube, e * np.float32(-2.12194440e-4))
    return fma(e, np.float32(0.693359375), fma(square, -0.5, m) + y)
