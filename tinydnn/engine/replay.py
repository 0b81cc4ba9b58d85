"""The steps of a GPU, recorded: a step is the same calls as the one before, so the GPU can repeat them by itself."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.device.graphs import Graph
from tinydnn.engine.averages import Scores
from tinydnn.engine.passes import Pass, Rows

Step = Callable[[Pass, Rows, Scores], None]

_CALL_BY_CALL = 2  # steps before the recorded one: the first compiles kernels, and a short training needs no recording


class Replay:
    """Takes a pass through steps of n rows, from the third on by a graph.

    What differs from step to step is copied to where the recorded calls look for it, and from where they leave it.

    Args:
        own: the pass.
        step: what it does with some rows; it only queues work.
        like: the scores of a step, whose shape and dtypes they all have.
    """

    def __init__(self, own: Pass, step: Step, like: Scores) -> None:
        self._own, self._step = own, step
        self._backend: Any = own.backend  # a GpuBackend
        n = len(like.losses)
        self._rows = self._backend.empty(n, np.int64)
        labels = None if like.labels is None else self._backend.empty(n, like.labels.dtype)
        self._scores = Scores(labels, self._backend.empty(n, like.losses.dtype), self._backend.empty(n, np.int64))
        self._taken = 0
        self._graph: Graph | None = None

    def __call__(self, rows: Rows, scores: Scores) -> None:
        self._rows[...] = self._own.xp.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        if self._scores.labels is not None:
            self._scores.labels[...] = scores.labels
        if self._taken < _CALL_BY_CALL:
            self._queue()
        else:
            self._graph = self._graph or self._backend.graph(self._queue)
            self._graph.launch()
        self._taken += 1
        scores.losses[...] = self._scores.losses
        scores.predictions[...] = self._scores.predictions

    def _queue(self) -> None:
        self._step(self._own, self._rows, self._scores)
