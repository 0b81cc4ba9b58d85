"""The base of all losses (mirrors keras/src/losses/loss.py).

For a batch of N rows the loss is the mean of one number a row, l_i; `forward` computes those, `backward`
the gradient of the mean. N is the size of this batch, so the last, smaller one divides by less.

Targets come as y of shape (rows, outputs); integer labels are made one-hot rows first.
"""

from typing import Any

import numpy as np

from tinydnn.activations import Activation
from tinydnn.checks import as_float, as_numeric
from tinydnn.config import epsilon
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import elementwise
from tinydnn.missing import Offered, refuse_methods
from tinydnn.names import snake_case
from tinydnn.targets import as_pairs, check_labels, check_sample_weight, check_targets
from tinydnn.tensors import as_tensor

EPSILON = epsilon()


@elementwise
def clipped(p: Any) -> Any:
    """Probabilities p, not nearer to 0 and 1 than epsilon."""
    return np.minimum(np.maximum(p, EPSILON), 1 - EPSILON)


@elementwise
def is_inside(p: Any) -> Any:
    """Whether clipping leaves p as it is, and so its gradient."""
    return (p >= EPSILON) & (p <= 1 - EPSILON)


class LossTrace:
    """What a pass keeps of its loss.

    y: the targets, (rows, outputs). l: the loss of each row, (rows,). Both may be views of arrays that lie elsewhere.
    dx: the gradient with respect to what the loss is computed from, (rows, outputs).
    p: the probabilities, (rows, outputs), where the loss works them out.
    smoothed: the targets that the loss compares with, (rows, outputs), where it smooths them.
    work: a scratch array, (rows, outputs). largest, total: a number for each row, (rows, 1).
    """

    def __init__(self, room: Any, rows: int, outputs: int) -> None:
        self.y = room("y", (rows, outputs))
        self.l = room("l", (rows,))
        self.p = room("p", (rows, outputs))
        self.smoothed = room("smoothed", (rows, outputs))
        self.work = room("work", (rows, outputs))
        self.dx = room("dx", (rows, outputs))
        self.largest = room("largest", (rows, 1))
        self.total = room("total", (rows, 1))


_MEANS = "sum_over_batch_size", "mean", "mean_with_sample_weight"


class Loss(Offered):
    """Called on targets and predictions, it returns the loss of the batch as a float.

    Targets are checked as `fit` checks them; a prediction that is infinite or NaN gives such a loss.

    Args:
        reduction: what becomes of the rows' losses: "sum_over_batch_size" or "mean", their mean; called on arrays also
            "mean_with_sample_weight", their weighted mean, "sum", and "none" or None, all of them.
        name: None is the class's own.
    """

    sparse = False  # whether targets are integer labels
    mean_over_outputs = False  # whether l is the mean of a number for each output, so that they may have any shape
    from_logits = False
    computes_softmax = False  # whether it works out the probabilities from a softmax' logits
    reduction: str | None = "sum_over_batch_size"
    own_name: str | None = None  # where Keras' is not the class's
    name: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_methods(cls, ("call",), "write forward and backward, as in the files of tinydnn/losses")

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str | None = None) -> None:
        if reduction not in (*_MEANS, "sum", "none", None):
            raise ValueError(f"reduction expects {', '.join(_MEANS)}, sum, none or None. Received: {reduction!r}")
        self.reduction, self.name = reduction, name or self.own_name or snake_case(type(self).__name__)

    def takes_logits(self, last: Activation | None) -> bool:
        """Whether it is computed from logits in a model whose last step is this activation, or none."""
        return False

    def forward(self, xp: Any, x: Array, t: LossTrace, logits: bool) -> None:
        """Compute each row's loss t.l from x and t.y."""
        raise NotImplementedError

    def backward(self, xp: Any, x: Array, t: LossTrace, logits: bool, n: int) -> Array:
        """Compute the gradient of (sum of l) / n with respect to x, and return it: t.dx."""
        raise NotImplementedError

    def of_rows(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each row, (…), of predictions (…, outputs)."""
        y, x = as_numeric(y_true, "y_true"), as_float(y_pred, "y_pred")
        y, x, shape = as_pairs(y, x, self.sparse)
        n, outputs = x.shape
        t = LossTrace(lambda name, shape: np.empty(shape, x.dtype), n, outputs)
        if self.sparse:
            t.y[...] = check_labels(y, n, outputs, "y_true")[:, np.newaxis] == np.arange(outputs)
        else:
            t.y[...] = check_targets(y, n, outputs, x.dtype, "y_true")
        with Backend().quiet():
            self.forward(np, x, t, self.from_logits)
        return t.l.reshape(shape)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        l = self.of_rows(y_true, y_pred)
        divisor = float(l.size)
        if sample_weight is not None:
            weights = as_numeric(sample_weight, "sample_weight")
            weights = weights.reshape(-1) if weights.shape == l.shape else weights
            l = l * check_sample_weight(weights, l.size, l.dtype).reshape(l.shape)
            if self.reduction == "mean_with_sample_weight":
                divisor = float(weights.sum())
        if self.reduction in ("none", None):
            return as_tensor(l)
        total = float(l.sum())
        return as_tensor(total if self.reduction == "sum" else total / divisor if divisor else 0.0)

    def check_trains(self) -> None:
        """Raise a ValueError if its reduction is not one that a training can have."""
        if self.reduction not in _MEANS[:2]:
            raise ValueError(
                f"A training takes the mean of its rows' losses: {type(self).__name__} expects "
                f"reduction='sum_over_batch_size' there. Received: reduction={self.reduction!r}"
            )

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name or snake_case(type(self).__name__), "reduction": self.reduction}
