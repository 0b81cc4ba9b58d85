"""Comparing steps with Keras' steps, and looking for the mistakes that explain them."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis import factors
from tinydnn.inspect.diagnosis.constants import ROUNDED
from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap
from tinydnn.inspect.diagnosis.inputs import look_at_samples, look_at_weights, precision_of
from tinydnn.inspect.diagnosis.retake import Planted, Retake, RetakeForward
from tinydnn.inspect.diagnosis.step import Step, check
from tinydnn.inspect.mistakes import GALLERY, Mistake
from tinydnn.inspect.twin import twin
from tinydnn.layers.layer import known
from tinydnn.models import Model

_SEEN_BEFORE = "zero-initial-weights", "float64-creeping-in", "split-after-shuffling", "reshuffled-differently"
OF_A_STEP = tuple(mistake for mistake in GALLERY if mistake.name not in _SEEN_BEFORE)
_NEAR = 50.0  # times what is allowed: further away than that, a quick look is enough
_MOST_PAIRS = 400


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
    return _diagnosed(model, steps, Retake, samples, validation_split)


def diagnose_outputs(model: Model, step: Step) -> Diagnosis:
    """Compare outputs with Keras' outputs, and look for the mistakes that explain them.

    Args:
        model: as for `diagnose`.
        step: whose `after` is [outputs, (n, outputs)], of its batch and its weights.
    """
    return _diagnosed(model, [step], RetakeForward)


def of_gradients(model: Model, step: Step) -> tuple[Model, Step]:
    """The model and the step that gradients amount to: gradient descent with a learning rate of 1.

    step: whose `after` has the gradients.
    """
    descending = twin(model, model.dtype)
    descending.compile(optimizers.SGD(1.0), model.loss)
    descending.prepare_training(known(model.sample_shape))
    after = [before - gradient for before, gradient in zip(step.before, step.after, strict=True)]
    return descending, replace(step, after=after)


def _diagnosed(
    model: Model, steps: list[Step], kind: type[Retake], samples: Array | None = None, validation_split: float = 0.0
) -> Diagnosis:
    retake = kind(model, steps, model.dtype)
    found, notes = _first_off(steps, retake.gaps()), []
    if found.off is not None and model.dtype == "float64":
        found, notes = _allowing_for_constants(model, steps, kind, retake, found)
    if kind is Retake:
        look_at_weights(model, steps[0], found)
    if samples is not None and steps[0].seed is not None:
        look_at_samples(steps[0], samples, validation_split, found)
    found.notes = notes + precision_of(model, steps)
    if found.off is not None:
        found.explanations = _explanations(retake, found.number - steps[0].number + 1)
        found.reading = factors.read(found.gaps, model, steps[found.number - steps[0].number])
        if found.number > steps[0].number:
            found.reading.insert(0, f"The steps before step {found.number} are Keras'")
    return found


def _first_off(steps: list[Step], gaps: list[list[Gap]]) -> Diagnosis:
    """The first step that is not Keras', or the last one."""
    at = next((i for i, each in enumerate(gaps) if not all(gap.within for gap in each)), len(gaps) - 1)
    return Diagnosis(steps[0].number + at, gaps[at])


def _all_within(gaps: list[list[Gap]]) -> bool:
    return all(gap.within for each in gaps for gap in each)


def _allowing_for_constants(
    model: Model, steps: list[Step], kind: type[Retake], retake: Retake, found: Diagnosis
) -> tuple[Diagnosis, list[str]]:
    """Whether steps in float64 are right but for what Keras rounds to float32: its constants, or everything."""
    needed: list[tuple[Mistake, int]] = [(constant, 0) for constant in ROUNDED]
    if _all_within(retake.gaps(needed)):
        for constant in list(needed):
            others = [each for each in needed if each != constant]
            if _all_within(retake.gaps(others)):
                needed = others
        return _first_off(steps, retake.gaps(needed)), [constant.wrong for constant, _ in needed]
    in_single = kind(model, steps, "float32").gaps()
    if _all_within(in_single):
        note = "The steps are right to the precision of float32: something in the program computes in it"
        return _first_off(steps, in_single), [note]
    return found, []


def _explanations(retake: Retake, steps: int) -> list[tuple[Mistake, ...]]:
    """The single mistakes that explain the steps; where none does, the pairs.

    steps: how many there are up to the first that is off.
    """
    rough = retake.gaps()
    without = retake.misses((), steps, rough)
    singles: list[Planted] = [[(mistake, i)] for mistake in OF_A_STEP for i in range(1 + len(mistake.variants))]
    near = [retake.misses(each, steps, rough) for each in singles]
    found = _confirmed(retake, [each for each, misses in zip(singles, near, strict=True) if misses < _NEAR])
    if found:
        return found
    # The others change nothing in this net.
    concerned = [each for each, misses in zip(singles, near, strict=True) if misses != without]
    pairs = [[*one, *other] for one, other in itertools.combinations(concerned, 2) if one[0][0] is not other[0][0]]
    pairs.sort(key=lambda pair: sum(variant for _, variant in pair))
    return _confirmed(retake, [pair for pair in pairs[:_MOST_PAIRS] if retake.misses(pair, steps, rough) < _NEAR])


def _confirmed(retake: Retake, candidates: Sequence[Planted]) -> list[tuple[Mistake, ...]]:
    """Those that explain the steps within roundings, each once."""
    found = {}
    for planted in candidates:
        names = tuple(mistake.name for mistake, _ in planted)
        if names not in found and _all_within(retake.gaps(planted)):
            found[names] = tuple(mistake for mistake, _ in planted)
    return list(found.values())
