"""Losses that measure how far an output is from its target (mirrors keras/src/losses/losses.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_positive
from tinydnn.device.elementwise import elementwise
from tinydnn.losses.elementwise_loss import ElementwiseLoss
from tinydnn.losses.loss import EPSILON

LOG_2 = float(np.float32(np.log(2)))  # as Keras rounds it


class MeanSquaredError(ElementwiseLoss):
    """l_i = mean over k of (x_ik - y_ik)²"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """(x - y)²"""
        return (x - y) * (x - y)

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """2 (x - y)"""
        return 2 * (x - y)


class MeanAbsoluteError(ElementwiseLoss):
    """l_i = mean over k of |x_ik - y_ik|"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """|x - y|"""
        return np.abs(x - y)

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """the sign of (x - y)"""
        return np.sign(x - y)


class MeanAbsolutePercentageError(ElementwiseLoss):
    """l_i = mean over k of 100 |x_ik - y_ik| / |y_ik|, where |y_ik| counts as 1e-7 at least"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """100 |x - y| / max(|y|, 1e-7)"""
        return 100 * np.abs((y - x) / np.maximum(np.abs(y), EPSILON))

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """100 times the sign of (x - y) / max(|y|, 1e-7)"""
        return 100 * np.sign(x - y) / np.maximum(np.abs(y), EPSILON)


class MeanSquaredLogarithmicError(ElementwiseLoss):
    """l_i = mean over k of (log(1 + x_ik) - log(1 + y_ik))², where x and y count as 1e-7 at least"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """(log(1 + x) - log(1 + y))²"""
        d = np.log(np.maximum(x, EPSILON) + 1) - np.log(np.maximum(y, EPSILON) + 1)
        return d * d

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """2 (log(1 + x) - log(1 + y)) / (1 + x) where x is at least 1e-7, else 0"""
        d = np.log(np.maximum(x, EPSILON) + 1) - np.log(np.maximum(y, EPSILON) + 1)
        return np.where(x >= EPSILON, 2 * d / (x + 1), 0)


class Huber(ElementwiseLoss):
    """l_i = mean over k of e²/2 where |e| is at most delta, else delta |e| - delta²/2, with e = x_ik - y_ik.

    Args:
        delta: where a parabola goes on as a line; above 0.
    """

    own_name = "huber_loss"

    def __init__(self, delta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.number = float(check_positive("delta", delta))

    @elementwise
    def f(x: Any, y: Any, delta: Any) -> Any:
        """(x - y)²/2 where |x - y| is at most delta, else delta |x - y| - delta²/2"""
        e = np.abs(x - y)
        return np.where(e <= delta, 0.5 * e * e, delta * e - 0.5 * delta * delta)

    @elementwise
    def slope(x: Any, y: Any, delta: Any) -> Any:
        """(x - y) clipped to [-delta, delta]"""
        return np.minimum(np.maximum(x - y, -delta), delta)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.number}


class LogCosh(ElementwiseLoss):
    """l_i = mean over k of log(cosh(x_ik - y_ik))"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """log(cosh(x - y)), as |x - y| + log(1 + exp(-2 |x - y|)) - log 2"""
        e = np.abs(x - y)
        return e + np.log1p(np.exp(-2 * e)) - LOG_2

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """tanh(x - y)"""
        return np.tanh(x - y)


class Poisson(ElementwiseLoss):
    """l_i = mean over k of x_ik - y_ik log x_ik, for counts y and the rates x of Poisson distributions"""

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """x - y log(x + 1e-7)"""
        return x - y * np.log(x + EPSILON)

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """1 - y / (x + 1e-7)"""
        return 1 - y / (x + EPSILON)
