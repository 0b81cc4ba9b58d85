"""Loss and accuracy over the steps of an epoch, or of an evaluation.

A step leaves one loss and one prediction for each of its rows; they stay on the device, and are added up when
somebody asks: on a GPU once an epoch. Each step's are added up on their own, and then step by step, so the
result is the same bits however often somebody asks.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.memory import Workspace
from tinydnn.engine.logs import LazyLogs
from tinydnn.engine.network import Network


@dataclass
class Scores:
    """The places of some rows: labels, where there are any, and room for losses and predictions; all (rows,)."""

    labels: Array | None
    losses: Array
    predictions: Array


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
        predictions = workspace.take("predictions", room, np.int64)
        losses[...] = predictions[...] = 0
        if labels is not None:
            given, labels = labels, workspace.take("labels", room, labels.dtype)
            labels[:n], labels[n:] = given, -1  # which no prediction equals
        self.whole = Scores(labels, losses, predictions)
        self._penalties: list[Any] = []  # one of each step, on the device
        self._samples: list[int] = []
        before = before or {"samples": 0, "loss": 0.0, "hits": 0}
        self._sums = [(int(before["samples"]), float(before["loss"]), int(before["hits"]))]  # after each step read

    def scores(self, start: int, stop: int) -> Scores:
        """The places of the samples that come at start to stop."""
        whole, part = self.whole, slice(start, stop)
        labels = None if whole.labels is None else whole.labels[part]
        return Scores(labels, whole.losses[part], whole.predictions[part])

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
        return dict(zip(("samples", "loss", "hits"), self._sums[-1], strict=True))

    @property
    def known_infinite(self) -> bool:
        """Whether a loss was infinite or NaN, in the steps that have been read so far."""
        return not math.isfinite(self._sums[-1][1])  # once a loss is infinite, the sum stays so

    def first_infinite(self) -> tuple[int, float] | None:
        """The first step whose loss is infinite or NaN, and the average loss then; None where there is none."""
        self._read()
        if not self.known_infinite:
            return None
        bad = next(i for i, (_, loss, _) in enumerate(self._sums) if not math.isfinite(loss))
        return self._first_step + bad - 1, self._means(bad)["loss"]

    def _means(self, steps: int) -> dict[str, float]:
        self._read()
        samples, loss, hits = self._sums[steps]
        return dict(sorted({**dict.fromkeys(self._network.metrics, hits / samples), "loss": loss / samples}.items()))

    def _read(self) -> None:
        """Add up the steps that nobody has asked for so far."""
        first, stop = len(self._sums) - 1, len(self._samples)
        if first == stop:
            return
        to_numpy, size = self._network.backend.to_numpy, self._batch_size
        part = slice((self._first_step + first) * size, (self._first_step + stop) * size)
        losses = to_numpy(self.whole.losses[part].reshape(-1, size).sum(axis=1, dtype=np.float64)).tolist()
        hits = [0] * len(losses)
        if self.whole.labels is not None and self._network.metrics:
            matches = self.whole.predictions[part] == self.whole.labels[part]
            hits = to_numpy(matches.reshape(-1, size).sum(axis=1)).tolist()
        penalties = self._penalties[first:stop]
        if self._network.regularized:
            penalties = to_numpy(self._network.backend.xp.stack(penalties)).tolist()
        for n, l, hit, penalty in zip(self._samples[first:stop], losses, hits, penalties, strict=True):
            samples, loss, right = self._sums[-1]
            self._sums.append((samples + n, loss + l + n * penalty, right + hit))
