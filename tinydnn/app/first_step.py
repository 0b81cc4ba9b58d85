"""The first step of a run under the microscope, beside Keras' own if Keras is installed."""

from dataclasses import dataclass

from tinydnn.app.runs import Run
from tinydnn.inspect.microscope import Tensor, dissect


@dataclass(frozen=True)
class FirstStep:
    """Every tensor of a run's first step.

    samples: the number of digits in the batch.
    keras: the versions of Keras and of what it computes with; None if Keras is missing.
    missing: the reason why it is missing, in words.
    """

    tensors: list[Tensor]
    samples: int
    keras: str | None
    missing: str = ""


def first_step(run: Run) -> FirstStep:
    """Take the first step of a run that has read its digits and has not begun to train."""
    x, y = run.first_batch()
    keras, theirs, missing = None, None, ""
    try:
        from keras_ref import engines, one_step

        theirs = one_step.tensors(run.model, x, y)
        keras = engines.keras_version()
    except ImportError as error:
        missing = str(error)
    return FirstStep(dissect(run.model, x, y, theirs), len(x), keras, missing)
