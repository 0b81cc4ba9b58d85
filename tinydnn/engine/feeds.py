"""Feeds: where the batches of an epoch come from.

A round goes through all batches once. An epoch is a round; with steps_per_epoch it takes so many steps of one, the
next epoch goes on from there, and one that reaches the end of the round is shorter, which a warning says.
Mirrors keras/src/trainers/epoch_iterator.py.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.device.backend import Array
from tinydnn.engine.data import Data
from tinydnn.engine.network import Network
from tinydnn.engine.shards import Shards
from tinydnn.warn import warn


class Feed:
    """What fit, evaluate and predict take their batches from.

    Args:
        data: what has the samples of the batch whose turn it is.
        batch_size: how many samples a batch has, as far as is known.
        in_round: how many batches a round has; None where nobody knows before they come.
        steps_per_epoch: how many an epoch is to have; None is a round.
        trains: whether it is for a training; else each epoch begins with the first batch.
        shuffle: whether each round takes the samples in random order.

    order: that of this round, where there is one.
    first: the step of the round at which the epoch began.
    """

    streams = False  # True where the data has one batch at a time

    def __init__(
        self,
        data: Data,
        batch_size: int,
        in_round: int | None,
        steps_per_epoch: int | None,
        trains: bool,
        shuffle: bool,
    ) -> None:
        self.data, self.batch_size, self.in_round = data, batch_size, in_round
        self.steps_per_epoch, self.steps = steps_per_epoch, steps_per_epoch or in_round
        self.trains, self.shuffle = trains, shuffle
        self.order: Array | None = None
        self.first = 0

    def rehearse(self, network: Network) -> None:
        """Draw once what an epoch draws, as Keras does for the batch that shows it the shapes of what is compiled."""
        if not network.rehearsed:
            network.rehearsed = True
            self._draw_order()

    def _draw_order(self) -> Array | None:
        """The order of a round, as Keras' iterator of batches draws it."""
        return None

    def begin(self, shards: Shards) -> None:
        """Begin an epoch."""
        raise NotImplementedError

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        """Where in the data each batch of the epoch begins and stops, from this step on."""
        raise NotImplementedError

    def go_on(self, shards: Shards, order: Any, first: int, step: int, averages: Any) -> None:
        """Be where another feed of the same data was.

        Raises:
            ValueError: it was of other data.
        """
        raise NotImplementedError

    def step_of(self, counted: int) -> int:
        """The step of the epoch that `shards.averages` counts under this number."""
        raise NotImplementedError

    def places(self, step: int) -> Iterator[int]:
        """The place in the round of each batch of the epoch, from this step on."""
        while step != self.steps:
            if self.first + step == self.in_round:
                say_that_data_ran_out()
                break
            yield self.first + step
            step += 1
        if self.trains and self.in_round:
            self.first = (self.first + step) % self.in_round


class Arrays(Feed):
    """Samples that are all at hand, cut into batches.

    Args:
        data: the samples.
        batch_size: how many a batch has; the last one of a round may have fewer.
        steps_per_epoch, trains, shuffle: as every feed has them.
    """

    def __init__(self, data: Data, batch_size: int, steps_per_epoch: int | None, trains: bool, shuffle: bool) -> None:
        super().__init__(data, batch_size, math.ceil(data.n / batch_size), steps_per_epoch, trains, shuffle)

    def begin(self, shards: Shards) -> None:
        if not self.trains:
            shards.begin()
            return
        if self.first == 0:
            self.order = shards.backend.asarray(self._draw_order())
        shards.begin(self.order, self.first)

    def _draw_order(self) -> Array:
        random.start_iterator()
        return random.permutation(self.data.n) if self.shuffle else np.arange(self.data.n)

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        n, size = self.data.n, self.batch_size
        if not self.trains:
            random.start_iterator()
        for place in self.places(step):
            yield place * size, min(place * size + size, n)
        if self.steps_per_epoch is None:  # Keras has an iterator for the next round made already, and makes another
            random.start_iterator()

    def go_on(self, shards: Shards, order: Any, first: int, step: int, averages: Any) -> None:
        self.first = first
        if first + step:
            check_order(order, self.data.n, "samples")
            if first + step > math.ceil(self.data.n / self.batch_size) or step > (self.steps or 0):
                raise ValueError(f"expected a step of {self.steps}. Found: {step}, after {first}")
            self.order = shards.backend.asarray(order.astype(np.int64))
        if step:
            shards.begin(self.order, first + step, averages)

    def step_of(self, counted: int) -> int:
        return counted - self.first


def check_order(order: Any, n: int, of: str) -> None:
    """Raise a ValueError unless this is an order of n things."""
    if not np.array_equal(np.sort(order), np.arange(n)):
        raise ValueError(f"expected an order of {n} {of}")


def say_that_data_ran_out() -> None:
    """Warn of an epoch that is shorter than it should be."""
    warn(
        "The data ran out before steps_per_epoch or steps were done, and the epoch ended there. steps_per_epoch * "
        "epochs steps need as many batches: let the generator go on for ever, or give fewer steps"
    )
