"""How far two arrays are apart: absolute, and in units of the last place."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Difference:
    """The largest difference of two arrays.

    absolute: the largest |ours - theirs|; infinite where shapes or dtypes differ, or one has NaN or infinity alone.
    ulps: the same in units of the last place of the largest value, that is, in roundings.
    scale: the largest |theirs|.
    """

    absolute: float
    ulps: float
    scale: float

    @property
    def relative(self) -> float:
        """Relative to the largest value."""
        if self.absolute == 0:
            return 0.0
        return self.absolute / self.scale if self.scale else math.inf

    def __str__(self) -> str:
        if self.absolute == 0:
            return "0"
        if self.absolute == math.inf:
            return "not comparable"
        ulps = f"{self.ulps:,.0f}" if 10 <= self.ulps < 1e5 else f"{self.ulps:.2g}"
        return f"{self.absolute:.1e} ({ulps} ULP)"


NOT_COMPARABLE = Difference(math.inf, math.inf, 0.0)


def difference(ours: Any, theirs: Any) -> Difference:
    """The largest difference of two arrays, which should have the same shape and dtype."""
    a, b = np.asarray(ours), np.asarray(theirs)
    if a.shape != b.shape or a.dtype != b.dtype:
        return NOT_COMPARABLE
    if not a.size:
        return Difference(0.0, 0.0, 0.0)
    with np.errstate(invalid="ignore", over="ignore"):
        absolute = float(np.abs(a - b).max())
    scale = float(np.abs(b).max())
    if not math.isfinite(absolute + scale):  # both may be infinite or NaN, in the same places
        same = np.array_equal(a, b, equal_nan=True)
        return Difference(0.0, 0.0, scale) if same else NOT_COMPARABLE
    ulp = float(np.spacing(b.dtype.type(scale))) if b.dtype.kind == "f" else 1.0
    return Difference(absolute, absolute / ulp, scale)


def largest(found: Iterable[Difference]) -> Difference:
    """The largest of them."""
    return max(found, key=lambda each: each.absolute)
