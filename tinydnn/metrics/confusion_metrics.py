"""Metrics of true and false positives and negatives (mirrors keras/src/metrics/confusion_metrics.py)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.activations import Sigmoid
from tinydnn.checks import check_count, check_number
from tinydnn.device.backend import Array
from tinydnn.metrics.metric import KeptRows

_NO_THRESHOLD = -1e10  # of the largest outputs: the others are set to this


class Counts(KeptRows):
    """How many outputs with target 1, and how many with target 0, lie between which thresholds.

    thresholds: ascending; an output is positive for those that it is above.
    """

    thresholds: Array
    top_k: int | None = None
    class_id: int | None = None

    def numbers_of_a_row(self, outputs: int) -> int | None:
        if self.class_id is not None and self.class_id >= outputs:
            raise ValueError(f"class_id expects one of the {outputs} outputs, from 0. Received: {self.class_id}")
        return super().numbers_of_a_row(outputs)

    def sums(self, rows: Array, labels: Array | None, weights: Array | None) -> Array:
        """A histogram over the places between the thresholds, for targets 0 and then for others."""
        p, y = self.split(rows)
        if self.top_k is not None:
            rank = np.argsort(np.argsort(-p, axis=-1, kind="stable"), axis=-1)
            p = np.where(rank < self.top_k, p, _NO_THRESHOLD)
        if self.class_id is not None:
            p, y = p[..., [self.class_id]], y[..., [self.class_id]]
        places = len(self.thresholds) + 1
        steps = np.arange(len(p)).reshape(-1, 1, 1)
        code = ((2 * steps + (y != 0)) * places + self.places(p)).ravel()
        of_outputs = None if weights is None else np.broadcast_to(weights[..., np.newaxis], p.shape).ravel()
        return np.bincount(code, of_outputs, len(p) * 2 * places).reshape(len(p), -1).astype(np.float64)

    def places(self, p: Array) -> Array:
        """How many thresholds each output is above."""
        if not evenly_spaced(self.thresholds):
            return np.searchsorted(self.thresholds.astype(p.dtype), p)
        # As Keras finds it, with the same rounding. Where the first lies a little below 0, all are above it.
        place = np.ceil(np.clip(np.nan_to_num(p), 0, 1) * p.dtype.type(len(self.thresholds) - 1))
        return np.maximum(place, 1 if self.thresholds[0] < 0 else 0).astype(np.int64)

    def counts(self, sums: Array) -> tuple[Array, Array, Array, Array]:
        """True positives, false positives, true negatives and false negatives at each threshold."""
        negative, positive = sums.reshape(2, -1)
        fp, tp = (each[::-1].cumsum()[::-1][1:] for each in (negative, positive))
        return tp, fp, negative.sum() - fp, positive.sum() - tp


def evenly_spaced(thresholds: Array) -> bool:
    """Whether there are at least three, evenly from 0 to 1."""
    n = len(thresholds)
    return n >= 3 and np.allclose(thresholds, np.arange(n, dtype=np.float32) / (n - 1), atol=1e-7)


def ratio(part: Array, rest: Array) -> Array:
    """part / (part + rest), and 0 for 0 / 0."""
    whole = part + rest
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole != 0)


class AtThresholds(Counts):
    """A number for each of some thresholds: a float for one, an array for several.

    Args:
        thresholds: a number from 0 to 1, or several; None is 0.5.
    """

    def __init__(self, thresholds: float | Sequence[float] | None = None, name: str | None = None) -> None:
        super().__init__(name)
        self._given = thresholds
        several = thresholds if isinstance(thresholds, list | tuple | np.ndarray) else [thresholds]
        usual = 0.5 if self.top_k is None else _NO_THRESHOLD
        chosen = [usual if each is None else check_number("thresholds", each, high=1) for each in several]
        self._order = np.argsort(np.argsort(chosen, kind="stable"))
        self.thresholds = np.sort(np.array(chosen, np.float64))

    def value(self, sums: Array) -> Any:
        numbers = self.of_counts(*self.counts(sums))[self._order]
        return float(numbers[0]) if len(numbers) == 1 else numbers

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        """The number at each threshold."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self._given}


class TruePositives(AtThresholds):
    """How many outputs with target 1 are above the threshold."""

    mode = None

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return tp


class FalsePositives(AtThresholds):
    """How many outputs with target 0 are above the threshold."""

    mode = None

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return fp


class TrueNegatives(AtThresholds):
    """How many outputs with target 0 are not above the threshold."""

    mode = None

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return tn


class FalseNegatives(AtThresholds):
    """How many outputs with target 1 are not above the threshold."""

    mode = None

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return fn


class Precision(AtThresholds):
    """The share of the outputs above the threshold whose target is 1: tp / (tp + fp).

    Args:
        thresholds: a number from 0 to 1, or several; None is 0.5, or none with top_k.
        top_k: only the k largest outputs of a row may be positive.
        class_id: only this output counts.
    """

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
    ) -> None:
        self.top_k = None if top_k is None else check_count("top_k", top_k)
        self.class_id = None if class_id is None else check_count("class_id", class_id, low=0)
        super().__init__(thresholds, name)

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return ratio(tp, fp)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "top_k": self.top_k, "class_id": self.class_id}


class Recall(Precision):
    """The share of the outputs with target 1 that are above the threshold: tp / (tp + fn).

    Args: as those of Precision.
    """

    def of_counts(self, tp: Array, fp: Array, tn: Array, fn: Array) -> Array:
        return ratio(tp, fn)


class AUC(Counts):
    """The area under a curve through the points of many thresholds.

    Args:
        num_thresholds: how many, evenly from 0 to 1.
        curve: "ROC", the rate of true positives over that of false ones, or "PR", precision over recall.
        summation_method: "interpolation", or "minoring" or "majoring": the lower or the higher end of each interval.
        thresholds: those between 0 and 1, in place of num_thresholds.
        from_logits: whether outputs are logits, which a sigmoid makes probabilities of.
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        *,
        thresholds: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name)
        n = check_count("num_thresholds", num_thresholds, low=2)
        self._given = None if thresholds is None else sorted(thresholds)
        inner = [(i + 1) / (n - 1) for i in range(n - 2)] if self._given is None else self._given
        for each in inner:
            check_number("thresholds", each, high=1)
        self.thresholds = np.array([-1e-7, *inner, 1 + 1e-7])
        self.num_thresholds, self.from_logits = len(self.thresholds), bool(from_logits)
        self.curve, self.summation_method = curve.upper(), summation_method.lower()
        if self.curve not in ("ROC", "PR"):
            raise ValueError(f"curve expects 'ROC' or 'PR'. Received: {curve!r}")
        if self.summation_method not in ("interpolation", "minoring", "majoring"):
            raise ValueError(
                f"summation_method expects 'interpolation', 'minoring' or 'majoring'. Received: {summation_method!r}"
            )

    def places(self, p: Array) -> Array:
        return super().places(Sigmoid.f(p) if self.from_logits else p)

    def value(self, sums: Array) -> Any:
        tp, fp, tn, fn = self.counts(sums)
        recall = ratio(tp, fn)
        if self.curve == "ROC":
            return self._area(ratio(fp, tn), recall)
        if self.summation_method == "interpolation":
            return self._interpolated(tp, fp, fn)
        return self._area(recall, ratio(tp, fp))

    def _area(self, x: Array, y: Array) -> float:
        left, right = y[:-1], y[1:]
        heights = {"interpolation": (left + right) / 2, "minoring": np.minimum(left, right)}
        return float(((x[:-1] - x[1:]) * heights.get(self.summation_method, np.maximum(left, right))).sum())

    @staticmethod
    def _interpolated(tp: Array, fp: Array, fn: Array) -> float:
        """The area under precision over recall, where true positives grow evenly with positives between two points."""
        positives = tp + fp
        dtp, dp = tp[:-1] - tp[1:], positives[:-1] - positives[1:]
        slope = ratio(dtp, dp - dtp)
        intercept = tp[1:] - slope * positives[1:]
        both = (positives[:-1] > 0) & (positives[1:] > 0)
        growth = np.divide(positives[:-1], positives[1:], out=np.ones_like(dp), where=both)
        area = slope * (dtp + intercept * np.log(growth))
        all_positive = tp[1:] + fn[1:]
        return float(np.divide(area, all_positive, out=np.zeros_like(area), where=all_positive != 0).sum())

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "from_logits": self.from_logits,
        }
        return config if self._given is None else {**config, "thresholds": self._given}
