"""Scores from sums over the rows for each output.

They mirror keras/src/metrics/f_score_metrics.py and regression_metrics.py.
"""

from typing import Any

import numpy as np

from tinydnn.checks import check_count, check_number
from tinydnn.device.backend import Array
from tinydnn.losses.loss import EPSILON
from tinydnn.metrics.metric import KeptRows
from tinydnn.warn import warn


class FBetaScore(KeptRows):
    """(1 + beta²) precision recall / (beta² precision + recall), for each class or as an average.

    Args:
        average: None for an array with a score for each output; "micro", one score of all counts; "macro", the mean of
            the scores; "weighted", their mean weighted by how many targets are 1.
        beta: how many times as important recall is as precision.
        threshold: above which an output is positive; None takes the largest of a row.
    """

    own_name = "fbeta_score"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name)
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(f"average expects None, 'micro', 'macro' or 'weighted'. Received: {average!r}")
        if check_number("beta", beta) == 0:
            raise ValueError(f"beta expects a number above 0. Received: {beta!r}")
        self.average, self.beta = average, beta
        self.threshold = None if threshold is None else check_number("threshold", threshold, high=1)

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        """For each output true positives, false positives and false negatives."""
        p, y = self.split(rows)
        if self.threshold is None:
            positive = (p >= p.max(axis=-1, keepdims=True)) & (np.abs(p) > 1e-9)
        else:
            positive = p > self.threshold
        w = 1 if weights is None else weights[..., np.newaxis]
        of_rows = (positive * y * w, positive * (1 - y) * w, ~positive * y * w)
        return np.stack([each.sum(axis=1, dtype=np.float64) for each in of_rows], axis=1)

    def value(self, sums: Array) -> Any:
        tp, fp, fn = sums.sum(axis=1, keepdims=True) if self.average == "micro" else sums
        precision, recall = tp / (tp + fp + EPSILON), tp / (tp + fn + EPSILON)
        scores = precision * recall / (self.beta**2 * precision + recall + EPSILON) * (1 + self.beta**2)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return float((scores * (tp + fn)).sum() / ((tp + fn).sum() + EPSILON))
        return float(scores.mean())

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """2 precision recall / (precision + recall), for each class or as an average.

    Args:
        average, threshold: as those of FBetaScore.
    """

    own_name = "f1_score"

    def __init__(self, average: str | None = None, threshold: float | None = None, name: str | None = None) -> None:
        super().__init__(average, 1.0, threshold, name)

    def get_config(self) -> dict[str, Any]:
        return {name: value for name, value in super().get_config().items() if name != "beta"}


class R2Score(KeptRows):
    """1 - the sum of (y - p)² / the sum of (y - the mean of y)², for each output or as an average.

    Args:
        class_aggregation: "uniform_average", the mean over the outputs; "variance_weighted_average", weighted by the
            variance of the targets; None for an array with a score for each output.
        num_regressors: the number of inputs for which the score is adjusted; 0 for none.
    """

    own_name = "r2_score"

    def __init__(
        self, class_aggregation: str | None = "uniform_average", num_regressors: int = 0, name: str | None = None
    ) -> None:
        super().__init__(name)
        if class_aggregation not in (None, "uniform_average", "variance_weighted_average"):
            raise ValueError(
                "class_aggregation expects 'uniform_average', 'variance_weighted_average' or None. "
                f"Received: {class_aggregation!r}"
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = check_count("num_regressors", num_regressors, low=0)

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        """For each output the sums of y, y², (y - p)² and 1, each times the row's weight; and how many rows."""
        p, y = self.split(rows.astype(np.float64))
        w = np.ones(p.shape[:2]) if weights is None else weights
        of_rows = (y, y * y, (y - p) ** 2, np.ones_like(y))
        weighted = [(each * w[..., np.newaxis]).sum(axis=1) for each in of_rows]
        return np.stack([*weighted, np.full_like(weighted[0], p.shape[1])], axis=1)

    def value(self, sums: Array) -> Any:
        total_y, squares, residual, count, rows = sums
        total = squares - total_y * total_y / count
        scores = 1 - residual / total
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation is not None:
            scores = (total * scores).sum() / total.sum()
        left = rows.sum() - self.num_regressors - 1
        if self.num_regressors and left > 0:
            scores = 1 - (1 - scores) * (rows.sum() - 1) / left
        elif self.num_regressors:
            warn(f"R2Score can't be adjusted for {self.num_regressors} inputs with {rows.sum():g} numbers; it is not")
        return scores if self.class_aggregation is None else float(scores)

    def get_config(self) -> dict[str, Any]:
        own = {"class_aggregation": self.class_aggregation, "num_regressors": self.num_regressors}
        return {**super().get_config(), **own}
