"""Accuracies as functions of arrays (mirrors keras/src/metrics/accuracy_metrics.py)."""

from collections.abc import Callable
from typing import Any

from tinydnn.checks import as_float, as_numeric
from tinydnn.config import floatx
from tinydnn.device.backend import Array
from tinydnn.metrics.accuracy_metrics import (
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    in_top_k,
)
from tinydnn.metrics.metric import Metric
from tinydnn.missing import names_its_arguments
from tinydnn.targets import as_pairs, check_labels, same_rank


@names_its_arguments
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """1 for each output on the right side of the threshold, else 0, (…, outputs)."""
    y, p = same_rank(as_numeric(y_true, "y_true"), as_float(y_pred, "y_pred"))
    return (y == (p > threshold)).astype(floatx())


@names_its_arguments
def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 for each row whose largest output is that of the largest target, else 0, (…)."""
    return sparse_categorical_accuracy(as_numeric(y_true, "y_true").argmax(axis=-1), y_pred)


@names_its_arguments
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 for each row whose largest output is that of the integer label, else 0, (…)."""
    p = as_float(y_pred, "y_pred")
    return (_labels(y_true, p) == p.argmax(axis=-1)).astype(floatx())


@names_its_arguments
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 for each row where fewer than k outputs are larger than that of the largest target, else 0, (…)."""
    return sparse_top_k_categorical_accuracy(as_numeric(y_true, "y_true").argmax(axis=-1), y_pred, k)


@names_its_arguments
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 for each row where fewer than k outputs are larger than that of the integer label, else 0, (…)."""
    p = as_float(y_pred, "y_pred")
    return in_top_k(p, _labels(y_true, p), k).astype(floatx())


def _labels(y_true: Any, p: Array) -> Array:
    """The labels of predictions (…, outputs), (…)."""
    y, rows, shape = as_pairs(as_numeric(y_true, "y_true"), p, sparse=True)
    return check_labels(y, len(rows), rows.shape[1], "y_true").reshape(shape)


OF_ACCURACY: dict[Callable[..., Any], type[Metric]] = {
    binary_accuracy: BinaryAccuracy,
    categorical_accuracy: CategoricalAccuracy,
    sparse_categorical_accuracy: SparseCategoricalAccuracy,
    sparse_top_k_categorical_accuracy: SparseTopKCategoricalAccuracy,
    top_k_categorical_accuracy: TopKCategoricalAccuracy,
}
