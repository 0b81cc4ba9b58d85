"""Losses, each beside its gradient (mirrors keras/src/losses/losses.py and keras/src/backend/tensorflow/nn.py).

For a batch of N rows the loss is the mean of one number a row, l_i; `forward` writes those, `backward`
the gradient of the mean. N is the size of this batch, so the last, smaller one divides by less.

Targets come as y of shape (rows, outputs); integer labels are made one-hot rows first.
"""

from typing import Any

import numpy as np

from tinydnn import activations
from tinydnn.device import kernels
from tinydnn.device.backend import Array, Backend
from tinydnn.device.kernels import MAX, SUM, Kernel, Reduction, fused
from tinydnn.names import not_offered, resolve, snake_case

__all__ = ["CategoricalCrossentropy", "Loss", "MeanSquaredError", "SparseCategoricalCrossentropy", "get"]

_EPSILON = 1e-7  # keras.config.epsilon(): probabilities are kept this far from 0 and 1


class LossTrace:
    """What a pass keeps of its loss: y, l (rows,), work arrays of y's shape, one number a row, and dx, the gradient.

    y and l may be replaced by views of arrays that lie elsewhere.
    """

    def __init__(self, room: Any, rows: int, outputs: int) -> None:
        self.y = room("y", (rows, outputs))
        self.l = room("l", (rows,))
        self.p = room("p", (rows, outputs))
        self.work = room("work", (rows, outputs))
        self.dx = room("dx", (rows, outputs))
        self.max = room("max", (rows, 1))
        self.total = room("total", (rows, 1))


class Loss:
    """Called on targets and predictions, it gives the loss of the batch as a float."""

    sparse = False  # whether targets are integer labels
    from_logits = False

    def takes_logits(self, last: activations.Activation | None) -> bool:
        """Whether it is computed from logits, for a model whose last step is this activation, if it is one."""
        return False

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l_i, from x and t.y into t.l."""
        raise NotImplementedError

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """The gradient of (sum of l_i) / n with respect to x, in t.dx."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        x = np.asarray(y_pred)
        x = x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)
        y = np.asarray(y_true)
        if self.sparse:
            y = y.reshape(-1, 1) == np.arange(x.shape[-1])
        if x.ndim != 2 or y.shape != x.shape:
            raise ValueError(
                f"{type(self).__name__} expects y_pred (rows, outputs) and targets to match. "
                f"Received: y_true of shape {np.shape(y_true)}, y_pred of shape {x.shape}"
            )
        t = LossTrace(lambda name, shape: np.empty(shape, x.dtype), *x.shape)
        t.y[...] = y
        with Backend().quiet():
            self.forward(np, x, t, self.from_logits)
        return float(t.l.mean())

    def get_config(self) -> dict[str, Any]:
        return {"name": snake_case(type(self).__name__), "reduction": "sum_over_batch_size"}


class CategoricalCrossentropy(Loss):
    """l_i = - sum_k y_ik log p_ik, for one-hot targets (or any weights that say how likely each class is).

    Behind a softmax it is computed from the logits z, as one operation with the softmax: nothing
    overflows, no probability is clipped, and the gradient is simply p - y. Behind a sigmoid Keras takes its
    z for logits too, and so does this; all other outputs are taken for probabilities.

    Args:
        from_logits: whether the predictions are logits, the model having no softmax of its own.
    """

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = bool(from_logits)

    def takes_logits(self, last: activations.Activation | None) -> bool:
        return self.from_logits or isinstance(last, activations.Softmax | activations.Sigmoid)

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """From logits z, with s_k = z_k - max z:  l = sum_k y_k (log(sum_j exp s_j) - s_k),  p = softmax(z).

        From probabilities:  l = - sum_k y_k log q_k,  q = p / sum p, clipped to [1e-7, 1 - 1e-7].
        """
        if logits and kernels.fuses(xp):
            _ROW_MAX(xp, x, t.max)
            _SUM_OF_EXP(xp, x, t.max, t.total)
            _SOFTMAX(xp, x, t.max, t.total, t.p)
            _CROSSENTROPY(xp, x, t.max, t.total, t.y, t.l.reshape(-1, 1))
            return
        if logits:
            xp.max(x, axis=1, keepdims=True, out=t.max)
            xp.subtract(x, t.max, out=t.work)
            xp.exp(t.work, out=t.p)
            xp.sum(t.p, axis=1, keepdims=True, out=t.total)
            t.p /= t.total
            xp.log(t.total, out=t.total)
            xp.subtract(t.total, t.work, out=t.work)
        else:
            xp.divide(x, xp.sum(x, axis=1, keepdims=True), out=t.p)
            xp.clip(t.p, _EPSILON, 1 - _EPSILON, out=t.work)
            xp.log(t.work, out=t.work)
            xp.negative(t.work, out=t.work)
        t.work *= t.y
        xp.sum(t.work, axis=1, out=t.l)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From logits:  dz = (p - y) / n.

        From probabilities:  dq = - y / q where q was not clipped, else 0;  and through q = p / sum p:
        dp = (dq - sum_j dq_j q_j) / sum p;  all over n.
        """
        if logits:
            _logits_gradient(xp, t.p, t.y, 1 / n, t.dx)
            return t.dx
        inside = (t.p >= _EPSILON) & (t.p <= 1 - _EPSILON)
        xp.divide(-t.y, xp.where(inside, t.p, 1), out=t.dx)
        t.dx *= inside
        t.dx -= xp.sum(t.dx * t.p, axis=1, keepdims=True)
        t.dx /= xp.sum(x, axis=1, keepdims=True)
        t.dx *= 1 / n
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


_ROW_MAX = Reduction("row_max", "T z", "T max", "z", MAX)
_SUM_OF_EXP = Reduction("sum_of_exp", "T z, T max", "T total", "exp(z - max)", SUM)
_SOFTMAX = Kernel("softmax", "T z, T max, T total", "T p", "p = exp(z - max) / total")
_CROSSENTROPY = Reduction("crossentropy", "T z, T max, T total, T y", "T l", "y * (log(total) - (z - max))", SUM)


@fused("T p, T y, T share", "T dz", "dz = (p - y) * share")
def _logits_gradient(xp: Any, p: Array, y: Array, share: float, dz: Array) -> None:
    """dz = (p - y) / n, where share is 1 / n"""
    xp.subtract(p, y, out=dz)
    xp.multiply(dz, share, out=dz)


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """The same for integer labels 0 .. outputs-1:  l_i = - log p_i,label.

    From probabilities, Keras clips p first and then takes log p as logits, so that p is divided by its
    sum after the clipping, not before.
    """

    sparse = True

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """From probabilities:  q = clip(p);  l = - sum_k y_k log(q_k / sum q)."""
        if logits:
            super().forward(xp, x, t, logits)
            return
        xp.clip(x, _EPSILON, 1 - _EPSILON, out=t.p)
        t.p /= xp.sum(t.p, axis=1, keepdims=True)
        xp.log(t.p, out=t.work)
        t.work *= t.y
        xp.sum(t.work, axis=1, out=t.l)
        xp.negative(t.l, out=t.l)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From probabilities:  dx = (q / sum q - y) / x where x was not clipped, else 0; all over n."""
        if logits:
            return super().backward(xp, x, t, logits, n)
        inside = (x >= _EPSILON) & (x <= 1 - _EPSILON)
        xp.subtract(t.p, t.y, out=t.dx)
        t.dx /= xp.where(inside, x, 1)
        t.dx *= inside
        t.dx *= 1 / n
        return t.dx


class MeanSquaredError(Loss):
    """l_i = mean over k of (x_ik - y_ik)²"""

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """l = mean_k (x_k - y_k)²"""
        xp.subtract(x, t.y, out=t.work)
        xp.multiply(t.work, t.work, out=t.p)
        xp.mean(t.p, axis=1, out=t.l)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """dx = 2 (x - y) / outputs / n"""
        return xp.multiply(t.work, 2 / (x.shape[1] * n), out=t.dx)


_OFFERED: dict[str, type[Loss]] = {
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "CategoricalCrossentropy": CategoricalCrossentropy,
    "SparseCategoricalCrossentropy": SparseCategoricalCrossentropy,
    "MeanSquaredError": MeanSquaredError,
    "MSE": MeanSquaredError,
}


def get(identifier: str | Loss) -> Loss:
    """The loss itself, or a new one by its name."""
    return resolve("loss", identifier, Loss, _OFFERED)


__getattr__ = not_offered(__name__, globals())
