"""Hinge losses, for targets -1 and 1, or 0 and 1 (mirrors keras/src/losses/losses.py)."""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import Elementwise, elementwise, max_rows, product
from tinydnn.losses.elementwise_loss import ElementwiseLoss
from tinydnn.losses.loss import Loss, LossTrace


@elementwise
def side(y: Any) -> Any:
    """A target 0 as -1; others as they are."""
    return np.where(y == 0, -1, y)


class Hinge(ElementwiseLoss):
    """l_i = mean over k of max(1 - y_ik x_ik, 0), where a target 0 is taken for -1"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """max(1 - y x, 0)"""
        return np.maximum(1 - side(y) * x, 0)

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """-y where y x is at most 1, else 0"""
        return np.where(side(y) * x <= 1, -side(y), 0)


class SquaredHinge(ElementwiseLoss):
    """l_i = mean over k of max(1 - y_ik x_ik, 0)², where a target 0 is taken for -1"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """max(1 - y x, 0)²"""
        m = np.maximum(1 - side(y) * x, 0)
        return m * m

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """-2 y max(1 - y x, 0)"""
        return -2 * side(y) * np.maximum(1 - side(y) * x, 0)


class CategoricalHinge(Loss):
    """l_i = max(0, 1 + the largest of the wrong classes' outputs - the right class' output), for one-hot targets"""

    @elementwise
    def wrong(x: Any, y: Any) -> Any:
        return (1 - y) * x

    @elementwise
    def of_row(positive: Any, negative: Any) -> Any:
        return np.maximum(negative - positive + 1, 0)

    @elementwise
    def is_largest(wrong: Any, largest: Any) -> Any:
        return np.where(wrong == largest, 1, 0)

    @elementwise
    def gradient(is_largest: Any, y: Any, l: Any, ties: Any, n: Any) -> Any:
        return np.where(l > 0, (1 - y) * is_largest / ties - y, 0) * (1 / n)

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = max(0, 1 + max over the outputs of (1 - y) x - sum of y x)"""
        product.sum_rows(xp, t.total, t.work, x, t.y)
        self.wrong.into(xp, t.p, x, t.y)
        max_rows(xp, t.largest, t.p)
        self.of_row.into(xp, t.l.reshape(-1, 1), t.total, t.largest)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = ((1 - y) where (1 - y) x is the largest, else 0, - y) / n where l > 0, else 0"""
        equal: Elementwise = self.is_largest
        equal.sum_rows(xp, t.total, t.work, t.p, t.largest)
        equal.into(xp, t.work, t.p, t.largest)
        self.gradient.into(xp, t.dx, t.work, t.y, t.l.reshape(-1, 1), t.total, n)
        return t.dx
