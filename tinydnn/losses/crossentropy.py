"""Cross-entropies, each beside its gradient.

They mirror keras/src/losses/losses.py and keras/src/backend/tensorflow/nn.py.
"""

from typing import Any

import numpy as np

from tinydnn.activations import Activation, Sigmoid, Softmax, softmax
from tinydnn.checks import check_number
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise, entry, product
from tinydnn.losses.loss import Loss, LossTrace, clipped, is_inside


class Crossentropy(Loss):
    """Computed from probabilities, or from the logits behind them.

    Args:
        from_logits: whether the predictions are logits, the model having no softmax or sigmoid of its own.
    """

    def __init__(self, from_logits: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.from_logits = bool(from_logits)

    def takes_logits(self, last: Activation | None) -> bool:
        return self.from_logits or isinstance(last, Softmax | Sigmoid)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


class Smoothing(Crossentropy):
    """A cross-entropy whose targets y become (1 - s) y + s / classes: s is what the label is not sure of.

    Args:
        from_logits: whether the predictions are logits, the model having no softmax or sigmoid of its own.
        label_smoothing: s, from 0 to 1.
    """

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0, **kwargs: Any) -> None:
        super().__init__(from_logits, **kwargs)
        self.label_smoothing = check_number("label_smoothing", label_smoothing, high=1)

    @elementwise
    def smooth(y: Any, s: Any, classes: Any) -> Any:
        return y * (1 - s) + s / classes

    def smoothed(self, xp: Any, t: LossTrace, classes: int) -> Array:
        """The targets, smoothed where they are to be."""
        if not self.label_smoothing:
            return t.y
        self.smooth.into(xp, t.smoothed, t.y, self.label_smoothing, classes)
        return t.smoothed

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


class CategoricalCrossentropy(Smoothing):
    """l_i = - sum_k y_ik log p_ik, for one-hot targets (or any weights that say how likely each class is).

    Behind a softmax it is computed from the logits z, as one operation with the softmax: nothing
    overflows, no probability is clipped, and the gradient is simply p - y. Behind a sigmoid Keras takes its
    z for logits too, and so does this; all other outputs are taken for probabilities.

    Args:
        from_logits: whether the predictions are logits, the model having no softmax of its own.
        label_smoothing: s, from 0 to 1: y counts as (1 - s) y + s / outputs.
    """

    computes_softmax = True

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
        l, y = t.l.reshape(-1, 1), self.smoothed(xp, t, x.shape[1])
        if logits:
            softmax.rows(xp, x, t.p, t.largest, t.total)
            self.of_logits.sum_rows(xp, l, t.work, x, t.largest, t.total, y)
        else:
            entry.normalize_rows(xp, t.p, t.total, x)
            self.of_probabilities.sum_rows(xp, l, t.work, t.p, y)

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From logits:  dz = (p - y) / n.

        From probabilities:  dq = - y / q where q is not clipped, else 0;  dx = (dq - sum of dq q) / sum of x / n.
        """
        y = t.smoothed if self.label_smoothing else t.y
        if logits:
            self.logits_gradient.into(xp, t.dx, t.p, y, n)
        else:
            self.dq.into(xp, t.dx, t.p, y)
            product.sum_rows(xp, t.largest, t.work, t.dx, t.p)
            self.probabilities_gradient.update(xp, (t.dx,), t.largest, t.total, n)
        return t.dx


class SparseCategoricalCrossentropy(CategoricalCrossentropy):
    """The same for integer labels 0 .. outputs-1:  l_i = - log p_i,label.

    From probabilities, Keras clips p first and then takes log p as logits, so that p is divided by its
    sum after the clipping, not before.

    Args:
        from_logits: whether the predictions are logits, the model having no softmax of its own.
    """

    sparse = True

    def __init__(
        self, from_logits: bool = False, *, reduction: str | None = "sum_over_batch_size", name: str | None = None
    ) -> None:
        super().__init__(from_logits, reduction=reduction, name=name)

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "label_smoothing"}

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


class BinaryCrossentropy(Smoothing):
    """l_i = - mean over k of y_ik log p_ik + (1 - y_ik) log (1 - p_ik), for targets 0 and 1 (or how likely a 1 is).

    Behind a sigmoid it is computed from its z, as one operation with the sigmoid: nothing overflows, no probability
    is clipped, and the gradient is simply p - y. Behind a softmax Keras takes its z for a sigmoid's, and so does this.

    Args:
        from_logits: whether the predictions are logits, the model having no sigmoid of its own.
        label_smoothing: s, from 0 to 1: y counts as (1 - s) y + s / 2.
    """

    mean_over_outputs = True

    @elementwise
    def of_logits(z: Any, y: Any) -> Any:
        return np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))

    @elementwise
    def logits_gradient(z: Any, y: Any, outputs: Any, n: Any) -> Any:
        return (Sigmoid.f(z) - y) * (1 / (outputs * n))

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
        formula.sum_rows(xp, t.l.reshape(-1, 1), t.work, x, self.smoothed(xp, t, 2))
        if x.shape[1] > 1:
            t.l /= x.shape[1]

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """From logits:  dz = (sigmoid(z) - y) / outputs / n.

        From probabilities:  dx = ((1 - y) / (1 - p) - y / p) / outputs / n where x is not clipped, else 0.
        """
        formula = self.logits_gradient if logits else self.probabilities_gradient
        formula.into(xp, t.dx, x, t.smoothed if self.label_smoothing else t.y, x.shape[1], n)
        return t.dx
