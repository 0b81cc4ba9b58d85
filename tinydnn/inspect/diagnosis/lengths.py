"""Steps that are k times as long as Keras': a factor in the loss or in the learning rate."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis.step import Step
from tinydnn.inspect.mistakes import SCALED, Mistake
from tinydnn.inspect.mistakes.mistake import Method
from tinydnn.models import Model
from tinydnn.optimizers import Optimizer

ALIKE = 1e-2  # factors that differ by less mean the same
_EQUAL = 1e-4  # fitted to thousands of weights, they are more exact than this


def longer(factors: Sequence[float], first: int, name: str = "", wrong: str = "") -> Mistake:
    """A mistake that multiplies the learning rate of each step by its factor; steps beyond them are Keras'.

    first: the number of the step that the first factor is for.
    """

    def plant(original: Method) -> Method:
        def update(self: Optimizer, w: Array, g: Array, part: slice) -> None:
            rate, i = self.rate, self.iterations - first
            if 0 <= i < len(factors):
                self.rate = rate * factors[i]
            try:
                original(self, w, g, part)
            finally:
                self.rate = rate

        return update

    return Mistake(name, wrong, "", 0, "", ((Optimizer, "update", plant),), SCALED)


def explained(factors: Sequence[float], model: Model, steps: Sequence[Step], decays: bool) -> Mistake | None:
    """The mistake that such factors are; None where they are Keras', or have no pattern.

    decays: whether factors that fall from step to step count as one.
    """
    k = factors[0]
    if np.allclose(factors, k, rtol=_EQUAL, atol=0):
        if abs(k - 1) <= _EQUAL or not k:
            return None
        wrong = f"each step is {k:.4g} times Keras': {meaning(k, model, steps[0])}"
        return longer([k] * len(steps), steps[0].number, f"steps-{k:.4g}-times", wrong)
    if decays and all(0 < after < (1 - _EQUAL) * before for before, after in pairwise(factors)):
        wrong = (
            f"the learning rate falls from step to step: the factors are {', '.join(f'{each:.4g}' for each in factors)}"
        )
        return longer(factors, steps[0].number, "learning-rate-decayed", wrong)
    return None


def meaning(k: float, model: Model, step: Step) -> str:
    """What such a factor comes from, as a rule."""
    if not isinstance(model.optimizer, optimizers.SGD):
        name = type(model.optimizer).__name__
        return f"a factor in the learning rate, since {name} divides one in the loss out again"
    n, outputs = len(step.x), step.after[-1].shape[-1]
    known = {
        -1.0: "the step is added where it has to be subtracted", n: "a sum over the batch in place of its mean",
        1 / n: "the batch size divides twice", outputs: "a sum over the outputs in place of their mean",
        1 / outputs: "a mean over the outputs in place of their sum", 2: "a 2 too many", 0.5: "a 2 is missing",
        outputs / 2: "half a sum of squares in place of their mean",
        n * outputs: "a sum over batch and outputs in place of the mean",
        n * outputs / 2: "half a sum over batch and outputs in place of the mean",
        1 / (n * outputs): "a mean over batch and outputs in place of the batch alone",
    }  # fmt: skip
    if model.optimizer.momentum:
        known[1 - model.optimizer.momentum] = "momentum takes up (1 - momentum) g in place of g"
    for factor, said in known.items():
        if abs(k - factor) <= ALIKE * abs(factor):
            return f"{said}, or another learning rate"
    return "a factor in the loss or the learning rate"
