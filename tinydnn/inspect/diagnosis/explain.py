"""Comparing steps with Keras' steps, and looking for the mistakes that explain them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis import factors, masks
from tinydnn.inspect.diagnosis.constants import ROUNDED
from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap
from tinydnn.inspect.diagnosis.inputs import look_at_samples, look_at_weights, precision_of
from tinydnn.inspect.diagnosis.retake import Planted, Retake, RetakeForward
from tinydnn.inspect.diagnosis.search import Search, all_within, explanations
from tinydnn.inspect.diagnosis.step import Step, check, check_net
from tinydnn.inspect.mistakes import Mistake
from tinydnn.inspect.twin import twin
from tinydnn.models import Model


def diagnose(
    model: Model, steps: Step | Sequence[Step], samples: Array | None = None, validation_split: float = 0.0
) -> Diagnosis:
    """Compare steps with Keras' steps, and look for the mistakes that explain them.

    Args:
        model: the net, compiled with its optimizer and built, with the weights that Keras draws; it stays as it is.
        steps: what somebody's implementation did, in steps that follow one another.
        samples: all samples of the training, as they come before any split or shuffling; with them and the step's
            seed the samples of the first batch are checked.
        validation_split: as for fit.

    Raises:
        ValueError: the steps are not of this model.
    """
    steps = [steps] if isinstance(steps, Step) else list(steps)
    for step in steps:
        check(model, step, first=step is steps[0])
    found = _next_to_keras(model, steps, Retake, "step")
    look_at_weights(model, steps[0], found)
    if samples is not None and steps[0].seed is not None:
        look_at_samples(steps[0], samples, validation_split, found)
    found.notes += precision_of(model, steps)
    return found


def diagnose_gradients(model: Model, step: Step) -> Diagnosis:
    """Compare gradients with Keras' gradients, and look for the mistakes that explain them.

    Gradients are what a step of gradient descent with a learning rate of 1 subtracts.

    Args:
        model: as for `diagnose`; its optimizer does not matter.
        step: whose `after` has the gradients.
    """
    check_net(model, step.y)
    masks.check(model, step.masks, len(step.x))
    descending = twin(model, model.dtype, optimizer=optimizers.SGD(1.0))
    after = [
        before - np.asarray(gradient, np.float64) for before, gradient in zip(step.before, step.after, strict=True)
    ]
    found = _next_to_keras(descending, [replace(step, after=after)], Retake, "gradients")
    found.notes += precision_of(model, [step])
    return found


def diagnose_outputs(model: Model, step: Step, names: Sequence[str]) -> Diagnosis:
    """Compare outputs of layers with Keras' outputs, and look for the mistakes that explain them.

    Args:
        model: as for `diagnose`.
        step: whose `after` has the outputs, (n, units).
        names: theirs, as the microscope has them: dense/z, dense/a.
    """
    check_net(model, step.y)
    found = _next_to_keras(model, [step], partial(RetakeForward, names=names), "outputs")
    found.notes += precision_of(model, [step])
    return found


def _next_to_keras(model: Model, steps: list[Step], make: Callable[..., Retake], kind: str) -> Diagnosis:
    """Whether the steps are Keras', and what explains them if not.

    In float64 they may also be right but for what Keras rounds to float32: its constants, or everything.
    """

    def looked_at(dtype: str, always: Planted = ()) -> tuple[Retake, Diagnosis]:
        retake = make(model, steps, dtype, always)
        return retake, _first_off(kind, steps, retake.gaps())

    as_keras, found = looked_at(model.dtype)
    if found.off is None:
        return found
    if all(np.array_equal(a, b) for a, b in zip(steps[0].after, steps[0].before, strict=False)):
        return found  # nothing was done, which no mistake has to explain
    views, in_single = [(as_keras, found)], None
    if model.dtype == "float64":
        needed = _constants_needed(as_keras)
        exact, found = looked_at("float64", needed)
        if found.off is None:
            found.notes = [constant.wrong for constant, _ in needed]
            return found
        single, in_single = looked_at("float32")
        views = [(exact, found), *views, (single, in_single)]
    views = sorted((each for each in views if each[1].off is not None), key=lambda each: _count_off(each[1]))
    searches = [Search(retake, model, steps, each.number - steps[0].number + 1) for retake, each in views]
    small = in_single is not None and in_single.off is None  # if it is a mistake, float32 would not show it
    explained = explanations(searches, pairs=not small)
    if in_single is not None and small and not explained:
        in_single.notes = ["The steps are right to the precision of float32: something in the program computes in it"]
        return in_single
    best = views[0][1]
    best.explanations = explained
    best.reading = factors.read(best, model, steps[best.number - steps[0].number])
    if best.number > steps[0].number:
        best.reading.insert(0, f"The steps before step {best.number} are Keras'")
    return best


def _first_off(kind: str, steps: list[Step], gaps: list[list[Gap]]) -> Diagnosis:
    """The first step that is not Keras', or the last one."""
    at = next((i for i, each in enumerate(gaps) if not all(gap.within for gap in each)), len(gaps) - 1)
    return Diagnosis(kind, steps[0].number + at, gaps[at], len(steps[at].x), len(steps))


def _count_off(found: Diagnosis) -> int:
    """How many weight arrays are off; of several ways to round, that with the fewest tells most."""
    return sum(not gap.within for gap in found.gaps)


def _constants_needed(retake: Retake) -> Planted:
    """The constants of ROUNDED that have to be exact for the steps to be right; all, where they are wrong anyway."""
    needed: list[tuple[Mistake, int]] = [(constant, 0) for constant in ROUNDED]
    if all_within(retake.gaps(needed)):
        for constant in list(needed):
            others = [each for each in needed if each != constant]
            if all_within(retake.gaps(others)):
                needed = others
    return needed
