"""Batches that come one after the other: from a PyDataset, a generator, or whatever can be iterated over.

Mirrors keras/src/trainers/data_adapters: py_dataset_adapter.py, generator_data_adapter.py.
"""

import math
import random
from collections.abc import Iterator
from itertools import chain, count, islice
from typing import Any

import numpy as np

from tinydnn.checks import check_count, check_parts, count_or_none
from tinydnn.device.backend import Shape
from tinydnn.device.interrupts import impatient
from tinydnn.engine.data import Data, is_stream
from tinydnn.engine.feeds import Arrays, Feed, check_order, say_that_data_ran_out
from tinydnn.engine.network import Network
from tinydnn.engine.sample_weights import weights_of
from tinydnn.engine.shards import Shards
from tinydnn.files import identity
from tinydnn.utils.py_dataset import PyDataset
from tinydnn.warn import warn

_LOOKED_AT = 2  # batches, before the first epoch, as Keras does
_NOTHING = object()


def feed_of(
    network: Network,
    caller: str,
    x: Any,
    y: Any = None,
    batch_size: int | None = None,
    usual: int = 1,
    steps: int | None = None,
    *,
    shuffle: bool = False,
    sample_shape: Shape | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
) -> Feed:
    """What gives the batches of x and y, arrays or a stream.

    Args:
        network: that takes them.
        caller: who asks: "fit", "evaluate" or "predict".
        batch_size: how many samples of arrays a batch has; None is what `steps` ask for, or else the usual.
        usual: how many a batch has where nobody says.
        steps, shuffle: as the feed's own.
        sample_shape: the shape of one sample, for a network that is not built.
        sample_weight, class_weight: how much each sample counts, as `weights_of` takes them.

    Raises:
        ValueError, TypeError: the samples, targets or weights are not what the network expects.
    """
    steps = count_or_none("steps_per_epoch" if caller == "fit" else "steps", steps)
    batch_size = count_or_none("batch_size", batch_size)
    if not is_stream(x):
        data = Data(network, x, y, sample_shape, weights_of(y, sample_weight, class_weight))
        size = batch_size or (math.ceil(data.n / steps) if steps else usual)
        return Arrays(data, size, steps, caller == "fit", shuffle)
    kind = type(x).__name__
    for name, given in (("y", y), ("sample_weight", sample_weight)):
        if given is not None:
            raise ValueError(
                f"{name} comes with the batches of a {kind}, as (x, y, sample_weight). "
                f"Received: {name}={type(given).__name__}"
            )
    if batch_size is not None:
        warn(f"batch_size makes no difference: a {kind} gives whole batches")
    batch = Batch(network, kind, caller, sample_shape, class_weight)
    if isinstance(x, PyDataset) and x.num_batches is not None:
        return Numbered(batch, x, steps, shuffle)
    return Iterated(batch, x, steps)


def held_out_feed(
    network: Network, given: Any, batch_size: int | None, usual: int, steps: int | None, sample_shape: Shape
) -> Feed:
    """What gives the batches of `validation_data`, (x, y), (x, y, sample_weight) or a stream.

    Raises:
        ValueError, TypeError: as of `feed_of`; the message says that it is of these data.
    """
    x, y, sample_weight = (given, None, None) if is_stream(given) else check_parts(given)
    try:
        network.require_compiled("evaluate", x if is_stream(x) else y)
        return feed_of(
            network, "evaluate", x, y, batch_size, usual, steps, sample_shape=sample_shape, sample_weight=sample_weight
        )
    except (ValueError, TypeError) as error:
        raise type(error)(f"validation_data: {error}") from None


class Batch(Data):
    """The samples and targets of the batch whose turn it is: each takes the place of the one before it.

    Args:
        network: what takes them.
        kind: what they come from.
        caller: who asks for them.
        sample_shape: the shape of one sample, for a network that is not built.
        class_weight: how much a sample of each class counts, or None.
    """

    changes = True

    def __init__(self, network: Network, kind: str, caller: str, sample_shape: Shape | None, class_weight: Any) -> None:
        self._network, self.kind, self.caller, self._sample_shape = network, kind, caller, sample_shape
        self._class_weight = class_weight
        self._weighted: bool | None = None

    def take(self, batch: Any, number: int) -> None:
        """Have the samples of this batch.

        Raises:
            ValueError, TypeError: they are not what the network expects; the message has the batch's number.
        """
        parts = tuple(batch) if isinstance(batch, tuple | list) else (batch,)
        try:
            if not 1 <= len(parts) <= 3:
                raise ValueError(f"expected x, (x,), (x, y) or (x, y, sample_weight). Received: {len(parts)} parts")
            x, y, sample_weight = (*parts, None, None)[:3]
            if self.caller == "predict":
                y = sample_weight = None
            elif y is None:
                raise ValueError(f"{self.caller} needs (x, y). Received: {'x alone' if len(parts) == 1 else 'y=None'}")
            weights = weights_of(y, sample_weight, self._class_weight)
            if self._weighted is None:  # the first batch tells, for a pass has room for weights or none
                self._weighted = weights is not None
            elif self._weighted != (weights is not None):
                raise ValueError("expected sample_weight in all batches or in none")
            super().__init__(self._network, x, y, self._sample_shape, weights)
        except (ValueError, TypeError) as error:
            raise type(error)(f"Batch {number} of the {self.kind}: {error}") from None
        self.x = self.x.astype(self._network.dtype, copy=False)  # that of all batches, for a pass has one room
        identity.check_data_of_ranks(f"take batch {number}", self)

    @property
    def digests(self) -> list[str | None]:
        """What can be told of a stream without reading it."""
        return [self.kind, None, None]


class Stream(Feed):
    """What both kinds of streams have: a batch at a time, and averages that go on from one to the next.

    Args:
        batch: takes each of them.
        first: the first one.
        in_round, steps_per_epoch, shuffle: as every feed has them.
    """

    streams = True

    def __init__(
        self, batch: Batch, first: Any, in_round: int | None, steps_per_epoch: int | None, shuffle: bool
    ) -> None:
        batch.take(first, 0)
        super().__init__(batch, batch.n, in_round, steps_per_epoch, batch.caller == "fit", shuffle)
        self._batch, self._step = batch, 0

    def hand_over(self, shards: Shards, batch: Any, step: int) -> tuple[int, int]:
        """Make this the batch of a step, and count it with those before it."""
        counts = self._batch.caller != "predict"
        before = shards.averages.state() if step and counts else None
        self._batch.take(batch, step)
        self._step = step
        if counts:
            shards.begin(before=before)
        return 0, self._batch.n

    def go_on(self, shards: Shards, order: Any, first: int, step: int, averages: Any) -> None:
        if step:
            raise ValueError(f"expected a {self._batch.kind} between two epochs")
        if first:
            check_order(order, self.in_round or 0, "batches")
        self.order, self.first = order, first

    def step_of(self, counted: int) -> int:
        return self._step


class Numbered(Stream):
    """The batches of a PyDataset, by their numbers, which each round shuffles with Python's `random` as Keras does.

    Args:
        batch: takes each of them.
        dataset: gives them.
        steps_per_epoch, shuffle: as every feed has them.
    """

    def __init__(self, batch: Batch, dataset: PyDataset, steps_per_epoch: int | None, shuffle: bool) -> None:
        self._dataset = dataset
        in_round = check_count(f"The number of batches of a {batch.kind}", dataset.num_batches)
        first, *_ = [dataset[i] for i in range(min(_LOOKED_AT, in_round))]
        super().__init__(batch, first, in_round, steps_per_epoch, shuffle)
        if self.trains:
            dataset.on_epoch_end()

    def begin(self, shards: Shards) -> None:
        with impatient():
            if not self.trains:
                self._dataset.on_epoch_end()
            self._dataset.on_epoch_begin()
        if self.first == 0:
            numbers = list(range(self.in_round or 0))
            if self.shuffle:
                random.shuffle(numbers)
            self.order = np.array(numbers)

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        for number, place in enumerate(self.places(step), step):
            with impatient():
                batch = self._dataset[int(self.order[place])]  # type: ignore[index]  # since `begin`
            yield self.hand_over(shards, batch, number)
        with impatient():
            self._dataset.on_epoch_end()


class Iterated(Stream):
    """The batches of a generator, or of whatever else can be iterated over: as many as it gives.

    What can be iterated over again begins anew with each round. A generator goes on from one epoch to the next; when it
    has nothing more, the epoch ends, and the next one gets its first two batches once more, as in Keras. So does every
    evaluation.

    Args:
        batch: takes each of them.
        source: gives them.
        steps_per_epoch: as every feed has them.
    """

    def __init__(self, batch: Batch, source: Any, steps_per_epoch: int | None) -> None:
        self._source = source
        self._once = not isinstance(source, PyDataset) and iter(source) is source
        self._looked_at = list(islice(iter(source), _LOOKED_AT if self._once else 1))
        if not self._looked_at:
            raise ValueError(f"x expects at least one batch. Received: a {batch.kind} without any")
        super().__init__(batch, self._looked_at[0], None, steps_per_epoch, shuffle=False)
        self._begin_round()

    def _begin_round(self) -> None:
        self._iterator = chain(self._looked_at, self._source) if self._once else iter(self._source)

    def begin(self, shards: Shards) -> None:
        if not self.trains:
            self._begin_round()

    def batches(self, shards: Shards, step: int = 0) -> Iterator[tuple[int, int]]:
        for number in count(step) if self.steps is None else range(step, self.steps):
            with impatient():
                batch = next(self._iterator, _NOTHING)
                if batch is _NOTHING:
                    self._begin_round()
                    if number == 0:  # the round before had ended with its epoch
                        batch = next(self._iterator, _NOTHING)
            if batch is _NOTHING and number == 0:
                raise ValueError(f"x expects batches in each epoch. Received: a {self._batch.kind} without any more")
            if batch is _NOTHING:
                identity.check_data_of_ranks(f"take batch {number}", None)
                if self.steps:
                    say_that_data_ran_out()
                elif self._once:
                    warn(
                        f"The {self._batch.kind} ran out, which ended the epoch; the next one would get its first "
                        "two batches alone. For several epochs let it go on for ever, and give steps_per_epoch"
                    )
                return
            yield self.hand_over(shards, batch, number)
