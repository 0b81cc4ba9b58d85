"""How far off a right array may be, as measured on the step in float64, and from inputs that are off by a rounding."""

import math

import numpy as np

from tinydnn.device.backend import Array

ROUNDINGS = 8.0  # times the measured rounding error: how far off a right array may be
PERTURBED = 2  # how many times a step is taken from weights and samples that are off by roundings
OF_THE_WHOLE = {"float32": 1e-4, "float64": 1e-9}  # and this share of the array's norm; every mistake changes far more


def perturbed(values: Array, rounding: float, rng: np.random.Generator) -> Array:
    """The values in float64, each off at random by about this relative rounding; integer labels stay as they are."""
    if values.dtype.kind in "iu" and values.ndim == 1:
        return values
    return values * (1 + rounding * rng.standard_normal(values.shape))


def norm(values: Array) -> float:
    """The Euclidean norm of the finite values."""
    return float(np.linalg.norm(values[np.isfinite(values)].astype(np.float64)))


def apart(own: Array, ours: Array) -> float:
    """The Euclidean norm of the difference; infinite where NaN or infinity stand in different places."""
    if not np.array_equal(np.isfinite(own), np.isfinite(ours)):
        return math.inf
    return norm(np.asarray(own, np.float64) - ours)


def factor(own: Array, ours: Array) -> tuple[float, float]:
    """The k for which k * ours comes nearest to the own values, and the norm of what is left, in parts of theirs."""
    own, ours = (np.where(np.isfinite(each), each, 0).astype(np.float64) for each in (own, ours))
    squares, size = float((ours * ours).sum()), norm(own)
    if not squares or not size:
        return math.nan, math.inf
    k = float((own * ours).sum()) / squares
    return k, norm(own - k * ours) / size
