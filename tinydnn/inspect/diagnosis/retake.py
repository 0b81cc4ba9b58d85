"""Taking steps again, with mistakes planted or without, and telling a mistake from a rounding.

How large a rounding may be is measured, too. The steps are taken in float32 and in float64, and in float64 from weights
and batches that are off by roundings of float32. A weight array may differ by a few times as much as these differ.
"""

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from tinydnn import layers
from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis import masks
from tinydnn.inspect.diagnosis.findings import Gap
from tinydnn.inspect.diagnosis.lengths import longer
from tinydnn.inspect.diagnosis.step import Step, begin, computes_in_float64, record
from tinydnn.inspect.microscope import outputs
from tinydnn.inspect.mistakes import Mistake
from tinydnn.inspect.roundings import OF_THE_WHOLE, PERTURBED, ROUNDINGS, apart, factor, norm, perturbed
from tinydnn.inspect.twin import twin
from tinydnn.inspect.weight_names import weight_names
from tinydnn.models import Model, Sequential

_LAST_PLACES = 2.0  # units in the last place of the weights themselves, besides what roundings explain
NEAR = 50.0  # times what is allowed: what is further away, a quick look rules out
_SINGLE, _DOUBLE = (float(np.finfo(dtype).eps) for dtype in ("float32", "float64"))

Planted = Sequence[tuple[Mistake, int]]  # mistakes, and which variant of each
Weights = list[Array]


@dataclass(frozen=True)
class Look:
    """How near steps with mistakes planted come, in multiples of what roundings explain.

    misses: the largest multiple of all weight arrays and steps.
    k: the factor by which the first step's changes have to be multiplied to come nearest.
    scaled: the largest multiple in the first step then.
    right: how many weight arrays of the first step are near, with the factor or without.
    """

    misses: float
    k: float
    scaled: float
    right: int


class Retake:
    """Takes steps that follow one another again, from the weights before the first one, as often as asked.

    Args:
        model: the net, compiled and built; it stays as it is.
        steps: what somebody's implementation did.
        dtype: whose roundings are allowed.
        always: what is planted in all of them.
    """

    def __init__(self, model: Model, steps: Sequence[Step], dtype: str, always: Planted = ()) -> None:
        self._model, self._steps, self._dtype, self._always = model, steps, dtype, always
        self._names = weight_names(model)
        self._batches = [(step.x, step.y) for step in steps]
        self._theirs = "float64" if computes_in_float64(steps) else model.dtype

    def gaps(self, planted: Planted = ()) -> list[list[Gap]]:
        """For each step, how far it is from Keras' step with these mistakes planted."""
        before = self._steps[0].before
        rng = np.random.default_rng(0)
        single, double = (self._taken(dtype, self._batches, planted) for dtype in ("float32", "float64"))
        others = [single]
        for _ in range(PERTURBED):
            off = [perturbed(weight, _SINGLE, rng) for weight in before]
            batches = [(perturbed(x, _SINGLE, rng), perturbed(y, _SINGLE, rng)) for x, y in self._batches]
            after = self._taken("float64", batches, planted, off)
            others.append(self._moved_back(after, off, before))
        scale = 1.0 if self._dtype == "float32" else _DOUBLE / _SINGLE
        ours = single if self._theirs == "float32" else double
        found = []
        for number, step in enumerate(self._steps):
            rounding = [
                scale * max(norm(other[number][i] - double[number][i]) for other in others)
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
        last_places = norm(np.spacing(np.abs(start + change).astype(self._dtype)))
        allowed = ROUNDINGS * rounding + _LAST_PLACES * last_places + OF_THE_WHOLE[self._dtype] * norm(change)
        distance = apart(theirs, ours)
        if distance == math.inf:
            return Gap(name, norm(change), distance, allowed, math.nan, math.inf)
        return Gap(name, norm(change), distance, allowed, *factor(theirs.astype(np.float64) - before, change))

    def look(self, planted: Planted, steps: int, rough: list[list[Gap]]) -> Look:
        """How far the first so many steps are from Keras' steps with these mistakes: quick, and rough.

        rough: the gaps without a mistake, whose allowance serves for all.
        """
        taken = self._taken(self._theirs, self._batches[:steps], planted)
        found = []
        for ours, step, gaps in zip(taken, self._steps, rough, strict=False):
            allowed = [max(gap.allowed, _SMALLEST) for gap in gaps]
            found.append([apart(b, a) / most for a, b, most in zip(ours, step.after, allowed, strict=True)])
            if len(found) == 1:
                starts = self._starts(step.before, step)
                changes = [a - start for a, start in zip(ours, starts[0], strict=True)]
                own = [b - start for b, start in zip(step.after, starts[1], strict=True)]
                k = _common_factor(_finite(changes), _finite(own), allowed)
                with np.errstate(all="ignore"):  # where a mistake makes infinity or NaN, k may be so, too
                    scaled = [
                        apart(b, k * a) / (most * max(1, abs(k)))
                        for a, b, most in zip(changes, own, allowed, strict=True)
                    ]
        return Look(
            max(map(max, found)), k, max(scaled), max(sum(m < NEAR for m in each) for each in (found[0], scaled))
        )

    def factors(self, planted: Planted) -> list[float]:
        """By which factor the learning rate of each step is larger than Keras' with these mistakes."""
        found: list[float] = []
        for i, step in enumerate(self._steps):
            with_none, with_one = (
                self._taken(
                    self._theirs,
                    self._batches[: i + 1],
                    [*planted, (longer([*found, k], self._steps[0].number), 0)],
                )
                for k in (0.0, 1.0)
            )  # a momentum from before moves the weights without any gradient
            starts = self._starts(with_one[i - 1] if i else step.before, step)
            own = [
                theirs - before - (rest - ours)
                for theirs, before, rest, ours in zip(step.after, starts[1], with_none[i], starts[0], strict=True)
            ]
            changes = [a - b for a, b in zip(with_one[i], with_none[i], strict=True)]
            found.append(_common_factor(_finite(changes), _finite(own), [1.0] * len(own)))
        return found

    def _taken(
        self, dtype: str, batches: Sequence[tuple[Array, Array]], planted: Planted, before: Weights | None = None
    ) -> list[Weights]:
        """The weights after a step on each batch, as float64, from those before the first step or others."""
        first = self._steps[0]
        with ExitStack() as stack:
            for mistake, variant in (*self._always, *planted):
                stack.enter_context(mistake.planted(variant))
                if mistake.name == "last-batch-wrong-n" and first.batch_size > len(first.x):
                    self._train_on_a_batch_of_the_usual_size()
            model = twin(self._model, dtype, threads=1)
            begin(model, first)
            if before is not None:
                model.set_weights(before)
            found = []
            for (x, y), step in zip(batches, self._steps, strict=False):
                masks.give(model, self._masks(step))
                found.append([weight.astype(np.float64) for weight in self._take(model, x, y)])
            return found

    def _masks(self, step: Step) -> Weights | None:
        """What Dropout keeps in this step."""
        return step.masks

    def _train_on_a_batch_of_the_usual_size(self) -> None:
        """Show the planted mistake the batch size that it saw before the smaller last batch; only the size matters."""
        dense = layers.Dense(1, kernel_initializer="zeros", name="dense")  # draws nothing, and uses up no number
        model = Sequential([dense], name="usual", device="cpu", threads=1)
        model.compile("sgd", "mse")
        usual = np.zeros(self._steps[0].batch_size, np.uint8)
        record(model, usual, usual)


class RetakeForward(Retake):
    """The same for outputs of layers: `after` has these, and they are compared as they are.

    names: theirs, as the microscope has them.
    """

    def __init__(
        self, model: Model, steps: Sequence[Step], dtype: str, always: Planted = (), *, names: Sequence[str]
    ) -> None:
        super().__init__(model, steps, dtype, always)
        self._names = list(names)

    def _masks(self, step: Step) -> None:
        return None

    def _take(self, model: Model, x: Array, y: Array) -> Weights:
        found = outputs(model, x, y)
        return [found[name] for name in self._names]

    def _starts(self, ours: Weights, step: Step) -> tuple[Weights, Weights]:
        nothing = [np.zeros(each.shape) for each in step.after]
        return nothing, nothing

    def _moved_back(self, after: list[Weights], off: Weights, before: Weights) -> list[Weights]:
        return after


_SMALLEST = 1e-150  # whose square is no 0 yet


def _finite(weights: Weights) -> Weights:
    return [np.where(np.isfinite(weight), weight, 0) for weight in weights]


def _common_factor(changes: Weights, own: Weights, allowed: Sequence[float]) -> float:
    """The k for which k * changes comes nearest to one's own; 0 where nothing changes."""
    products = sum(float((a * b).sum()) / most**2 for a, b, most in zip(changes, own, allowed, strict=True))
    squares = sum(float((a * a).sum()) / most**2 for a, most in zip(changes, allowed, strict=True))
    return products / squares if squares else 0.0
