"""Accuracies (mirrors keras/src/metrics/accuracy_metrics.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_count, check_number
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.losses import LossTrace
from tinydnn.metrics.metric import KeptRows, MeanOfRows


class ChosenAccuracy(MeanOfRows):
    """What "accuracy" stands for: the share of rows whose largest output is that of the label; with one output, of
    right sides of 0.5.

    So it is one of three accuracies by the shapes, as Keras chooses it (keras/src/trainers/compile_utils.py).
    """

    sparse: bool | None = None
    by_class = True
    own_name = "accuracy"

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        if x.shape[1] > 1:
            xp.argmax(x, axis=1, out=out)
        else:
            xp.greater(x[:, 0], 0.5, out=out)


class CategoricalAccuracy(ChosenAccuracy):
    """The share of rows whose largest output is that of the largest target."""

    sparse = False
    own_name = "categorical_accuracy"


class SparseCategoricalAccuracy(ChosenAccuracy):
    """The share of rows whose largest output is that of the integer label."""

    sparse = True
    own_name = "sparse_categorical_accuracy"


class Accuracy(MeanOfRows):
    """The share of outputs that equal their targets, as of predicted labels; "accuracy" in `compile` is another one."""

    own_name = "accuracy"

    @elementwise
    def is_right(p: Any, y: Any) -> Any:
        return np.where(p == y, 1, 0)

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        self.is_right.sum_rows(xp, out.reshape(-1, 1), t.work, x, t.y)
        if x.shape[1] > 1:
            out /= x.shape[1]


class BinaryAccuracy(MeanOfRows):
    """The share of outputs on the right side of a threshold, for targets 0 and 1.

    Args:
        threshold: from 0 to 1.
    """

    own_name = "binary_accuracy"
    mean_over_outputs = True

    def __init__(self, name: str | None = None, *, threshold: float = 0.5) -> None:
        super().__init__(name)
        self.threshold = check_number("threshold", threshold, high=1)

    @elementwise
    def is_right(p: Any, y: Any, threshold: Any) -> Any:
        return np.where(p > threshold, np.where(y == 1, 1, 0), np.where(y == 0, 1, 0))

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        t.total[...] = self.threshold  # sum_rows takes arrays only
        self.is_right.sum_rows(xp, out.reshape(-1, 1), t.work, x, t.y, t.total)
        if x.shape[1] > 1:
            out /= x.shape[1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "threshold": self.threshold}


class TopKCategoricalAccuracy(KeptRows, MeanOfRows):
    """The share of rows where fewer than k outputs are larger than that of the largest target.

    Args:
        k: how many outputs count.
    """

    own_name = "top_k_categorical_accuracy"

    def __init__(self, k: int = 5, name: str | None = None) -> None:
        super().__init__(name)
        self.k = check_count("k", k)

    def of_rows(self, rows: Array) -> Array:
        p, y = self.split(rows)
        return in_top_k(p, y.argmax(axis=-1), self.k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """The same for integer labels."""

    sparse = True
    own_name = "sparse_top_k_categorical_accuracy"


def in_top_k(p: Array, labels: Array, k: int) -> Array:
    """Whether fewer than k outputs of a row are larger than that of the label, (…), of p, (…, outputs)."""
    of_label = np.take_along_axis(p, labels[..., np.newaxis], axis=-1)
    return np.isfinite(of_label[..., 0]) & ((p > of_label).sum(axis=-1) < k)
