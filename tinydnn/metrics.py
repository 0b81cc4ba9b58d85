"""Metrics: numbers that say how good predictions are, besides the loss (mirrors keras/src/metrics).

Each gives one number a row, and what the logs show is the mean over the rows. Over an epoch that is the mean over the
batches as they were trained, each on the weights before its own update; so fit's accuracy is not the accuracy that an
evaluation after the epoch gives.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.losses.errors import difference, square
from tinydnn.missing import Offered
from tinydnn.names import lookup, not_offered, snake_case

__all__ = [
    "Accuracy", "BinaryAccuracy", "CategoricalAccuracy", "MeanAbsoluteError", "MeanSquaredError", "Metric",
    "SparseCategoricalAccuracy", "get",
]  # fmt: skip


class Metric(Offered):
    """Called by a pass on each of its batches.

    mode: which is better, "min" or "max".
    sparse: whether it takes integer labels; None where it takes either kind of targets.
    by_class: whether its number of a row is the class that the row's outputs say; what counts is then whether it is
        the label, which is found out when somebody asks.

    Args:
        name: under which the logs show it; None is the class's own.
    """

    mode = "max"
    sparse: bool | None = False
    by_class = False

    def __init__(self, name: str | None = None) -> None:
        self.name = name or snake_case(type(self).__name__)

    def measure(self, xp: Any, p: Array, y: Array, work: Array, out: Array) -> None:
        """out[i] = the number of row i, from predictions p and targets y, with a scratch array; all (rows, outputs)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def labels_of(y: Array) -> Array:
    """The class numbers of targets (n, outputs) on the host, or 0/1 for one output."""
    return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]


class Accuracy(Metric):
    """The share of rows whose largest output is that of the label; with one output, of right sides of 0.5.

    So "accuracy" is one of the three below, by the shapes, as Keras chooses it (keras/src/trainers/compile_utils.py).
    """

    sparse: bool | None = None
    by_class = True

    def measure(self, xp: Any, p: Array, y: Array, work: Array, out: Array) -> None:
        if p.shape[1] > 1:
            xp.argmax(p, axis=1, out=out)
        else:
            xp.greater(p[:, 0], 0.5, out=out)


class CategoricalAccuracy(Accuracy):
    """The share of rows whose largest output is that of the largest target."""

    sparse = False


class SparseCategoricalAccuracy(Accuracy):
    """The share of rows whose largest output is that of the integer label."""

    sparse = True


class BinaryAccuracy(Metric):
    """The share of outputs on the right side of 0.5, for targets 0 and 1."""

    @elementwise
    def is_right(p: Any, y: Any) -> Any:
        return np.where(p > 0.5, y, 1 - y)

    def measure(self, xp: Any, p: Array, y: Array, work: Array, out: Array) -> None:
        _mean_of_rows(xp, self.is_right, p, y, work, out)


class MeanAbsoluteError(Metric):
    """The mean over the outputs of |p - y|."""

    mode = "min"

    def measure(self, xp: Any, p: Array, y: Array, work: Array, out: Array) -> None:
        _mean_of_rows(xp, difference, p, y, work, out)


class MeanSquaredError(Metric):
    """The mean over the outputs of (p - y)²."""

    mode = "min"

    def measure(self, xp: Any, p: Array, y: Array, work: Array, out: Array) -> None:
        _mean_of_rows(xp, square, p, y, work, out)


def _mean_of_rows(xp: Any, formula: Any, p: Array, y: Array, work: Array, out: Array) -> None:
    formula.sum_rows(xp, out.reshape(-1, 1), work, p, y)
    if p.shape[1] > 1:
        out /= p.shape[1]


_CLASSES: tuple[type[Metric], ...] = (
    Accuracy, BinaryAccuracy, CategoricalAccuracy, MeanAbsoluteError, MeanSquaredError, SparseCategoricalAccuracy
)  # fmt: skip
_OFFERED = {name: each for each in _CLASSES for name in (snake_case(each.__name__), each.__name__)}
_OFFERED |= {"acc": Accuracy, "mae": MeanAbsoluteError, "mse": MeanSquaredError}


def get(metrics: Sequence[str | Metric | type[Metric]] | None) -> dict[str, Metric]:
    """The metrics by the names under which the logs show them: those that were given, or their own.

    Raises:
        ValueError: an unknown name, or one name twice.
        TypeError: no list of names and metrics.
    """
    if metrics is None:
        return {}
    kinds = str | Metric
    if not isinstance(metrics, list | tuple) or not all(isinstance(each, kinds) or _is_class(each) for each in metrics):
        raise TypeError(f"metrics expects a list of names and metrics, as ['accuracy']. Received: {metrics!r}")
    found: dict[str, Metric] = {}
    for each in metrics:
        if isinstance(each, str):
            name, metric = each, lookup("metric", each if each in _OFFERED else each.lower(), _OFFERED)(each)
        else:
            metric = each() if isinstance(each, type) else each
            name = metric.name
        if name in found:
            raise ValueError(f"metrics expects each name once. Received: {list(metrics)}")
        found[name] = metric
    return found


def offers(name: str, kind: type[Metric]) -> bool:
    """Whether this name stands for this kind of metric."""
    return _OFFERED.get(name) is kind or _OFFERED.get(name.lower()) is kind


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Metric)


__getattr__ = not_offered(__name__, globals())
