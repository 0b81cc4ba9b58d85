"""The training loop: epochs, batches, steps (mirrors keras/src/backend/tensorflow/trainer.py)."""

import os
from contextlib import ExitStack, suppress
from typing import Any

from tinydnn.device import ranks
from tinydnn.device.interrupts import Interrupt
from tinydnn.engine import inference, resume
from tinydnn.engine.divergence import Divergence
from tinydnn.engine.feeds import Feed
from tinydnn.engine.logs import Logs
from tinydnn.engine.network import Network
from tinydnn.engine.passes import Pass
from tinydnn.engine.shards import Shards
from tinydnn.files import identity
from tinydnn.warn import warn

Hooks = Any  # a callbacks.CallbackList: the hooks of all callbacks


class Fit:
    """A training under way, which its callbacks find as `model.training`.

    epoch: the number of the epoch under way, counted from 0.
    step: how many of its steps are done.
    steps: how many an epoch has, as far as is known.
    whole: whether nothing is half done, neither a step nor the end of an epoch.
    process: the id of the process in which it goes on; None before it and after it.
    passes: those of the last step, with all its tensors.
    """

    def __init__(
        self, network: Network, feed: Feed, held_out: Feed | None, validation_freq: int | list[int], callbacks: Hooks
    ) -> None:
        self.network, self.feed, self.held_out, self.callbacks = network, feed, held_out, callbacks
        self._validation_freq = validation_freq
        self.steps = feed.steps or 0
        self.epoch, self.step, self.whole = 0, 0, True
        self.passes: list[Pass] = []
        self.logs: Logs = {}
        self.divergence = Divergence(network)
        self.stopping = False
        self.process: int | None = None
        self._checkpoint: tuple[resume.State, str] | None = None
        self.asked: dict[str, Any] = {}
        self.rate_when_cut_off = getattr(network.optimizer, "learning_rate", None)
        self.before: Fit | None = network.training  # one that was cut off
        network.training, network.stop_training = self, False

    def run(self, epoch: int, epochs: int, interrupt: Interrupt) -> None:
        """Train from this epoch on, until so many epochs are done, a callback ends it, or an interrupt comes."""
        with ExitStack() as stack:
            stack.callback(setattr, self, "process", None)
            self.process = os.getpid()
            self.shards = stack.enter_context(Shards(self.network, self.feed.data, self.feed.batch_size, True))
            validation = None
            if self.held_out is not None:
                shards = Shards(self.network, self.held_out.data, self.held_out.batch_size)
                validation = stack.enter_context(shards)
            self.epoch = epoch
            self.origin, self.asked = identity.of_training(self, epoch), identity.changeable(self, epochs)
            self._join_ranks()
            self.before = None
            self.feed.rehearse(self.network)
            self.callbacks.on_train_begin({})
            if self._checkpoint is not None:
                resume.take_over(self, *self._checkpoint)
            stack.push(self._check_what_is_cut_off)
            try:
                while self.epoch < epochs and (self.step > 0 or not self.stopping):  # a resumed epoch is finished
                    self._train_epoch(interrupt)
                    self.logs = dict(self.shards.logs())
                    if validation is not None and self._validates():
                        assert self.held_out is not None
                        test = inference.evaluate_shards(validation, self.held_out, self.callbacks, interrupt)
                        self.logs |= {f"val_{name}": value for name, value in test.items()}
                        self.logs = dict(sorted(self.logs.items()))
                    self._end_epoch()
            except FloatingPointError:
                infinite = self._first_infinite()
                if infinite is None or not self.callbacks.end_at(*infinite):
                    raise
            self.callbacks.on_train_end(self.logs)
        self.network.training = None  # one that was cut off stays, to be saved; this one would only hold its data

    def _join_ranks(self) -> None:
        """See that all ranks train the same, and say where they can't share it."""
        identity.check_ranks(self)
        if ranks.current().size > 1 and self.network.mixes_rows:
            warn(
                "A layer such as BatchNormalization needs all rows of a batch, so each rank takes every batch whole, "
                "and more ranks save no time here"
            )

    def _train_epoch(self, interrupt: Interrupt) -> None:
        if self.step == 0:
            self._begin_epoch()
        for start, stop in self.feed.batches(self.shards, self.step) if not self.stopping else ():
            self.callbacks.on_train_batch_begin(self.step, {})
            self._take_step(start, stop)
            self.callbacks.on_train_batch_end(self.step - 1, self.logs)
            self._look_up(interrupt)
            if self.stopping:
                break
        self.steps = self.feed.steps or self.step
        self.check()

    def _look_up(self, interrupt: Interrupt) -> None:
        """Act on what has come up in this step: an infinite loss, a signal, a callback that ends the training.

        All ranks do, where one of them has found it.
        """
        infinite, signal, stop = ranks.current().largest(
            self.shards.averages.known_infinite, interrupt.number or 0, self.network.stop_training
        )
        if infinite:
            self.check()
        if signal:
            interrupt.number = signal
            interrupt.check()
        self.stopping = self.network.stop_training = bool(stop)

    def _begin_epoch(self) -> None:
        self.callbacks.on_epoch_begin(self.epoch, {})
        self.feed.begin(self.shards)
        self.divergence.begin_epoch()

    def _take_step(self, start: int, stop: int) -> None:
        self.whole = False
        passes = self.passes = self.shards.gradients(start, stop)
        self.logs = self.callbacks.batch_logs(self.shards.logs())
        if self.feed.streams or self.shards.averages.known_infinite:  # the next batch of a stream has other averages
            self.check()
        self.shards.update(passes)
        self.step += 1
        self.whole = True

    def _end_epoch(self) -> None:
        self.epoch, self.step, self.whole = self.epoch + 1, 0, False
        self.callbacks.on_epoch_end(self.epoch - 1, self.logs)
        (stop,) = ranks.current().largest(self.network.stop_training)
        self.stopping = self.network.stop_training = bool(stop)
        self.whole = True
        identity.check_weights_of_ranks(self)

    def check(self) -> None:
        """See that every loss of this epoch so far was finite, or go back to where one was.

        Raises:
            FloatingPointError: one was not.
        """
        self.divergence.check(self._first_infinite(), self.epoch, self.steps)

    def _first_infinite(self) -> tuple[int, float] | None:
        """The first step of this epoch whose loss was infinite or NaN, and the average loss then."""
        infinite = self.shards.averages.first_infinite()
        return None if infinite is None else (self.feed.step_of(infinite[0]), infinite[1])

    def _validates(self) -> bool:
        """Whether this epoch is one of those after which there is an evaluation."""
        after, number = self._validation_freq, self.epoch + 1
        return number in after if isinstance(after, list) else number % after == 0

    def _check_what_is_cut_off(self, kind: type[BaseException] | None, error: BaseException | None, *_: Any) -> None:
        """Leave no model whose loss is infinite already, though nobody has looked, and no rank that waits for this."""
        if error is not None:
            ranks.current().fail(error)
        self.rate_when_cut_off = getattr(self.network.optimizer, "learning_rate", None)
        if kind is not None and self.step:
            with suppress(FloatingPointError):  # of the two errors the other came first
                self.check()

    def state(self) -> resume.State:
        """All that it takes to go on from here to the same bits, as numbers, text, lists, dicts and NumPy arrays.

        Raises:
            ValueError: an epoch is under way on batches that are not at hand any more.
        """
        if self.feed.streams and self.step:
            raise ValueError("A training on a stream of batches can be kept between two epochs only")
        state = resume.state_of(self)
        self.callbacks.check(state["callbacks"])  # now, rather than when it is needed
        return state

    def go_on_from(self, state: resume.State, source: str) -> None:
        """Start from this state, read from this source, once all callbacks have heard of the training's beginning."""
        self._checkpoint = state, source
