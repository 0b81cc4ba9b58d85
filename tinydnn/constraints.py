"""What weights are held to after each update (mirrors keras/src/constraints/constraints.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number, is_int
from tinydnn.config import epsilon
from tinydnn.device.backend import Array
from tinydnn.missing import Offered
from tinydnn.names import not_offered, resolve

__all__ = [
    "Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get", "max_norm", "min_max_norm", "non_neg",
    "unit_norm",
]  # fmt: skip


class Constraint(Offered):
    """Called with weights, it returns what they become; NumPy's functions run on a GPU's arrays too."""

    def __call__(self, w: Array) -> Array:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}


class NonNeg(Constraint):
    """max(w, 0)"""

    def __call__(self, w: Array) -> Array:
        return np.maximum(w, 0)


class UnitNorm(Constraint):
    """w / (norm + 1e-7), with the norm along an axis, 0 for the weights that lead to each unit."""

    def __init__(self, axis: int = 0) -> None:
        self.axis = _check_axis(axis)

    def __call__(self, w: Array) -> Array:
        return w / (_norms(w, self.axis) + epsilon())

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MaxNorm(Constraint):
    """w * desired / (norm + 1e-7) with desired = min(norm, max_value), along an axis as in UnitNorm."""

    def __init__(self, max_value: float = 2, axis: int = 0) -> None:
        self.max_value = check_number("max_value", max_value)
        self.axis = _check_axis(axis)

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        return w * (np.minimum(norms, self.max_value) / (norms + epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class MinMaxNorm(Constraint):
    """As MaxNorm, with desired = rate * (the norm, cut to min_value and max_value) + (1 - rate) * norm."""

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int = 0) -> None:
        self.min_value, self.max_value = check_number("min_value", min_value), check_number("max_value", max_value)
        self.rate = check_number("rate", rate)
        self.axis = _check_axis(axis)

    def __call__(self, w: Array) -> Array:
        norms = _norms(w, self.axis)
        within = np.minimum(np.maximum(norms, self.min_value), self.max_value)
        return w * ((self.rate * within + (1 - self.rate) * norms) / (norms + epsilon()))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


def _norms(w: Array, axis: int) -> Array:
    norms: Array = np.sqrt(np.sum(w * w, axis=axis, keepdims=True))
    return norms


def _check_axis(axis: int) -> int:
    if not is_int(axis) or axis not in (-2, -1, 0, 1):
        raise ValueError(f"axis expects 0 or 1, or -1 or -2 counted from the last. Received: axis={axis!r}")
    return int(axis)


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm  # Keras' short names

_OFFERED: dict[str, type[Constraint]] = {
    name: value for name, value in globals().items() if isinstance(value, type) and name in __all__
}


def get(identifier: str | type[Constraint] | Constraint | None) -> Constraint | None:
    """The constraint itself, a new one by its name or class, or None."""
    return None if identifier is None else resolve("constraint", identifier, Constraint, _OFFERED)


__getattr__ = not_offered(__name__, globals())
