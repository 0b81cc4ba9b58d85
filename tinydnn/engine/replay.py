"""The steps of a GPU, recorded: a step is the same calls as the one before, so the GPU can repeat them by itself."""

import math
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from tinydnn import config
from tinydnn.device.backend import Array, GpuBackend
from tinydnn.device.graphs import Graph
from tinydnn.engine.averages import Scores
from tinydnn.engine.network import Network
from tinydnn.engine.passes import Pass, Rows

Step = Callable[[Pass, Rows, Scores], None]

_TRIES = 3  # recordings, of which another thread may end some
_CALL_BY_CALL = 2  # steps before the recorded one: the first compiles kernels, and a short training needs no recording


def can_record(network: Network) -> bool:
    """Whether a step of this network is the same calls each time.

    A class of the user's own may do anything in a step: read a number, draw another one, call what can't be recorded.
    """
    activations = [layer.activation for layer in network.flat_layers]
    parts = [*network.flat_layers, *activations, network.loss, *network.metrics]
    ours = all(part is None or type(part).__module__.startswith("tinydnn.") for part in parts)
    return ours and network.backend.has_graphs and config.cuda_graphs()


class Replay:
    """Takes a pass through steps of n rows, from the third on by a graph.

    Which samples a step takes is no part of the recording: it reads their positions in the epoch from the GPU's
    memory, and moves them on by n for the step after it.

    Args:
        own: the pass.
        step: what it does with some rows; it only queues work.
        n: how many rows.
        order, whole: the sample at each position of an epoch, and the scores of all; they stay where they lie.
    """

    def __init__(self, own: Pass, step: Step, n: int, order: Array, whole: Scores) -> None:
        self._own, self._step, self._n, self._order, self._whole = own, step, n, order, whole
        assert isinstance(own.backend, GpuBackend)
        self._backend = own.backend
        self._positions, self._rows = (self._backend.empty(n, np.int64) for _ in range(2))
        labels = None if whole.labels is None else self._backend.empty(n, whole.labels.dtype)
        losses, *metrics = (
            self._backend.empty(n * math.prod(each.shape[1:]), each.dtype).reshape(n, *each.shape[1:])
            for each in (whole.losses, *whole.metrics)
        )
        self._scores = Scores(labels, losses, metrics)
        self._next, self._taken = -1, 0
        self._graph: Graph | None = None

    def take(self, start: int) -> None:
        """The step of the samples whose turn is from `start` on."""
        if start != self._next:
            self._positions[...] = self._own.xp.arange(start, start + self._n)
        if self._graph is None and _CALL_BY_CALL <= self._taken < _CALL_BY_CALL + _TRIES:
            with suppress(RuntimeError):  # the step is then taken call by call, and tells what is wrong, if anything is
                self._graph = self._backend.graph(self._queue)
        if self._graph is None:
            self._queue()
        else:
            self._graph.launch()
        self._next, self._taken = start + self._n, self._taken + 1

    def _queue(self) -> None:
        gather, scores, whole = self._backend.gather, self._scores, self._whole
        gather(self._order, self._positions, self._rows)
        if scores.labels is not None:
            gather(whole.labels, self._positions, scores.labels)
        self._step(self._own, self._rows, scores)
        for own, of_all in zip((scores.losses, *scores.metrics), (whole.losses, *whole.metrics), strict=True):
            self._backend.scatter(own, self._positions, of_all)
        self._own.xp.add(self._positions, self._n, out=self._positions)
