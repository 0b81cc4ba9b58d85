"""Penalties on large weights, added to the loss (mirrors keras/src/regularizers/regularizers.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.missing import Offered, refuse_methods
from tinydnn.names import not_offered, resolve
from tinydnn.tensors import as_tensor

__all__ = ["L1", "L1L2", "L2", "Regularizer", "get", "l1", "l1_l2", "l2"]


class Regularizer(Offered):
    """penalty = l1 * sum |W| + l2 * sum W²;  its gradient is l1 * sign(W) + 2 * l2 * W."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_methods(
            cls, ("__call__",), "write penalty(xp, W) and add_gradient(xp, W, dW), as tinydnn/regularizers.py"
        )

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1, self.l2 = (
            check_number(name, 0.0 if rate is None else rate) for name, rate in (("l1", l1), ("l2", l2))
        )

    def __call__(self, W: Any) -> Any:
        """The penalty of an array."""
        return as_tensor(self.penalty(np, W))

    @property
    def _rates(self) -> tuple[float, float]:
        return cast(self.l1), cast(self.l2)

    def penalty(self, xp: Any, W: Array) -> Array:
        l1, l2 = self._rates
        return l1 * xp.sum(xp.abs(W)) + l2 * xp.sum(W * W)

    def add_gradient(self, xp: Any, W: Array, dW: Array) -> None:
        l1, l2 = self._rates
        dW += l1 * xp.sign(W)
        dW += 2 * l2 * W

    @elementwise
    def of_entry(a: Any, l1: Any, l2: Any) -> Any:
        return l1 * np.abs(a) + l2 * a * a

    @elementwise
    def slope(a: Any, l1: Any, l2: Any, n: Any) -> Any:
        return (l1 * np.sign(a) + 2 * l2 * a) * (1 / n)

    def of_outputs(self, xp: Any, a: Array, out: Array) -> None:
        """The penalty of each of a layer's outputs a, as `activity_regularizer`."""
        self.of_entry.into(xp, out, a, *self._rates)

    def outputs_gradient(self, xp: Any, a: Array, out: Array, n: int) -> None:
        """The gradient of (sum of these penalties) / n with respect to a."""
        self.slope.into(xp, out, a, *self._rates, n)


class L1L2(Regularizer):
    """Both penalties."""

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(Regularizer):
    """l1 * sum |W|: drives weights to zero."""

    def __init__(self, l1: float | None = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(Regularizer):
    """l2 * sum W²: keeps weights small."""

    def __init__(self, l2: float | None = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


l1, l2, l1_l2 = L1, L2, L1L2  # Keras' short names

_OFFERED: dict[str, type[Regularizer]] = {"l1": L1, "L1": L1, "l2": L2, "L2": L2, "L1L2": L1L2, "l1l2": L1L2}


def get(identifier: str | Regularizer | None) -> Regularizer | None:
    """The regularizer itself, a new one by its name, or None."""
    return None if identifier is None else resolve("regularizer", identifier, Regularizer, _OFFERED)


__getattr__ = not_offered(__name__, globals())
