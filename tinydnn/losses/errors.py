"""Squared and absolute errors, each beside its gradient (mirrors keras/src/losses/losses.py)."""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.losses.loss import Loss, LossTrace


@elementwise
def square(x: Any, y: Any) -> Any:
    """(x - y)²"""
    return (x - y) * (x - y)


@elementwise
def difference(x: Any, y: Any) -> Any:
    """|x - y|"""
    return np.maximum(x - y, y - x)


class MeanAbsoluteError(Loss):
    """l_i = mean over k of |x_ik - y_ik|"""

    @elementwise
    def gradient(x: Any, y: Any, outputs: Any, n: Any) -> Any:
        return np.where(x > y, 1, np.where(x < y, -1, 0)) * (1 / (outputs * n))

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = mean over the outputs of |x - y|"""
        difference.sum_rows(xp, t.l.reshape(-1, 1), t.work, x, t.y)
        t.l /= x.shape[1]

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = the sign of (x - y) / outputs / n"""
        self.gradient.into(xp, t.dx, x, t.y, x.shape[1], n)
        return t.dx


class MeanSquaredError(Loss):
    """l_i = mean over k of (x_ik - y_ik)²"""

    @elementwise
    def gradient(x: Any, y: Any, outputs: Any, n: Any) -> Any:
        return (x - y) * (2 / (outputs * n))

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = mean over the outputs of (x - y)²"""
        square.sum_rows(xp, t.l.reshape(-1, 1), t.work, x, t.y)
        t.l /= x.shape[1]

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = 2 (x - y) / outputs / n"""
        self.gradient.into(xp, t.dx, x, t.y, x.shape[1], n)
        return t.dx
