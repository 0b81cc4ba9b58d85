"""How far apart two arrays are: in absolute terms, and in units in the last place."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Difference:
    """The largest difference of two arrays.

    absolute: the largest |ours - theirs|; infinite if shapes or dtypes differ, or if NaN or infinity stand in different
        places.
    ulps: the same in units in the last place of the largest value, that is, in roundings.
    scale: the largest |theirs|.
    """

    absolute: float
    ulps: float
    scale: float

    @property
    def relative(self) -> float:
        """`absolute` relative to `scale`."""
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
    if a.dtype.kind != "f":
        a, b = a.astype(np.float64), b.astype(np.float64)
    finite = np.isfinite(a) & np.isfinite(b)
    if not finite.all():  # NaN and infinity must stand in the same places
        if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
            return NOT_COMPARABLE
        a, b = a[finite], b[finite]
    with np.errstate(over="ignore"):
        absolute = float(np.abs(a - b).max(initial=0))
    scale = float(np.abs(b).max(initial=0))
    return Difference(absolute, absolute / float(np.spacing(b.dtype.type(scale))), scale)


def largest(found: Iterable[Difference]) -> Difference:
    """The largest of these differences."""
    return max(found, key=lambda each: each.absolute)
