"""The base of all metrics (mirrors keras/src/metrics/metric.py).

A pass measures its batch: each row leaves one number, or all that the metric needs of it. What the rows of a step left
is summed into a vector of numbers that add up over the steps, and `value` makes the metric of these sums: a mean of
total and count, a precision of true and false positives. Over an epoch that is a figure of the batches as they were
trained, each on the weights before its own update; so fit's accuracy is not the accuracy of an evaluation after it.
"""

from typing import Any

import numpy as np

from tinydnn.activations import Activation
from tinydnn.checks import as_float, as_numeric
from tinydnn.device.backend import Array, Backend
from tinydnn.losses import LossTrace
from tinydnn.missing import Offered
from tinydnn.names import auto_name
from tinydnn.targets import as_pairs, check_labels, check_sample_weight
from tinydnn.tensors import as_tensor


class Metric(Offered):
    """Called by a pass on each of its batches, or by a user on arrays: `update_state`, `result`, `reset_state`.

    mode: which is better, "min" or "max"; None where that is not known.
    mean_over_outputs: whether its number of a row is the mean of one for each output, which may have any shape then.
    sparse: whether it takes integer labels; None where it takes either kind of targets.
    by_class: whether its number of a row is the class that the row's outputs say; what counts is then whether it is
        the label, which is found out when somebody asks.
    takes_labels: whether `sums` asks for integer labels, where these are what the loss takes.
    vectors_are_columns: whether vectors have a row for each number, rather than being one row.
    own_name: the name that it has where none is given; None numbers the class': auc, auc_1, …

    Args:
        name: under which the logs show it; None is the class's own.
    """

    mode: str | None = "max"
    mean_over_outputs = False
    sparse: bool | None = False
    by_class = False
    takes_labels = False
    vectors_are_columns = True
    own_name: str | None = None
    from_logits = False
    _sums: Array | None = None  # of what a user has given

    def __init__(self, name: str | None = None) -> None:
        self.name = name or self.own_name or auto_name(type(self).__name__)

    def takes_logits(self, last: Activation | None) -> bool:
        """Whether it is computed from logits in a model whose last step is this activation, or none."""
        return False

    def numbers_of_a_row(self, outputs: int) -> int | None:
        """How many numbers a row leaves; None for one number that is no array."""
        return None

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        """out[i] = what row i leaves, from its outputs x, or the logits behind them, and its targets t.y."""
        raise NotImplementedError

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        """The numbers that add up, (steps, …) in float64, of what the rows of some steps left, (steps, rows, …).

        rows: for a metric that compares classes, whether each row's is the label.
        labels: of the rows, (steps, rows), where the metric asks for them and the loss takes labels.
        weights: of the rows, (steps, rows); None counts each once.
        """
        raise NotImplementedError

    def value(self, sums: Array) -> Any:
        """The metric, a float or an array, from these sums over all steps."""
        raise NotImplementedError

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count these rows in, each with its weight; y_true and y_pred are (…, outputs), integer labels (…)."""
        x, y, labels = self._as_rows(as_numeric(y_true, "y_true"), as_float(y_pred, "y_pred"))
        n, outputs = x.shape
        t = LossTrace(lambda name, shape: np.empty(shape, x.dtype), n, outputs)
        t.y[...] = y
        width = self.numbers_of_a_row(outputs)
        out = np.empty((n,) if width is None else (n, width), np.int64 if self.by_class else x.dtype)
        weights = None if sample_weight is None else check_sample_weight(sample_weight, n, x.dtype)[np.newaxis]
        with Backend().quiet():
            self.measure(np, x, t, self.from_logits, out)
            sums = self.sums((out == labels if self.by_class else out)[np.newaxis], None, weights)[0]
        self._sums = sums if self._sums is None else self._sums + sums

    def _as_rows(self, y: Array, x: Array) -> tuple[Array, Array, Array | None]:
        """Predictions and targets as (rows, outputs), and labels, (rows,)."""
        if x.ndim == 1 and self.vectors_are_columns:
            x = x[:, np.newaxis]
        y, x, _ = as_pairs(y, x, self.sparse)
        n, outputs = x.shape
        if self.sparse:
            labels = check_labels(y, n, outputs, "y_true")
            return x, labels[:, np.newaxis] == np.arange(outputs), labels
        if y.shape != x.shape:
            raise ValueError(f"y_true expects targets of shape {x.shape}. Received: shape={y.shape}")
        return x, y, labels_of(y) if self.by_class else None

    def result(self) -> Any:
        """The metric of the rows that were counted in since the last `reset_state`: a float or an array; 0 of none."""
        if self._sums is None:
            return as_tensor(0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return as_tensor(self.value(self._sums))

    def reset_state(self) -> None:
        """Forget the rows that were counted in."""
        self._sums = None

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def labels_of(y: Array) -> Array:
    """The class numbers of targets (n, outputs) on the host, or 0/1 for one output."""
    return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]


class MeanOfRows(Metric):
    """The mean of one number a row."""

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        """The total and how many rows there are, or the sum of their weights."""
        numbers = self.of_rows(rows)
        if weights is None:
            total, count = numbers.sum(axis=1, dtype=np.float64), np.full(len(numbers), numbers.shape[1], np.float64)
        else:
            total, count = (numbers * weights).sum(axis=1, dtype=np.float64), weights.sum(axis=1, dtype=np.float64)
        return np.stack([total, count], axis=1)

    def of_rows(self, rows: Array) -> Array:
        """The number of each row, (steps, rows), from what it left."""
        return rows

    def value(self, sums: Array) -> Any:
        total, count = sums
        return float(total / count) if count else 0.0


class KeptRows(Metric):
    """What needs all outputs and targets of the rows: they are kept, and looked at when somebody asks."""

    def numbers_of_a_row(self, outputs: int) -> int | None:
        return 2 * outputs

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        out[:, : x.shape[1]] = x
        out[:, x.shape[1] :] = t.y

    @staticmethod
    def split(rows: Array) -> tuple[Array, Array]:
        """Outputs p and targets y, each (steps, rows, outputs)."""
        outputs = rows.shape[-1] // 2
        return rows[..., :outputs], rows[..., outputs:]
