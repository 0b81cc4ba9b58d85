"""How threads, and ranks, share each batch: a share of its rows for each, and of the weights for each thread.

A step: each thread takes its share of the batch's rows through a pass of its own; then each sums the
gradients of all passes over its share of the weights, in a fixed order, and updates those. So the same
number of threads gives the same bits, however fast each of them is.

Where ranks train together, each thread of each rank is one of those that share the rows. Ranks tell each
other the scores of their rows, and sum their gradients, in a fixed order too. Then each has what the others
have, and all do the same: the update, and whatever follows from the scores.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from tinydnn.device import ranks
from tinydnn.device.backend import Array
from tinydnn.device.memory import GRAIN, Workspace, share
from tinydnn.device.threads import Team, single_threaded_blas
from tinydnn.engine.averages import Averages, Scores
from tinydnn.engine.data import Data
from tinydnn.engine.logs import LazyLogs
from tinydnn.engine.network import Network
from tinydnn.engine.passes import Pass, Rows
from tinydnn.engine.replay import Replay, Step, can_record

_WEIGHTS_PER_THREAD = 2**14  # below this, waking another thread costs more than its share of an update


class Shards:
    """The threads and passes that go through some data, a batch at a time.

    Use it in a `with` block: its threads live that long. `begin` comes before an epoch or evaluation.
    """

    def __init__(self, network: Network, data: Data, batch_size: int, training: bool = False) -> None:
        self.network, self.data, self.batch_size, self.training = network, data, batch_size, training
        self.backend = network.backend
        self.ranks = ranks.Exchange() if network.mixes_rows else ranks.current().on(network.device)
        self.team = Team(network.threads_for(math.ceil(min(batch_size, data.n) / self.ranks.size)))
        self._workspaces = [Workspace(self.backend.empty) for _ in range(self.team.size)]
        self._passes: dict[int, tuple[list[Pass], list[slice]]] = {}
        self._records = can_record(network) and not data.changes
        self._replays: dict[int, Replay] = {}  # by how many rows
        # Looked up once: at every layer in every step, it took a tenth of a small step's time.
        self._penalized = network.regularized
        self._constrained = [layer for layer in network.trained if layer.constrained]
        self._stack = ExitStack()

    def __enter__(self) -> "Shards":
        try:
            if self.training:
                self._stack.enter_context(self.network.held())
            if self.network.device == "cpu" and not self.network.leaves_threads_to_blas(self.batch_size):
                self._stack.enter_context(single_threaded_blas())
            self._stack.enter_context(self.team)
            return self
        except BaseException:
            self._stack.close()
            raise

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    def each_share(self, n: int, work: Callable[[Pass, slice], None]) -> list[Pass]:
        """Call work(pass, rows) side by side for each of this rank's shares of n rows; return the passes."""
        if n not in self._passes:
            own = share(n, self.ranks.size, self.ranks.rank)
            threads = max(1, min(self.team.size, own.stop - own.start))  # no row may be left for a rank
            parts = [share(own.stop - own.start, threads, i) for i in range(threads)]
            shares = [slice(own.start + part.start, own.start + part.stop) for part in parts]
            passes = [
                Pass(self.network, self.data, part.stop - part.start, workspace, self.training, part.start)
                for part, workspace in zip(shares, self._workspaces, strict=False)
            ]
            self._passes[n] = passes, shares
        passes, shares = self._passes[n]

        def task(i: int) -> None:
            with self.backend.quiet():
                work(passes[i], shares[i])

        self.team.run(task, len(passes))
        return passes

    def _tell(self, arrays: Sequence[Array]) -> None:
        """Give all ranks all rows of these arrays, of which each has its own."""
        for array in arrays:
            self.ranks.gather(array, [share(len(array), self.ranks.size, i) for i in range(self.ranks.size)])

    def predict(self, start: int, stop: int, outs: Sequence[Array]) -> None:
        """out[start:stop] = the model's output for those samples, for each of its outputs."""

        def work(own: Pass, part: slice) -> None:
            rows = slice(start + part.start, start + part.stop)
            own.prepare()
            own.forward(rows)
            for out, place in zip(outs, own.graph.outputs, strict=True):
                out[rows] = own.given[place]

        self.each_share(stop - start, work)
        if self.ranks.size > 1:
            self._tell([out[start:stop] for out in outs])

    def begin(self, order: Array | None = None, first_step: int = 0, before: dict[str, Any] | None = None) -> None:
        """Take the samples in this order, or one after the other, from this step on.

        before: the state of the averages before that step, where they are to go on.
        """
        labels, weights = self.data.labels, self.data.weights
        if order is not None:
            labels, weights = (None if each is None else each[order] for each in (labels, weights))
        workspace = self._workspaces[0]
        size = self.data.n if self.data.changes else self.batch_size
        self.averages = Averages(self.network, self.data.n, size, labels, weights, workspace, first_step, before)
        self._order = order
        if self._records:  # recorded calls read it where it lies
            self._order = workspace.take("order", (self.data.n,), np.int64)
            self._order[...] = self.backend.xp.arange(self.data.n) if order is None else order

    def _rows(self, start: int, stop: int) -> Rows:
        return slice(start, stop) if self._order is None else self._order[start:stop]

    def test(self, start: int, stop: int) -> None:
        """Measure the samples whose turn is from start to stop."""
        self._take(start, stop)

    def gradients(self, start: int, stop: int) -> list[Pass]:
        """The passes of these samples, gone forward and backward; their gradients add up to the batch's."""
        assert self.network.graph is not None
        for node in self.network.graph.nodes:
            node.layer.begin_step(stop - start)
        passes = self._take(start, stop)
        if self._penalized and self.ranks.rank == 0:
            with self.backend.quiet():
                passes[0].add_penalty_gradients()  # once a batch
        return passes

    def _take(self, start: int, stop: int) -> list[Pass]:
        """Take each share of these samples through a step, and count it."""

        def step(own: Pass, rows: Rows, scores: Scores) -> None:
            output = own.forward(rows)
            own.measure(rows, output, scores)
            if self.training:
                own.backward(output, batch=stop - start)

        def work(own: Pass, part: slice) -> None:
            own.prepare()
            if self._records:
                self._replayed(own, step, stop - start).take(start)
            else:
                first, last = start + part.start, start + part.stop
                step(own, self._rows(first, last), self.averages.scores(first, last))

        passes = self.each_share(stop - start, work)
        if self.ranks.size > 1:
            scores = self.averages.scores(start, stop)
            self._tell([scores.losses, *scores.metrics])
        self.averages.count(stop - start, self.network.penalty() if self._penalized else 0)
        return passes

    def _replayed(self, own: Pass, step: Step, n: int) -> Replay:
        if n not in self._replays:
            assert self._order is not None
            self._replays[n] = Replay(own, step, n, self._order, self.averages.whole)
        return self._replays[n]

    def update(self, passes: list[Pass]) -> None:
        """Sum the passes' gradients, and let the optimizer take its step with them."""
        if passes[0].gradient.size:
            self._update_weights(passes)
        for layer, t in zip(passes[0].layers, passes[0].traces, strict=True):
            layer.finish_step(t)

    def _update_weights(self, passes: list[Pass]) -> None:
        optimizer, w, g = self.network.optimizer, self.network.parameters, passes[0].gradient
        assert optimizer is not None
        threads = min(self.team.size, math.ceil(w.size / _WEIGHTS_PER_THREAD))

        def add_up(part: slice) -> None:
            for other in passes[1:]:
                g[part] += other.gradient[part]

        def update(i: int) -> None:
            with self.backend.quiet():
                part = share(w.size, threads, i, GRAIN)
                if not whole:
                    add_up(part)
                optimizer.update(w, g, part)

        optimizer.begin_step()
        whole = optimizer.clips or self.ranks.size > 1  # a norm needs the whole gradient first, and so do other ranks
        if whole:
            add_up(slice(None))
            with self.backend.quiet():
                self.ranks.sum(g)
                if optimizer.clips:
                    optimizer.clip(g)
        self.team.run(update, threads)
        for layer in self._constrained:
            with self.backend.quiet():
                layer.constrain()

    def logs(self) -> LazyLogs:
        """Loss and metrics since `begin`: means over the samples, sorted by name as in Keras."""
        return self.averages.logs()
