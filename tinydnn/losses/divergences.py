"""How far two distributions or two directions are apart (mirrors keras/src/losses/losses.py)."""

from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise, product
from tinydnn.losses.elementwise_loss import ElementwiseLoss
from tinydnn.losses.loss import EPSILON, Loss, LossTrace


class KLDivergence(ElementwiseLoss):
    """l_i = sum over k of y_ik log(y_ik / x_ik), where x and y are clipped to [1e-7, 1]"""

    mean_over_outputs = False

    @elementwise
    def f(x: Any, y: Any) -> Any:
        """y log(y / x)"""
        y = np.minimum(np.maximum(y, EPSILON), 1)
        return y * np.log(y / np.minimum(np.maximum(x, EPSILON), 1))

    @elementwise
    def slope(x: Any, y: Any) -> Any:
        """-y / x where x is in [1e-7, 1], else 0"""
        y = np.minimum(np.maximum(y, EPSILON), 1)
        return np.where((x >= EPSILON) & (x <= 1), -y / np.maximum(x, EPSILON), 0)


class CosineSimilarity(Loss):
    """l_i = - the cosine of the angle between the outputs of a row and its targets, from -1 to 1"""

    def __init__(self, *, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        super().__init__(reduction, name)

    @elementwise
    def inverse_norm(squares: Any) -> Any:
        return np.minimum(1 / np.sqrt(squares), 1 / EPSILON)

    @elementwise
    def cosine(dot: Any, of_x: Any, of_y: Any) -> Any:
        return -dot * of_x * of_y

    @elementwise
    def gradient(x: Any, y: Any, of_x: Any, of_y: Any, l: Any, n: Any) -> Any:
        return (-y * of_y - np.where(of_x < 1 / EPSILON, l, 0) * x * of_x) * of_x * (1 / n)

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = - sum of x y / (|x| |y|),  norms below 1e-7 counting as 1e-7"""
        for array, of_array in ((x, t.largest), (t.y, t.total)):
            product.sum_rows(xp, of_array, t.work, array, array)
            self.inverse_norm.update(xp, (of_array,))
        l = t.l.reshape(-1, 1)
        product.sum_rows(xp, l, t.work, x, t.y)
        self.cosine.update(xp, (l,), t.largest, t.total)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = - (y / |y| + l x / |x|) / |x| / n"""
        self.gradient.into(xp, t.dx, x, t.y, t.largest, t.total, t.l.reshape(-1, 1), n)
        return t.dx
