"""Loss and metrics over the steps of an epoch, or of an evaluation.

A step leaves one loss for each of its rows, and one number of each metric; they stay on the device, and are added up
when somebody asks: on a GPU once an epoch. Each step's are added up on their own, and then step by step, so the result
is the same bits however often somebody asks.
"""

import math
import operator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.memory import Workspace
from tinydnn.engine.logs import LazyLogs
from tinydnn.engine.network import Network


@dataclass
class Scores:
    """The places of some rows: labels, where there are any, and room for losses and each metric; all (rows,)."""

    labels: Array | None
    losses: Array
    metrics: list[Array]


class Averages:
    """The averages over n samples, batch_size a step.

    Args:
        network: what the losses are of.
        n, batch_size: how many samples there are, and how many a step takes; the last one may take fewer.
        labels: in the order in which the samples come, (n,), or None.
        workspace: where its arrays come from: those of the epoch before, as far as nobody reads that one any more.
        first_step: the first that is counted.
        before: `state()` of the steps before that one, where they are to count too.
    """

    def __init__(
        self,
        network: Network,
        n: int,
        batch_size: int,
        labels: Array | None,
        workspace: Workspace,
        first_step: int = 0,
        before: dict[str, Any] | None = None,
    ) -> None:
        self._network, self._batch_size, self._first_step = network, min(batch_size, n), first_step
        room = (math.ceil(n / self._batch_size) * self._batch_size,)  # the last batch is filled up
        losses = workspace.take("losses", room, network.dtype)
        self._by_class = [metric.by_class for metric in network.metrics.values()]
        metrics = [
            workspace.take(("metric", i), room, np.int64 if by_class else network.dtype)
            for i, by_class in enumerate(self._by_class)
        ]
        for each in (losses, *metrics):
            each[...] = 0
        if labels is not None:
            given, labels = labels, workspace.take("labels", room, labels.dtype)
            labels[:n], labels[n:] = given, -1  # which no prediction equals
        self.whole = Scores(labels, losses, metrics)
        self._penalties: list[Any] = []  # one of each step, on the device
        self._samples: list[int] = []
        before = before or {"samples": 0, "loss": 0.0, "metrics": [0.0] * len(metrics)}
        # After each step that was read: samples, losses, and each metric's numbers.
        self._sums = [(int(before["samples"]), float(before["loss"]), *map(float, before["metrics"]))]

    def scores(self, start: int, stop: int) -> Scores:
        """The places of the samples that come at start to stop."""
        whole, part = self.whole, slice(start, stop)
        labels = None if whole.labels is None else whole.labels[part]
        return Scores(labels, whole.losses[part], [values[part] for values in whole.metrics])

    def count(self, samples: int, penalty: Any) -> None:
        """Note that the next step was taken, with so many samples and this sum of the regularizers' penalties."""
        self._samples.append(samples)
        self._penalties.append(penalty)

    def logs(self) -> LazyLogs:
        """Loss and metrics over the steps so far, sorted by name as in Keras; added up when somebody looks into it."""
        steps = len(self._samples)
        return LazyLogs(lambda: self._means(steps))

    def state(self) -> dict[str, Any]:
        """The sums over the steps so far."""
        self._read()
        samples, loss, *metrics = self._sums[-1]
        return {"samples": samples, "loss": loss, "metrics": metrics}

    @property
    def known_infinite(self) -> bool:
        """Whether a loss was infinite or NaN, in the steps that have been read so far."""
        return not math.isfinite(self._sums[-1][1])  # once a loss is infinite, the sum stays so

    def first_infinite(self) -> tuple[int, float] | None:
        """The first step whose loss is infinite or NaN, and the average loss then; None where there is none."""
        self._read()
        if not self.known_infinite:
            return None
        bad = next(i for i, (_, loss, *_) in enumerate(self._sums) if not math.isfinite(loss))
        return self._first_step + bad - 1, self._means(bad)["loss"]

    def _means(self, steps: int) -> dict[str, float]:
        self._read()
        samples, *sums = self._sums[steps]
        return dict(
            sorted((name, each / samples) for name, each in zip(("loss", *self._network.metrics), sums, strict=True))
        )

    def _read(self) -> None:
        """Add up the steps that nobody has asked for so far."""
        first, stop = len(self._sums) - 1, len(self._samples)
        if first == stop:
            return
        to_numpy, size = self._network.backend.to_numpy, self._batch_size
        part = slice((self._first_step + first) * size, (self._first_step + stop) * size)
        labels: Any = self.whole.labels  # which are there if a metric compares classes
        numbers = [self.whole.losses[part]]
        for values, by_class in zip(self.whole.metrics, self._by_class, strict=True):
            numbers.append(values[part] == labels[part] if by_class else values[part])
        losses, *metrics = (to_numpy(each.reshape(-1, size).sum(axis=1, dtype=np.float64)).tolist() for each in numbers)
        penalties = self._penalties[first:stop]
        if self._network.regularized:
            penalties = to_numpy(self._network.backend.xp.stack(penalties)).tolist()
        for n, l, penalty, *more in zip(self._samples[first:stop], losses, penalties, *metrics, strict=True):
            samples, loss, *sums = self._sums[-1]
            self._sums.append((samples + n, loss + l + n * penalty, *map(operator.add, sums, more)))
