"""Taking steps again, with mistakes planted or without, and telling a mistake from a rounding.

How large a rounding may be is measured, too. The steps are taken in float32 and in float64, and in float64 from weights
and batches that are off by roundings of float32. A weight array may differ by a few times as much as these differ.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from tinydnn import layers
from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis.findings import Gap
from tinydnn.inspect.diagnosis.step import Step, record
from tinydnn.inspect.mistakes import Mistake
from tinydnn.inspect.twin import twin
from tinydnn.inspect.weight_names import weight_names
from tinydnn.models import Model, Sequential

_ROUNDINGS = 8.0  # times tinydnn's own rounding error: how far off a right step may be
_PERTURBED = 2  # how many times the steps are taken with their weights and batches off by roundings
_LAST_PLACES = 2.0  # units in the last place of the weights themselves, besides
_OF_THE_CHANGE = {"float32": 1e-4, "float64": 1e-9}  # and this share of the change; every mistake changes far more
_SINGLE, _DOUBLE = (float(np.finfo(dtype).eps) for dtype in ("float32", "float64"))

Planted = Sequence[tuple[Mistake, int]]  # mistakes, and which variant of each
Weights = list[Array]


class Retake:
    """Takes steps that follow one another again, from the weights before the first one, as often as asked.

    Args:
        model: the net, compiled and built; it stays as it is.
        steps: what somebody's implementation did.
        dtype: whose roundings are allowed.
    """

    def __init__(self, model: Model, steps: Sequence[Step], dtype: str) -> None:
        self._model, self._steps, self._dtype = model, steps, dtype
        self._names = weight_names(model)

    def gaps(self, planted: Planted = ()) -> list[list[Gap]]:
        """For each step, how far it is from Keras' step with these mistakes planted."""
        before, x = self._steps[0].before, [step.x for step in self._steps]
        rng = np.random.default_rng(0)
        single, double = (self._taken(dtype, before, x, planted) for dtype in ("float32", "float64"))
        others = [single]
        for _ in range(_PERTURBED):
            off = [_perturbed(weight, rng) for weight in before]
            after = self._taken("float64", off, [_perturbed(each, rng) for each in x], planted)
            others.append(self._moved_back(after, off, before))
        scale = 1.0 if self._dtype == "float32" else _DOUBLE / _SINGLE
        ours = single if self._model.dtype == "float32" else double
        found = []
        for number, step in enumerate(self._steps):
            rounding = [
                scale * max(_norm(other[number][i] - double[number][i]) for other in others)
                for i in range(len(step.after))
            ]
            starts = self._starts(ours[number - 1] if number else before, step)
            found.append([
                self._gap(*each) for each in zip(self._names, *starts, ours[number], step.after, rounding, strict=True)
            ])  # fmt: skip
        return found

    def _moved_back(self, after: list[Weights], off: Weights, before: Weights) -> list[Weights]:
        """What was taken from weights that were off, as if it had been taken from those that were not."""
        return [[a - b + c for a, b, c in zip(each, off, before, strict=True)] for each in after]

    def _starts(self, ours: Weights, step: Step) -> tuple[Weights, Weights]:
        """From where the changes of a step are counted, tinydnn's and theirs: from the weights before it."""
        return ours, step.before

    def _take(self, model: Model, x: Array, y: Array) -> Weights:
        """What is compared of a step: the weights after it."""
        return record(model, x, y).after

    def _gap(self, name: str, start: Array, before: Array, ours: Array, theirs: Array, rounding: float) -> Gap:
        change = np.where(np.isfinite(ours), ours, 0) - start
        last_places = _norm(np.spacing(np.abs(start + change).astype(self._dtype)))
        allowed = _ROUNDINGS * rounding + _LAST_PLACES * last_places + _OF_THE_CHANGE[self._dtype] * _norm(change)
        if not np.array_equal(np.isfinite(ours), np.isfinite(theirs)):
            return Gap(name, _norm(change), math.inf, allowed, math.nan, math.inf)
        wide = theirs.astype(np.float64)
        own = np.where(np.isfinite(wide), wide, 0) - before
        squares = float((change * change).sum())
        k = float((own * change).sum()) / squares if squares else math.nan
        spread = _norm(own - k * change) / _norm(own) if squares and _norm(own) else math.inf
        return Gap(name, _norm(change), _norm(wide - ours), allowed, k, spread)

    def misses(self, planted: Planted, steps: int, rough: list[list[Gap]]) -> float:
        """How far the first so many steps are from Keras' steps with these mistakes: quick, and rough.

        Returns the largest ratio of a difference to what `rough`, the gaps without a mistake, allow.
        """
        taken = self._taken(self._model.dtype, self._steps[0].before, [step.x for step in self._steps[:steps]], planted)
        largest = 0.0
        for ours, step, gaps in zip(taken, self._steps, rough, strict=False):
            for weight, theirs, gap in zip(ours, step.after, gaps, strict=True):
                finite = np.isfinite(weight)
                if not np.array_equal(finite, np.isfinite(theirs)):
                    return math.inf
                largest = max(largest, _norm(theirs.astype(np.float64) - weight) / max(gap.allowed, _SMALLEST))
        return largest

    def _taken(self, dtype: str, before: Weights, x: list[Array], planted: Planted) -> list[Weights]:
        """The weights after each step, as float64."""
        first = self._steps[0]
        with ExitStack() as stack:
            for mistake, variant in planted:
                stack.enter_context(mistake.planted(variant))
                if mistake.name == "last-batch-wrong-n" and first.batch_size > len(first.x):
                    self._train_on_a_batch_of_the_usual_size()
            model = twin(self._model, dtype, threads=1)
            assert model.optimizer is not None
            model.set_weights(before)
            model.optimizer.iterations = first.number - 1
            for name, slot in model.optimizer.slots.items():
                for view, values in zip(model.layout.views(slot), first.slots.get(name, []), strict=False):
                    view[...] = values
            return [
                [weight.astype(np.float64) for weight in self._take(model, each, step.y)]
                for each, step in zip(x, self._steps, strict=False)
            ]

    def _train_on_a_batch_of_the_usual_size(self) -> None:
        """Show the planted mistake the batch size that it saw before the smaller last batch; only the size matters."""
        dense = layers.Dense(1, kernel_initializer="zeros", name="dense")  # draws nothing, and uses up no number
        model = Sequential([dense], name="usual", device="cpu", threads=1)
        model.compile("sgd", "mse")
        usual = np.zeros(self._steps[0].batch_size, np.uint8)
        record(model, usual, usual)


class RetakeForward(Retake):
    """The same for outputs: `after` is [outputs, (n, outputs)], and what is compared is these, as they are."""

    def __init__(self, model: Model, steps: Sequence[Step], dtype: str) -> None:
        super().__init__(model, steps, dtype)
        self._names = [f"{model.flat_layers[-1].name}/a"]

    def _take(self, model: Model, x: Array, y: Array) -> Weights:
        return [np.asarray(model.predict_on_batch(x))]

    def _starts(self, ours: Weights, step: Step) -> tuple[Weights, Weights]:
        nothing = [np.zeros_like(step.after[0], np.float64)]
        return nothing, nothing

    def _moved_back(self, after: list[Weights], off: Weights, before: Weights) -> list[Weights]:
        return after


_SMALLEST = float(np.finfo("float64").tiny)


def _perturbed(values: Array, rng: np.random.Generator) -> Array:
    """The values in float64, each off at random by about a rounding of float32."""
    return values * (1 + _SINGLE * rng.standard_normal(values.shape))


def _norm(values: Array) -> float:
    """The Euclidean norm of the finite values."""
    return float(np.linalg.norm(values[np.isfinite(values)].astype(np.float64)))
