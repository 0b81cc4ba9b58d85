"""Targets and weights of samples, checked against the predictions that they belong to."""

from typing import Any

import numpy as np

from tinydnn.checks import as_numeric, check_finite, whole_numbers


def same_rank(y: Any, x: Any) -> tuple[Any, Any]:
    """Targets and predictions with as many axes, where only a last axis of 1 is between them.

    It goes off, or is added to a vector; mirrors squeeze_or_expand_to_same_rank of keras/src/losses/loss.py.
    """
    if y.ndim == x.ndim + 1 and y.shape[-1] == 1:
        return (y, x[:, np.newaxis]) if x.ndim == 1 else (y[..., 0], x)
    if x.ndim == y.ndim + 1 and x.shape[-1] == 1:
        return (y[:, np.newaxis], x) if y.ndim == 1 else (y, x[..., 0])
    return y, x


def as_pairs(y: Any, x: Any, sparse: bool | None) -> tuple[Any, Any, tuple[int, ...]]:
    """Targets and predictions (…, outputs) of the same rank as (rows, outputs), and the shape of the rows, (…).

    sparse: whether y has labels, (…).

    Raises:
        ValueError: there is no prediction, or they have other axes and don't pair.
    """
    y, x = (y, x) if sparse else same_rank(y, x)
    if not x.ndim or not x.size:
        raise ValueError(f"Targets and predictions expect y_pred (…, outputs), not empty. Received: shape={x.shape}")
    if x.ndim == 2:
        return y, x, x.shape[:1]  # whoever takes them checks y, and knows what to say
    expected = x.shape[:-1] if sparse else x.shape
    if y.shape != expected and not (sparse and y.shape == (*expected, 1)):
        raise ValueError(f"y_true expects shape {expected}, for y_pred {x.shape}. Received: shape={y.shape}")
    rows = x.reshape(-1, x.shape[-1])
    return y.reshape(-1 if sparse else rows.shape), rows, x.shape[:-1]


def check_length(y: Any, n: int, what: str = "y") -> None:
    """Raise a ValueError unless there is one target for each of n samples."""
    if y.ndim == 0 or len(y) != n:
        found = len(y) if y.ndim else 1
        raise ValueError(f"{what} expects one target for each of the {n} samples. Received: {found}")


def _rows(y: Any, n: int, what: str) -> Any:
    """y as an array of n rows, without an axis of 1 behind them, which Keras leaves out too."""
    rows = as_numeric(y, what)
    check_length(rows, n, what)
    return rows[..., 0] if rows.ndim == 3 and rows.shape[-1] == 1 else rows


def check_labels(y: Any, n: int, outputs: int, what: str = "y") -> Any:
    """Integer labels, (n,), int64; whole numbers may come as floats.

    Raises:
        ValueError: no whole numbers, not one for each sample, or not from 0 to outputs - 1.
    """
    labels = whole_numbers(_rows(y, n, what))
    if labels.shape not in ((n,), (n, 1)):
        raise ValueError(
            f"{what} expects one integer label a sample for a sparse loss; for one-hot rows use "
            f"'categorical_crossentropy'. Received: shape={labels.shape}"
        )
    if labels.dtype.kind not in "iu":
        raise ValueError(
            f"{what} expects integer labels for a sparse loss. Received: {labels.dtype} that are no whole numbers"
        )
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= outputs:
        raise ValueError(
            f"{what} expects labels from 0 to {outputs - 1}, one for each output. Received: from {low} to {high}"
        )
    return labels.reshape(n).astype(np.int64)


def check_targets(y: Any, n: int, outputs: int, dtype: Any, what: str = "y") -> Any:
    """Targets, (n, outputs), in the network's dtype.

    Raises:
        ValueError: another shape, or no finite numbers.
    """
    targets = _rows(y, n, what)
    if targets.shape == (n,) and outputs == 1:
        targets = targets[:, np.newaxis]
    if targets.shape != (n, outputs):
        hint = ""
        if targets.shape in ((n,), (n, 1)):
            hint = "; for integer labels use utils.to_categorical(y) or the loss 'sparse_categorical_crossentropy'"
        raise ValueError(
            f"{what} expects {outputs} targets a sample, shape ({n}, {outputs}){hint}. Received: shape={targets.shape}"
        )
    check_finite(targets, dtype, what)
    return targets.astype(dtype, copy=False)


def check_sample_weight(weights: Any, n: int, dtype: Any, what: str = "sample_weight") -> Any:
    """A weight for each of n samples, (n,), in this dtype.

    Raises:
        ValueError: not one for each sample, or no finite numbers.
    """
    array = as_numeric(weights, what)
    if array.shape not in ((n,), (n, 1)):
        raise ValueError(f"{what} expects one number for each of the {n} samples. Received: shape={array.shape}")
    check_finite(array, dtype, what)
    return array.reshape(n).astype(dtype, copy=False)
