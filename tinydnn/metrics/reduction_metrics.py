"""Means and sums of any numbers, and of a function of targets and outputs.

They mirror keras/src/metrics/reduction_metrics.py.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.checks import as_numeric
from tinydnn.device.backend import Array
from tinydnn.losses import OF_FUNCTION
from tinydnn.metrics.metric import KeptRows, MeanOfRows, Metric


class Sum(Metric):
    """The sum of the numbers that `update_state` was given; it is no metric of a model."""

    mode = None
    own_name = "sum"

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Count these numbers in, (rows, …) or one, each row with its weight."""
        numbers = np.asarray(as_numeric(values, "values"), np.float64)
        numbers = self._of_rows(numbers.reshape(len(numbers), -1)) if numbers.ndim else numbers.reshape(1)
        weights = np.ones(len(numbers))
        if sample_weight is not None:
            weights = weights * np.asarray(as_numeric(sample_weight, "sample_weight"), np.float64).reshape(-1)
        sums = np.stack([(numbers * weights).sum(), weights.sum()])
        self._sums = sums if self._sums is None else self._sums + sums

    def _of_rows(self, numbers: Array) -> Array:
        return numbers.sum(axis=1)

    def value(self, sums: Array) -> Any:
        return float(sums[0])

    def __call__(self, values: Any, sample_weight: Any = None) -> Any:  # type: ignore[override]
        self.update_state(values, sample_weight)
        return self.result()


class Mean(Sum):
    """The mean of the numbers that `update_state` was given; it is no metric of a model."""

    own_name = "mean"

    def _of_rows(self, numbers: Array) -> Array:
        return numbers.mean(axis=1)

    def value(self, sums: Array) -> Any:
        return float(sums[0] / sums[1]) if sums[1] else 0.0


class MeanMetricWrapper(KeptRows, MeanOfRows):
    """The mean over the rows of a function of targets and outputs; where it gives one number, over the steps.

    Args:
        fn: fn(y_true, y_pred), of NumPy arrays (rows, outputs), or labels (rows, 1), gives an array (rows, …) or a
            number.
        name: under which the logs show it; None is mean_metric_wrapper.
    """

    sparse = None
    takes_labels = True
    vectors_are_columns = False

    def __init__(self, fn: Callable[..., Any], name: str | None = None) -> None:
        if not callable(fn):
            raise TypeError(f"fn expects a function of y_true and y_pred. Received: {fn!r}")
        super().__init__(name)
        self.fn = fn
        self.mode = "min" if fn in OF_FUNCTION else None

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        p, y = self.split(rows)
        targets = y if labels is None else labels[..., np.newaxis]
        of_steps = []
        for step in range(len(rows)):
            numbers = np.asarray(self.fn(targets[step], p[step]), np.float64)
            if numbers.ndim:
                numbers = numbers.reshape(len(numbers), -1).mean(axis=1)
            w = np.ones(numbers.shape) if weights is None else weights[step]
            of_steps.append([(numbers * w).sum(), w.sum()])
        return np.array(of_steps)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "fn": self.fn}
