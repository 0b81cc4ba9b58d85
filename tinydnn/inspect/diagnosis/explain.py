"""Comparing a step with Keras' step, and looking for the mistakes that explain it."""

import itertools

from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis.findings import Diagnosis
from tinydnn.inspect.diagnosis.inputs import look_at_samples, look_at_weights
from tinydnn.inspect.diagnosis.retake import Retake
from tinydnn.inspect.diagnosis.step import Step, check
from tinydnn.inspect.mistakes import GALLERY, Mistake
from tinydnn.models import Model

_SEEN_BEFORE = "zero-initial-weights", "float64-creeping-in", "split-after-shuffling", "reshuffled-differently"
OF_A_STEP = tuple(mistake for mistake in GALLERY if mistake.name not in _SEEN_BEFORE)


def diagnose(model: Model, step: Step, samples: Array | None = None, validation_split: float = 0.0) -> Diagnosis:
    """Compare a step with Keras' step, and look for the mistakes that explain it.

    Args:
        model: the net, compiled with its optimizer and built, with the weights that Keras draws; it stays as it is.
        step: what somebody's implementation did.
        samples: all samples of the training, as they come before any split or shuffling; with them and the step's
            seed the samples of the batch are checked.
        validation_split: as for fit.

    Raises:
        ValueError: the step is not one of this model.
    """
    check(model, step)
    retake = Retake(model, step)
    found = Diagnosis(retake.gaps())
    look_at_weights(model, step, found)
    if samples is not None and step.seed is not None:
        look_at_samples(step, samples, validation_split, found)
    if found.off is not None:
        found.explanations = _explanations(retake)
    return found


def _explanations(retake: Retake) -> list[tuple[Mistake, ...]]:
    """The single mistakes that explain the step; where none does, the pairs."""
    for count in (1, 2):
        found = [
            together
            for together in itertools.combinations(OF_A_STEP, count)
            if all(gap.within for gap in retake.gaps(together))
        ]
        if found:
            return found
    return []
