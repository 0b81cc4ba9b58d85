"""Feeds: where the batches of an epoch come from.

A round goes through all batches once. An epoch is a round; with steps_per_epoch it takes so many steps of one, the
next epoch goes on from there, and one that reaches the end of the round is shorter, which a warning says.
Mirrors keras/src/trainers/epoch_iterator.py.
"""

import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from tinydnn import random
from tinydnn.device.backend import Array
from tinydnn.engine.data import Data
from tinydnn.engine.shards import Shards
from tinydnn.warn import warn


class Feed(Protocol):
    """What fit, evaluate and predict take their batches from.

    data: what has the samples of the batch whose turn it is.
    batch_size: how many samples a batch has, as far as is known.
    steps_per_epoch: how many batches an epoch is to have, where somebody says so.
    steps: how many it has; None where it has all that come.
    streams: whether the data has one batch at a time.
    shuffle: whether the samples, or the batches, come in random order.
    order: that of this round; None where they come as they lie.
    first: the step of the round at which the epoch began.
    """

    data: Data
    batch_size: int
    steps_per_epoch: int | None
    steps: int | None
    streams: bool
    shuffle: bool
    order: Array | None
    first: int

    def begin(self, shards: Shards) -> None:
        """Begin an epoch."""

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        """Where in the data each batch of the epoch begins and stops, from this step on."""

    def go_on(self, shards: Shards, order: Array | None, first: int, step: int, averages: Any) -> None:
        """Be where another feed was in its epoch.

        Raises:
            ValueError: it was of other data.
        """

    def step_of(self, counted: int) -> int:
        """The step of the epoch that `shards.averages` counts under this number."""


class Arrays:
    """Samples that are all at hand, cut into batches.

    Args:
        data: the samples.
        batch_size: how many a batch has; the last one of a round may have fewer.
        steps: how many batches an epoch has; None is a round.
        shuffle: whether each round takes the samples in random order; None never reorders them.
    """

    streams = False

    def __init__(self, data: Data, batch_size: int, steps: int | None = None, shuffle: bool | None = None) -> None:
        self.data, self.batch_size, self.shuffle, self._reorders = data, batch_size, bool(shuffle), shuffle is not None
        self._in_round = math.ceil(data.n / batch_size)
        self.steps_per_epoch, self.steps = steps, steps or self._in_round
        self.order: Array | None = None
        self.first = 0

    def begin(self, shards: Shards) -> None:
        if not self._reorders:
            shards.begin()
            return
        if self.first == 0:
            order = random.permutation(self.data.n) if self.shuffle else np.arange(self.data.n)
            self.order = shards.backend.asarray(order)
        shards.begin(self.order, self.first)

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        n, size = self.data.n, self.batch_size
        while step != self.steps:
            if self.first + step == self._in_round:
                say_that_data_ran_out()
                break
            start = (self.first + step) * size
            yield start, min(start + size, n)
            step += 1
        if self._reorders:  # an evaluation always begins at the first sample
            self.first = (self.first + step) % self._in_round

    def go_on(self, shards: Shards, order: Array | None, first: int, step: int, averages: Any) -> None:
        if first + step > 0 and not np.array_equal(np.sort(order), np.arange(self.data.n)):
            raise ValueError(f"expected an order of {self.data.n} samples")
        if first + step > self._in_round or step > self.steps:
            raise ValueError(f"expected a step of {self.steps}. Found: {step}, after {first}")
        self.first = first
        if order is not None:
            self.order = shards.backend.asarray(order.astype(np.int64))
        if step:
            shards.begin(self.order, first + step, averages)

    def step_of(self, counted: int) -> int:
        return counted - self.first


def say_that_data_ran_out() -> None:
    """Warn of an epoch that is shorter than it should be."""
    warn(
        "The data ran out before steps_per_epoch or steps were done, and the epoch ended there. steps_per_epoch * "
        "epochs steps need as many batches: let the generator go on for ever, or give fewer steps"
    )
