"""Layers that draw a mask in training (mirrors keras/src/layers/regularization)."""

import math
from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.checks import check_seed
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import fuses, product
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.settings import fixed
from tinydnn.layers.trace import Trace
from tinydnn.random import philox


class RandomLayer(Layer):
    """The base of layers that draw numbers in training; one that has nothing to draw hands its input on.

    Which numbers is decided by a seed and the number of training steps before; it does not depend on how many threads
    share a batch: each draws its rows, or where a generator goes one way, takes its rows of what was drawn for all.

    Args:
        draws: whether it has something to draw.
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, draws: bool, seed: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.draws = draws
        self.seed = check_seed(seed)
        self.stream_seed = random.draw_seed() if seed is None and draws else seed or 0  # as Keras
        self.drawn_in = self.dtype  # another dtype gives other random numbers
        self._whole: Array | None = None  # what was drawn for the batch, where it can be drawn only as a whole

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        if training:
            t.mask = room("mask", (rows, *known(self.output_shape)))
        return t

    def begin_step(self, rows: int) -> None:
        self._whole = None
        if self.draws and random.draws_in_turn():
            self._whole = self._draw(0, rows * math.prod(known(self.output_shape)))

    def _draw(self, start: int, stop: int) -> Array:
        """Numbers start to stop of the batch's mask, on the host."""
        raise NotImplementedError

    def _take_drawn(self, t: Trace) -> None:
        """The mask of these rows, drawn on the host."""
        start = self._first_number(t)
        stop = start + t.mask.size
        drawn = self._draw(start, stop) if self._whole is None else self._whole[start:stop]
        t.mask[...] = self.backend.asarray(drawn.reshape(t.mask.shape))

    def _first_number(self, t: Trace) -> int:
        """Which number of the step's stream is the mask's first, where threads share a batch."""
        return t.first_row * math.prod(known(self.output_shape))


class Dropout(RandomLayer):
    """In training, sets a share `rate` of the numbers to 0 and scales the others by 1 / (1 - rate).

    Where the mask is not TensorFlow's (`config.keras_backend`), it is drawn on the host, also for a GPU.

    Mirrors keras/src/layers/regularization/dropout.py.

    Args:
        rate: the share that falls, in [0, 1].
        seed: an integer; None takes the next one of Python's global generator, as Keras does. With Keras on PyTorch,
            None takes the mask from the global generator, step after step.
    """

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"{type(self).__name__} expects rate from 0 to 1. Received: rate={rate!r}")
        super().__init__(rate > 0, seed, **kwargs)
        self._rate = rate

    rate = fixed("_rate")

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        if training:
            fused = fuses(self.xp) and random.draws_on_device()
            t.words = self.backend.asarray(philox.mask_words((0, 0), 0)) if fused else None
        return t

    def prepare(self, t: Trace) -> None:
        if not t.training or not 0 < self.rate < 1:
            return
        if t.words is not None:
            t.words.set(philox.mask_words((self.stream_seed, self.steps_seen), self._first_number(t)))
        elif not random.draws_on_device():
            self._take_drawn(t)

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * mask;  mask is 0 with probability `rate`, else 1 / (1 - rate)"""
        if not t.training or not self.draws:
            return x
        self.draw_mask(t)
        product.into(self.xp, t.y, x, t.mask)
        return t.y

    def draw_mask(self, t: Trace) -> None:
        """Draw the mask of these rows into the trace, unless `prepare` has."""
        if self.rate == 1:
            t.mask[...] = 0
        elif t.words is not None:
            philox.fused_mask(self.xp, t.words, self.drawn_in, self.rate, t.mask)
        elif random.draws_on_device():
            seed, first = (self.stream_seed, self.steps_seen), self._first_number(t)
            philox.dropout_mask(self.xp, seed, first, self.drawn_in, self.rate, t.mask)

    def _draw(self, start: int, stop: int) -> Array:
        if self.rate == 1:
            return np.zeros(stop - start, self.dtype)
        return self._kept(start, stop) * np.dtype(self.dtype).type(1 / (1 - self.rate))

    def _kept(self, start: int, stop: int) -> Array:
        unseeded = self.seed is None and random.draws_in_turn()  # PyTorch's own dropout, which takes no seed
        seed = None if unseeded else (self.stream_seed, self.steps_seen)
        return random.kept(seed, start, stop, self.drawn_in, self.rate)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * mask:  dx = dy * mask"""
        if not self.draws:
            return dy
        if t.dx is not None:
            product.into(self.xp, t.dx, dy, t.mask)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
