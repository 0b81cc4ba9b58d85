"""Losses that are a formula of each output and its target."""

import functools
from typing import Any

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import Elementwise
from tinydnn.losses.loss import Loss, LossTrace


class ElementwiseLoss(Loss):
    """l_i = mean over k of f(x_ik, y_ik), or their sum.

    f, slope: the formula and its derivative by x, side by side; their docstrings have them in the field's notation.
    mean_over_outputs: whether it is the mean over the outputs, or the sum.
    number: what both take besides x and y, where they take one.
    """

    f: Elementwise
    slope: Elementwise
    mean_over_outputs = True
    number: float | None = None

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = mean over the outputs of f(x, y)"""
        numbers = []
        if self.number is not None:
            t.total[...] = self.number  # sum_rows takes arrays only
            numbers = [t.total]
        self.f.sum_rows(xp, t.l.reshape(-1, 1), t.work, x, t.y, *numbers)
        if self.mean_over_outputs and x.shape[1] > 1:
            t.l /= x.shape[1]

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = f'(x, y) / outputs / n"""
        numbers = [] if self.number is None else [self.number]
        share = 1 / ((x.shape[1] if self.mean_over_outputs else 1) * n)
        _scaled(self.slope).into(xp, t.dx, share, x, t.y, *numbers)
        return t.dx


@functools.cache
def _scaled(formula: Elementwise) -> Elementwise:
    """factor * f(…) as one formula of (factor, …)."""

    def scaled(factor: Any, *arguments: Any) -> Any:
        return factor * formula(*arguments)

    scaled.__qualname__ = f"scaled_{formula.name}"
    return Elementwise(scaled)
