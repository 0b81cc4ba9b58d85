"""Accuracies as functions of arrays (mirrors keras/src/metrics/accuracy_metrics.py)."""

from collections.abc import Callable
from typing import Any

import numpy as np

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


@names_its_arguments
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """1 for each output on the right side of the threshold, else 0, (…, outputs)."""
    y, p = as_numeric(y_true, "y_true"), as_float(y_pred, "y_pred")
    if p.ndim == y.ndim + 1 and p.shape[-1] == 1:
        y = y[..., np.newaxis]
    return (y == (p > threshold)).astype(floatx())


@names_its_arguments
def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 for each row whose largest output is that of the largest target, else 0, (…)."""
    return sparse_categorical_accuracy(as_numeric(y_true, "y_true").argmax(axis=-1), y_pred)


@names_its_arguments
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 for each row whose largest output is that of the integer label, else 0, (…)."""
    largest = as_float(y_pred, "y_pred").argmax(axis=-1)
    return (as_numeric(y_true, "y_true").reshape(largest.shape) == largest).astype(floatx())


@names_its_arguments
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 for each row where fewer than k outputs are larger than that of the largest target, else 0, (…)."""
    return sparse_top_k_categorical_accuracy(as_numeric(y_true, "y_true").argmax(axis=-1), y_pred, k)


@names_its_arguments
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 for each row where fewer than k outputs are larger than that of the integer label, else 0, (…)."""
    p = as_float(y_pred, "y_pred")
    labels = as_numeric(y_true, "y_true").reshape(p.shape[:-1]).astype(np.int64)
    return in_top_k(p, labels, k).astype(floatx())


OF_ACCURACY: dict[Callable[..., Any], type[Metric]] = {
    binary_accuracy: BinaryAccuracy,
    categorical_accuracy: CategoricalAccuracy,
    sparse_categorical_accuracy: SparseCategoricalAccuracy,
    sparse_top_k_categorical_accuracy: SparseTopKCategoricalAccuracy,
    top_k_categorical_accuracy: TopKCategoricalAccuracy,
}
