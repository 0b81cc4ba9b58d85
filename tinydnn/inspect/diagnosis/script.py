"""A step that a Python file takes: its function step(weights, x, y) returns the weights after one step."""

import runpy
import sys
from os import PathLike
from pathlib import Path

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis.step import Step
from tinydnn.models import Model


def of_script(path: str | PathLike[str], model: Model, x: Array, y: Array, seed: int) -> Step:
    """Let the file take a step from the model's weights on this batch, and return the step.

    seed: what the weights and the batch were drawn from.

    Raises:
        ValueError: the file has no function `step`, or the function returns something else than weights.
        RuntimeError: the file failed.
    """
    before, folder = model.get_weights(), str(Path(path).resolve().parent)
    sys.path.insert(0, folder)  # as Python does when it runs a file
    try:
        function = runpy.run_path(str(path)).get("step")
        after = function([weight.copy() for weight in before], x.copy(), y.copy()) if callable(function) else None
    except (Exception, SystemExit) as error:
        raise RuntimeError(f"{path} has failed. {type(error).__name__}: {error} (--debug shows where)") from error
    finally:
        sys.path.remove(folder)
    if not callable(function):
        raise ValueError(f"{path} expects a function step(weights, x, y) that returns the weights after one step")
    if not isinstance(after, list | tuple):
        raise ValueError(f"step expects to return a list of {len(before)} arrays. Received: {type(after).__name__}")
    try:
        arrays = [np.asarray(weight) for weight in after]
    except ValueError as error:
        raise ValueError(f"step expects to return arrays. Received: something that can't be one: {error}") from None
    return Step(x, y, before, arrays, batch_size=len(x), seed=seed)
