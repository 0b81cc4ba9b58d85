"""Losses as metrics: the mean of what each row costs, without penalties.

They mirror keras/src/metrics/regression_metrics.py, probabilistic_metrics.py and hinge_metrics.py.
"""

import math
from typing import Any

from tinydnn import losses
from tinydnn.activations import Activation
from tinydnn.device.backend import Array
from tinydnn.losses import Loss, LossTrace
from tinydnn.metrics.metric import MeanOfRows


class LossMetric(MeanOfRows):
    """The mean of a loss over the rows.

    kind: the class of the loss.
    """

    mode = "min"
    vectors_are_columns = False
    kind: type[Loss]

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        self._take(self.kind())

    def _take(self, loss: Loss, **options: Any) -> None:
        """Measure this loss, which was made with these options."""
        self.loss, self._options = loss, options
        self.sparse, self.from_logits = self.loss.sparse, self.loss.from_logits
        self.mean_over_outputs = self.loss.mean_over_outputs

    def takes_logits(self, last: Activation | None) -> bool:
        return self.loss.takes_logits(last)

    def measure(self, xp: Any, x: Array, t: LossTrace, logits: bool, out: Array) -> None:
        t.l = out
        self.loss.forward(xp, x, t, logits)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._options}


class MeanSquaredError(LossMetric):
    """The mean over rows and outputs of (p - y)²."""

    kind, own_name = losses.MeanSquaredError, "mean_squared_error"


class RootMeanSquaredError(LossMetric):
    """The root of the mean over rows and outputs of (p - y)²."""

    kind, own_name = losses.MeanSquaredError, "root_mean_squared_error"
    vectors_are_columns = True

    def value(self, sums: Array) -> Any:
        return math.sqrt(super().value(sums))


class MeanAbsoluteError(LossMetric):
    """The mean over rows and outputs of |p - y|."""

    kind, own_name = losses.MeanAbsoluteError, "mean_absolute_error"


class MeanAbsolutePercentageError(LossMetric):
    """The mean over rows and outputs of 100 |p - y| / |y|."""

    kind, own_name = losses.MeanAbsolutePercentageError, "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(LossMetric):
    """The mean over rows and outputs of (log(1 + p) - log(1 + y))²."""

    kind, own_name = losses.MeanSquaredLogarithmicError, "mean_squared_logarithmic_error"


class LogCoshError(LossMetric):
    """The mean over rows and outputs of log(cosh(p - y))."""

    kind, own_name = losses.LogCosh, "logcosh"


class CosineSimilarity(LossMetric):
    """The mean over the rows of the cosine between outputs and targets: 1 for the same direction."""

    kind, own_name, mode = losses.CosineSimilarity, "cosine_similarity", "max"

    def value(self, sums: Array) -> Any:
        return -super().value(sums)


class Hinge(LossMetric):
    """The mean over rows and outputs of max(1 - y p, 0)."""

    kind, own_name = losses.Hinge, "hinge"


class SquaredHinge(LossMetric):
    """The mean over rows and outputs of max(1 - y p, 0)²."""

    kind, own_name = losses.SquaredHinge, "squared_hinge"


class CategoricalHinge(LossMetric):
    """The mean over the rows of max(0, 1 + the largest wrong output - the right one)."""

    kind, own_name = losses.CategoricalHinge, "categorical_hinge"


class KLDivergence(LossMetric):
    """The mean over the rows of the sum of y log(y / p)."""

    kind, own_name = losses.KLDivergence, "kl_divergence"


class Poisson(LossMetric):
    """The mean over rows and outputs of p - y log p."""

    kind, own_name = losses.Poisson, "poisson"


class _SmoothingMetric(LossMetric):
    """The mean of a cross-entropy that smooths its targets."""

    kind: type[losses.Smoothing]

    def __init__(self, name: str | None = None, *, from_logits: bool = False, label_smoothing: float = 0) -> None:
        super().__init__(name)
        options: dict[str, Any] = {"from_logits": from_logits, "label_smoothing": label_smoothing}
        self._take(self.kind(**options), **options)


class BinaryCrossentropy(_SmoothingMetric):
    """The mean over rows and outputs of the binary cross-entropy.

    Args:
        from_logits, label_smoothing: as those of the loss.
    """

    kind, own_name = losses.BinaryCrossentropy, "binary_crossentropy"


class CategoricalCrossentropy(_SmoothingMetric):
    """The mean over the rows of the cross-entropy of one-hot targets.

    Args:
        from_logits, label_smoothing: as those of the loss.
    """

    kind, own_name = losses.CategoricalCrossentropy, "categorical_crossentropy"


class SparseCategoricalCrossentropy(LossMetric):
    """The mean over the rows of the cross-entropy of integer labels.

    Args:
        from_logits: as that of the loss.
    """

    kind, own_name = losses.SparseCategoricalCrossentropy, "sparse_categorical_crossentropy"

    def __init__(self, name: str | None = None, *, from_logits: bool = False) -> None:
        super().__init__(name)
        self._take(losses.SparseCategoricalCrossentropy(from_logits), from_logits=from_logits)
