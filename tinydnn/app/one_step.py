"""A step under the microscope, beside Keras' own if Keras is installed: the first of a run, or one from a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinydnn.app.runs import Run
from tinydnn.device.backend import Array
from tinydnn.inspect import own_tensors
from tinydnn.inspect.diagnosis import Step
from tinydnn.inspect.microscope import Tensor
from tinydnn.models import Model


@dataclass(frozen=True)
class OneStep:
    """Every tensor of a step.

    found: the tensors, and what was found of those that somebody has computed.
    samples: the number of samples in the batch.
    keras: the versions of Keras and of what it computes with; None if Keras is missing.
    missing: the reason why it is missing, in words.
    """

    found: own_tensors.Comparison
    samples: int
    keras: str | None
    missing: str = ""

    @property
    def tensors(self) -> list[Tensor]:
        return self.found.tensors


def first_step(run: Run) -> OneStep:
    """Take the first step of a run that has read its digits and has not begun to train."""
    return _beside_keras(run.model, *run.first_batch(), {})


def step_of_file(model: Model, step: Step) -> OneStep:
    """Take the step that a file has, and compare it with the tensors and the weights in that file.

    Raises:
        ValueError: the step or a tensor is not of this model.
    """
    own = own_tensors.tensors_of(model, step)
    return _beside_keras(model, step.x, step.y, own)


def _beside_keras(model: Model, x: Any, y: Any, own: Mapping[str, Array]) -> OneStep:
    keras, theirs, missing = None, None, ""
    try:
        from keras_ref import engines, one_step

        theirs = one_step.tensors(model, x, y)
        keras = engines.keras_version()
    except ImportError as error:
        missing = str(error)
    return OneStep(own_tensors.compare(model, x, y, own, theirs), len(x), keras, missing)
