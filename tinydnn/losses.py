"""Losses, each beside its gradient (mirrors keras/src/losses/losses.py and keras/src/backend/tensorflow/nn.py).

For a batch of N rows the loss is the mean of one number a row, l_i; `forward` computes those, `backward`
the gradient of the mean. N is the size of this batch, so the last, smaller one divides by less.

Targets come as y of shape (rows, outputs); integer labels are made one-hot rows first.
"""

from typing import Any

import numpy as np

from tinydnn.activations import Activation, Sigmoid, Softmax, softmax
from tinydnn.checks import as_float, check_labels, check_targets
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import elementwise, entry, product
from tinydnn.missing import Offered
from tinydnn.names import not_offered, resolve, snake_case

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Loss", "MeanAbsoluteError", "MeanSquaredError",
    "SparseCategoricalCrossentropy", "get",
]  # fmt: skip

_EPSILON = 1e-7  # keras.config.epsilon(): probabilities are kept this far from 0 and 1


@elementwise
def clipped(p: Any) -> Any:
    """Probabilities p, not nearer to 0 and 1 than epsilon."""
    return np.minimum(np.maximum(p, _EPSILON), 1 - _EPSILON)


@elementwise
def is_inside(p: Any) -> Any:
    """Whether clipping leaves p as it is, and so its gradient."""
    return (p >= _EPSILON) & (p <= 1 - _EPSILON)


class LossTrace:
    """What a pass keeps of its loss.

    y: the targets, (rows, outputs). l: the loss of each row, (rows,). Both may be views of arrays that lie elsewhere.
    dx: the gradient with respect to what the loss is computed from, (rows, outputs).
    p: the probabilities, (rows, outputs), where the loss works them out.
    work: a scratch array, (rows, outputs). largest, total: a number for each row, (rows, 1).
    """

    def __init__(self, room: Any, rows: int, outputs: int) -> None:
        self.y = room("y", (rows, outputs))
        self.l = room("l", (rows,))
        self.p = room("p", (rows, outputs))
        self.work = room("work", (rows, outputs))
        self.dx = room("dx", (rows, outputs))
        self.largest = room("largest", (rows, 1))
        self.total = room("total", (rows, 1))


class Loss(Offered):
    """Called on targets and predictions, it returns the loss of the batch as a float.

    Targets are checked as `fit` checks them; a prediction that is infinite or NaN gives such a loss.
    """

    sparse = False  # whether targets are integer labels
    from_logits = False
    computes_softmax = False  # whether it works out the probabilities from a softmax' logits

    def takes_logits(self, last: Activation | None) -> bool:
        """Whether it is computed from logits in a model whose last step is this activation, or none."""
        return False

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """Compute each row's loss t.l from x and t.y."""
        raise NotImplementedError

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """Compute the gradient of (sum of l) / n with respect to x, and return it: t.dx."""
        raise NotImplementedError

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        x = as_float(y_pred, "y_pred")
        if x.ndim != 2 or not x.size:
            raise ValueError(f"{type(self).__name__} expects y_pred (rows, outputs). Received: shape={x.shape}")
        n, outputs = x.shape
        t = LossTrace(lambda name, shape: np.empty(shape, x.dtype), n, outputs)
        if self.sparse:
            t.y[...] = check_labels(y_true, n, outputs, "y_true")[:, np.newaxis] == np.arange(outputs)
        else:
            t.y[...] = check_targets(y_true, n, outputs, x.dtype, "y_true")
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

    computes_softmax = True

    def takes_logits(self, last: Activation | None) -> bool:
        return self.from_logits or isinstance(last, Softmax | Sigmoid)

    @elementwise
    def of_logits(z: Any, largest: Any, total: Any, y: Any) -> Any:
        return y * (np.log(total) - (z - largest))  # total = sum of exp(z - largest)

    @elementwise
    def logits_gradient(p: Any, y: Any, n: Any) -> Any:
        return (p - y) * (1 / n)

    @elementwise
    def of_probabilities(q: Any, y: Any) -> Any:
        return y * -np.log(clipped(q))

    @elementwise
    def dq(q: Any, y: Any) -> Any:
        return -y / np.where(is_inside(q), q, 1) * is_inside(q)

    @elementwise
    def probabilities_gradient(dq: Any, dot: Any, total: Any, n: Any) -> Any:
        return (dq - dot) / total * (1 / n)

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """From logits z:  l = sum of y (log(sum of exp(z)) - z),  p = softmax(z).

        From probabilities x:  l = - sum of y log q,  q = x / sum of x, clipped to [1e-7, 1 - 1e-7].
        """
        l = t.l.reshape(-1, 1)
        if logits:
            softmax.rows(xp, x, t.p, t.largest, t.total)
            self.of_logits.sum_rows(xp, l, t.work, x, t.largest, t.total, t.y)
        else:
            entry.normalize_rows(xp, t.p, t.total, x)
            self.of_probabilities.sum_rows(xp, l, t.work, t.p, t.y)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From logits:  dz = (p - y) / n.

        From probabilities:  dq = - y / q where q is not clipped, else 0;  dx = (dq - sum of dq q) / sum of x / n.
        """
        if logits:
            self.logits_gradient.into(xp, t.dx, t.p, t.y, n)
        else:
            self.dq.into(xp, t.dx, t.p, t.y)
            product.sum_rows(xp, t.largest, t.work, t.dx, t.p)
            self.probabilities_gradient.update(xp, (t.dx,), t.largest, t.total, n)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """The same for integer labels 0 .. outputs-1:  l_i = - log p_i,label.

    From probabilities, Keras clips p first and then takes log p as logits, so that p is divided by its
    sum after the clipping, not before.
    """

    sparse = True

    @elementwise
    def of_q(q: Any, y: Any) -> Any:
        return -(np.log(q) * y)

    @elementwise
    def q_gradient(x: Any, q: Any, y: Any, n: Any) -> Any:
        return (q - y) / np.where(is_inside(x), x, 1) * is_inside(x) * (1 / n)

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """From probabilities x:  l = - sum of y log q,  q = clipped x / their sum."""
        if logits:
            super().forward(xp, x, t, logits)
            return
        clipped.normalize_rows(xp, t.p, t.total, x)
        self.of_q.sum_rows(xp, t.l.reshape(-1, 1), t.work, t.p, t.y)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From probabilities x:  dx = (q - y) / x / n where x is not clipped, else 0."""
        if logits:
            return super().backward(xp, x, t, logits, n)
        self.q_gradient.into(xp, t.dx, x, t.p, t.y, n)
        return t.dx


class BinaryCrossentropy(Loss):
    """l_i = - mean over k of y_ik log p_ik + (1 - y_ik) log (1 - p_ik), for targets 0 and 1 (or how likely a 1 is).

    Behind a sigmoid it is computed from its z, as one operation with the sigmoid: nothing overflows, no probability
    is clipped, and the gradient is simply p - y. Behind a softmax Keras takes its z for a sigmoid's, and so does this.

    Args:
        from_logits: whether the predictions are logits, the model having no sigmoid of its own.
    """

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = bool(from_logits)

    def takes_logits(self, last: Activation | None) -> bool:
        return self.from_logits or isinstance(last, Softmax | Sigmoid)

    @elementwise
    def of_logits(z: Any, y: Any) -> Any:
        return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.maximum(z, -z)))

    @elementwise
    def logits_gradient(z: Any, y: Any, outputs: Any, n: Any) -> Any:
        return (0.5 * np.tanh(0.5 * z) + 0.5 - y) * (1 / (outputs * n))

    @elementwise
    def of_probabilities(x: Any, y: Any) -> Any:
        p = clipped(x)
        return -(y * np.log(p) + (1 - y) * np.log(1 - p))

    @elementwise
    def probabilities_gradient(x: Any, y: Any, outputs: Any, n: Any) -> Any:
        p = clipped(x)
        return ((1 - y) / (1 - p) - y / p) * is_inside(x) * (1 / (outputs * n))

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """From logits z:  l = mean over the outputs of max(z, 0) - z y + log(1 + exp(-|z|)).

        From probabilities x:  l = - mean of y log p + (1 - y) log (1 - p),  p = x clipped to [1e-7, 1 - 1e-7].
        """
        formula = self.of_logits if logits else self.of_probabilities
        formula.sum_rows(xp, t.l.reshape(-1, 1), t.work, x, t.y)
        if x.shape[1] > 1:
            t.l /= x.shape[1]

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From logits:  dz = (sigmoid(z) - y) / outputs / n.

        From probabilities:  dx = ((1 - y) / (1 - p) - y / p) / outputs / n where x is not clipped, else 0.
        """
        formula = self.logits_gradient if logits else self.probabilities_gradient
        formula.into(xp, t.dx, x, t.y, x.shape[1], n)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


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


_CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy, CategoricalCrossentropy, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy
)  # fmt: skip
_OFFERED = {name: each for each in _CLASSES for name in (snake_case(each.__name__), each.__name__)}
_OFFERED |= {"mse": MeanSquaredError, "MSE": MeanSquaredError, "mae": MeanAbsoluteError, "MAE": MeanAbsoluteError}
_OFFERED |= {"bce": BinaryCrossentropy, "BCE": BinaryCrossentropy}


def get(identifier: str | Loss) -> Loss:
    """The loss itself, or a new one by its name."""
    return resolve("loss", identifier, Loss, _OFFERED)


__getattr__ = not_offered(__name__, globals())
