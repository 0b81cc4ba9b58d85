"""Finite differences: how the loss changes along single weights, in float64, to check gradients by."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.passes import Pass
from tinydnn.inspect.twin import twin
from tinydnn.models import Model

Index = tuple[int, ...]

_STEP = 1e-5  # how far a finite difference may move a z
_ENTRIES = 3  # of each gradient are checked: its largest, and others at random


@dataclass(frozen=True)
class Slope:
    """An entry of a gradient, and the slope (L(w + h) - L(w - h)) / 2h of the loss along its weight, in float64."""

    index: Index
    gradient: float
    slope: float


def slopes(model: Model, x: Any, y: Any, gradient: Array, passes: list[Pass]) -> list[list[Slope]]:
    """The slopes along a few entries of each weight array, from a twin of the model in float64.

    Args:
        model: as it was when the gradient was computed; it stays as it is.
        x, y: the batch.
        gradient: of all trained weights, flat.
        passes: the passes that computed it.
    """
    rng = np.random.default_rng(0)  # the same entries each time
    in_float64 = twin(model, "float64")
    views = zip(model.layout.views(gradient), in_float64.layout.views(in_float64.parameters), strict=True)
    found = []
    with OneBatch(in_float64, x, y) as batch:
        for (dW, W), reach in zip(views, _reach(passes), strict=True):
            entries = dict.fromkeys([int(np.abs(dW).argmax()), *rng.integers(0, dW.size, _ENTRIES - 1).tolist()])
            indices = [tuple(int(i) for i in np.unravel_index(entry, dW.shape)) for entry in entries]
            h = _STEP / max(1.0, reach)
            found.append([Slope(index, float(dW[index]), _slope(batch, W, index, h)) for index in indices])
    return found


def _slope(batch: OneBatch, W: Array, index: Index, h: float) -> float:
    w, losses = float(W[index]), []
    for moved in (w + h, w - h):
        W[index] = moved
        batch.gradients()
        losses.append(batch.logs()["loss"])
    W[index] = w
    return (losses[0] - losses[1]) / (2 * h)


def _reach(passes: list[Pass]) -> list[float]:
    """For each weight array, how far a z moves at most when one of its weights moves by 1."""
    found = []
    for i, t in enumerate(passes[0].traces):
        largest = max(float(abs(each.traces[i].x).max()) for each in passes)
        found += [largest, *[1.0] * len(t.gradients)][: len(t.gradients)]
    return found
