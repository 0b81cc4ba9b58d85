"""How threads share each batch: a share of its rows, and then of the weights, for each.

A step: each thread takes its share of the batch's rows through a pass of its own; then each sums the
gradients of all passes over its share of the weights, in a fixed order, and updates those. So the same
number of threads gives the same bits, however fast each of them is.
"""

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydnn.backend import Array
from tinydnn.data import Data
from tinydnn.parameters import share
from tinydnn.passes import Pass, Workspace
from tinydnn.threads import Team, single_threaded_blas

if TYPE_CHECKING:
    from tinydnn.models import Sequential

_WEIGHTS_PER_THREAD = 2**14  # below this, waking another thread costs more than its share of an update


class Shards:
    """The threads and passes that go through some data, a batch at a time.

    Use it in a `with` block: its threads live that long.
    """

    def __init__(self, model: "Sequential", data: Data, batch_size: int, training: bool = False) -> None:
        self.model, self.data, self.training = model, data, training
        self.backend = model.backend
        self.team = Team(min(model.threads, batch_size, data.n))
        self._workspaces = [Workspace(self.backend.xp) for _ in range(self.team.size)]
        self._passes: dict[int, list[Pass]] = {}
        self._stack = ExitStack()
        self._samples = 0
        self._penalties = 0.0

    def __enter__(self) -> "Shards":
        self._stack.enter_context(self.team)
        self._stack.enter_context(single_threaded_blas())
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.close()

    def _share_rows(self, n: int, work: Callable[[Pass, slice], None]) -> list[Pass]:
        """Call work(pass, rows) side by side for each share of n rows; return the passes."""
        if n not in self._passes:
            shares = [share(n, min(self.team.size, n), i) for i in range(min(self.team.size, n))]
            self._passes[n] = [
                Pass(self.model, self.data, part.stop - part.start, workspace, self.training)
                for part, workspace in zip(shares, self._workspaces, strict=False)
            ]
        passes = self._passes[n]

        def task(i: int) -> None:
            with self.backend.quiet():
                work(passes[i], share(n, len(passes), i))

        self.team.run(task, len(passes))
        return passes

    def predict(self, start: int, stop: int, out: Array) -> None:
        """out[start:stop] = the model's output for those samples."""

        def work(own: Pass, part: slice) -> None:
            rows = slice(start + part.start, start + part.stop)
            out[rows] = self.backend.to_numpy(own.forward(rows))

        self._share_rows(stop - start, work)

    def test(self, start: int, stop: int) -> None:
        """Add the losses and hits of those samples to the totals."""

        def work(own: Pass, part: slice) -> None:
            rows = slice(start + part.start, start + part.stop)
            own.measure(rows, own.forward(rows))

        self._share_rows(stop - start, work)
        self._count(stop - start)

    def gradients(self, rows: Array) -> list[Pass]:
        """The passes of these samples, gone forward and backward; their gradients add up to the batch's."""

        def work(own: Pass, part: slice) -> None:
            output = own.forward(rows[part], first_row=part.start)
            own.measure(rows[part], output)
            own.backward(output, batch=len(rows))
            if part.start == 0:  # once a batch
                own.add_penalty_gradients()

        passes = self._share_rows(len(rows), work)
        self._count(len(rows))
        return passes

    def update(self, passes: list[Pass]) -> None:
        """Sum the passes' gradients, and let the optimizer take its step with them."""
        optimizer, w, g = self.model.optimizer, self.model.parameters, passes[0].gradient
        assert optimizer is not None
        threads = min(self.team.size, math.ceil(w.size / _WEIGHTS_PER_THREAD))

        def add_up(i: int) -> None:
            part = share(w.size, threads, i)
            for other in passes[1:]:
                g[part] += other.gradient[part]

        def update(i: int) -> None:
            if not optimizer.clips:
                add_up(i)
            with self.backend.quiet():
                optimizer.update(w, g, share(w.size, threads, i))

        optimizer.begin_step()
        if optimizer.clips:  # a norm needs the whole gradient first
            self.team.run(add_up, threads)
            with self.backend.quiet():
                optimizer.clip(g)
        self.team.run(update, threads)
        for layer in self.model.layers:
            layer.steps_seen += 1

    def _count(self, samples: int) -> None:
        self._samples += samples
        self._penalties += samples * self.model.penalty()

    def reset(self) -> None:
        """Start the averages anew."""
        self._samples, self._penalties = 0, 0.0
        for workspace in self._workspaces:
            workspace.take("totals", (2,), np.float64)[...] = 0

    def averages(self) -> dict[str, Any]:
        """What the averages are made of, thread by thread."""
        totals = [self.backend.to_numpy(workspace.take("totals", (2,), np.float64)) for workspace in self._workspaces]
        return {"samples": self._samples, "penalties": self._penalties, "totals": np.stack(totals)}

    def set_averages(self, averages: dict[str, Any]) -> None:
        """Go on with these averages; those of more threads than there are here are added up."""
        self.reset()
        self._samples, self._penalties = int(averages["samples"]), float(averages["penalties"])
        for i, (loss, hits) in enumerate(averages["totals"].tolist()):
            totals = self._workspaces[i % self.team.size].take("totals", (2,), np.float64)
            totals += self.backend.asarray(np.array([loss, hits]))

    def logs(self) -> dict[str, float]:
        """Loss and metrics since the last reset: means over the samples, sorted by name as in Keras."""
        totals = sum(workspace.take("totals", (2,), np.float64) for workspace in self._workspaces)
        loss, hits = self.backend.to_numpy(totals).tolist()
        logs = dict.fromkeys(self.model.metrics, hits / self._samples)
        logs["loss"] = (loss + self._penalties) / self._samples
        return dict(sorted(logs.items()))
