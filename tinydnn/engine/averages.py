"""Loss and metrics over the steps of an epoch, or of an evaluation.

A step leaves one loss for each of its rows, and what each metric needs of it; they stay on the device, and are added up
when somebody asks: on a GPU once an epoch. Each step's are added up on their own, and then step by step, so the result
is the same bits however often somebody asks.
"""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.memory import Workspace
from tinydnn.engine.logs import LazyLogs
from tinydnn.engine.network import Network


@dataclass
class Scores:
    """The places of some rows.

    labels: where there are any, (rows,). losses: room for the losses, (rows,).
    metrics: room for what each metric needs of a row, (rows,) or (rows, numbers).
    """

    labels: Array | None
    losses: Array
    metrics: list[Array]


class Averages:
    """The averages over n samples, batch_size a step.

    Args:
        network: what the losses are of.
        n, batch_size: how many samples there are, and how many a step takes; the last one may take fewer.
        labels, weights: in the order in which the samples come, (n,), or None.
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
        weights: Array | None,
        workspace: Workspace,
        first_step: int = 0,
        before: dict[str, Any] | None = None,
    ) -> None:
        self._network, self._first_step = network, first_step
        self._first_sample = first_step * min(batch_size, n)
        losses = workspace.take("losses", (n,), network.dtype)
        metrics, outputs = [], math.prod(network.outputs[0].sample_shape)
        for i, metric in enumerate(network.metrics):
            numbers = metric.numbers_of_a_row(outputs)
            dtype = np.int64 if metric.by_class else network.dtype
            metrics.append(workspace.take(("metric", i), (n,) if numbers is None else (n, numbers), dtype))
        if labels is not None:
            given, labels = labels, workspace.take("labels", (n,), labels.dtype)
            labels[...] = given
        self.whole = Scores(labels, losses, metrics)
        self._weights = None if weights is None else network.backend.to_numpy(weights)
        self._penalties: list[Any] = []  # one of each step, on the device
        self._samples: list[int] = []
        before = before or {"samples": 0, "loss": 0.0, "metrics": [0.0] * len(metrics)}
        # After each step that was read: samples, losses, and each metric's sums.
        self._sums: list[tuple[Any, ...]] = [
            (int(before["samples"]), float(before["loss"]), *map(np.array, before["metrics"]))
        ]

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
        return {"samples": samples, "loss": loss, "metrics": [each.tolist() for each in metrics]}

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

    def _means(self, steps: int) -> dict[str, Any]:
        self._read()
        samples, loss, *sums = self._sums[steps]
        means = {"loss": loss / samples}
        with np.errstate(divide="ignore", invalid="ignore"):
            for (name, metric), each in zip(self._network.metrics_by_name.items(), sums, strict=True):
                means[name] = metric.value(each)
        return dict(sorted(means.items()))

    def _read(self) -> None:
        """Add up the steps that nobody has asked for so far."""
        first, stop = len(self._sums) - 1, len(self._samples)
        start = self._first_sample + sum(self._samples[:first])
        for size, steps in groupby(range(first, stop), self._samples.__getitem__):
            together = list(steps)
            self._read_steps(together, slice(start, start + len(together) * size))
            start += len(together) * size

    def _read_steps(self, steps: list[int], part: slice) -> None:
        """Add up some steps of the same size, whose samples come in this part."""
        network, whole, n = self._network, self.whole, self._samples[steps[0]]

        def rows(array: Array) -> Array:
            numbers = network.backend.to_numpy(array)
            return numbers.reshape(len(steps), n, *numbers.shape[1:])

        losses = rows(whole.losses[part]).sum(axis=1, dtype=np.float64).tolist()
        labels: Any = None if whole.labels is None else whole.labels[part]  # there if a metric compares classes
        sparse = network.loss is not None and network.loss.sparse
        weights = None if self._weights is None else self._weights[part].reshape(-1, n)
        added = []
        for (name, metric), values in zip(network.metrics_by_name.items(), whole.metrics, strict=True):
            left = rows(values[part] == labels if metric.by_class else values[part])
            own_labels = rows(labels) if metric.takes_labels and sparse else None
            own_weights = weights if name in network.weighted_metrics else None
            with np.errstate(all="ignore"):
                added.append(metric.sums(left, own_labels, own_weights))
        penalties = [self._penalties[step] for step in steps]
        if network.regularized:
            penalties = network.backend.to_numpy(network.backend.xp.stack(penalties)).tolist()
        for l, penalty, *more in zip(losses, penalties, *added, strict=True):
            samples, loss, *sums = self._sums[-1]
            self._sums.append((samples + n, loss + l + n * penalty, *map(np.add, sums, more)))
