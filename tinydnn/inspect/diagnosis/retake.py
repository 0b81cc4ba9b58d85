"""Taking a step again, with mistakes planted or without, and telling a mistake from a rounding.

How large a rounding may be is measured, too. The step is taken in float32 and in float64, and in float64 from weights
and a batch that are off by roundings of float32. A weight array may differ by a few times as much as these differ.
"""

import math
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

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
_PERTURBED = 2  # how many times the step is taken with its weights and batch off by roundings
_LAST_PLACES = 2.0  # units in the last place of the weights themselves, besides
_OF_THE_CHANGE = {"float32": 1e-4, "float64": 1e-9}  # and this share of the change; every mistake changes far more
_SINGLE = float(np.finfo("float32").eps)


@dataclass
class _Taken:
    """The weights after a step that tinydnn took, and the Euclidean norm of each array's rounding error."""

    weights: list[Array]
    rounding: list[float]


class Retake:
    """Takes a step again from the same weights on the same batch, as often as asked.

    Args:
        model: the net, compiled and built; it stays as it is.
        step: what somebody's implementation did.
    """

    def __init__(self, model: Model, step: Step) -> None:
        self._model, self._step = model, step
        self._names = weight_names(model)

    def gaps(self, planted: Iterable[Mistake] = ()) -> list[Gap]:
        """How far the step is from Keras' step with these mistakes planted."""
        taken, dtype = self._take(planted), self._model.dtype
        found = []
        for name, before, ours, theirs, rounding in zip(
            self._names, self._step.before, taken.weights, self._step.after, taken.rounding, strict=True
        ):
            change = _norm(ours - before)
            finite = np.isfinite(ours)
            last_places = _norm(np.spacing(np.abs(np.where(finite, ours, 0)).astype(dtype)))
            allowed = _ROUNDINGS * rounding + _LAST_PLACES * last_places + _OF_THE_CHANGE[dtype] * change
            same_places = np.array_equal(finite, np.isfinite(theirs))
            apart = _norm(theirs.astype(np.float64) - ours) if same_places else math.inf
            found.append(Gap(name, change, apart, allowed))
        return found

    def _take(self, planted: Iterable[Mistake]) -> _Taken:
        step, rng = self._step, np.random.default_rng(0)
        with ExitStack() as stack:
            for mistake in planted:
                stack.enter_context(mistake.planted())
                if mistake.name == "last-batch-wrong-n" and step.batch_size > len(step.x):
                    self._train_on_a_batch_of_the_usual_size()
            single, double = (self._weights_after(dtype, step.before, step.x) for dtype in ("float32", "float64"))
            others = [single]
            for _ in range(_PERTURBED):
                before, x = [_perturbed(weight, rng) for weight in step.before], _perturbed(step.x, rng)
                after = self._weights_after("float64", before, x)
                others.append([a - b + c for a, b, c in zip(after, before, step.before, strict=True)])
        in_single = self._model.dtype == "float32"
        scale = 1.0 if in_single else float(np.finfo("float64").eps) / _SINGLE
        rounding = [max(_norm(other[i] - double[i]) for other in others) * scale for i in range(len(double))]
        return _Taken(single if in_single else double, rounding)

    def _weights_after(self, dtype: str, before: list[Array], x: Array) -> list[Array]:
        step, model = self._step, twin(self._model, dtype, threads=1)
        assert model.optimizer is not None
        model.set_weights(before)
        model.optimizer.iterations = step.number - 1
        for name, slot in model.optimizer.slots.items():
            for view, values in zip(model.layout.views(slot), step.slots.get(name, []), strict=False):
                view[...] = values
        return [weight.astype(np.float64) for weight in record(model, x, step.y).after]

    def _train_on_a_batch_of_the_usual_size(self) -> None:
        """Show the planted mistake the batch size that it saw before the smaller last batch; only the size matters."""
        dense = layers.Dense(1, kernel_initializer="zeros", name="dense")  # draws nothing, and uses up no number
        model = Sequential([dense], name="usual", device="cpu", threads=1)
        model.compile("sgd", "mse")
        record(model, np.zeros(self._step.batch_size, np.uint8), np.zeros(self._step.batch_size, np.uint8))


def _perturbed(values: Array, rng: np.random.Generator) -> Array:
    """The values in float64, each off at random by about a rounding of float32."""
    return values * (1 + _SINGLE * rng.standard_normal(values.shape))


def _norm(values: Array) -> float:
    """The Euclidean norm of the finite values."""
    return float(np.linalg.norm(values[np.isfinite(values)].astype(np.float64)))
