"""Layers that draw a mask in training (mirrors keras/src/layers/regularization)."""

import math
from typing import Any

from tinydnn import random
from tinydnn.checks import check_seed
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import fuses, product
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.settings import fixed
from tinydnn.layers.trace import Trace


class RandomLayer(Layer):
    """The base of layers that draw numbers in training; one that has nothing to draw hands its input on.

    Which numbers is decided by a seed and the number of training steps before; it does not depend on how many threads
    share a batch.

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

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        if training:
            t.mask = room("mask", (rows, *known(self.output_shape)))
        return t

    def _first_number(self, t: Trace) -> int:
        """Which number of the step's stream is the mask's first, where threads share a batch."""
        return t.first_row * math.prod(known(self.output_shape))


class Dropout(RandomLayer):
    """In training, sets a share `rate` of the numbers to 0 and scales the others by 1 / (1 - rate).

    Mirrors keras/src/layers/regularization/dropout.py.

    Args:
        rate: the share that falls, in [0, 1].
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
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
            t.words = self.backend.asarray(random.mask_words((0, 0), 0)) if fuses(self.xp) else None
        return t

    def prepare(self, t: Trace) -> None:
        if t.training and t.words is not None and 0 < self.rate < 1:
            t.words.set(random.mask_words((self.stream_seed, self.steps_seen), self._first_number(t)))

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * mask;  mask is 0 with probability `rate`, else 1 / (1 - rate)"""
        if not t.training or not self.draws:
            return x
        self._draw_mask(t)
        product.into(self.xp, t.y, x, t.mask)
        return t.y

    def _draw_mask(self, t: Trace) -> None:
        if self.rate == 1:
            t.mask[...] = 0
        elif t.words is not None:
            random.fused_mask(self.xp, t.words, self.drawn_in, self.rate, t.mask)
        else:
            seed, first = (self.stream_seed, self.steps_seen), self._first_number(t)
            random.dropout_mask(self.xp, seed, first, self.drawn_in, self.rate, t.mask)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * mask:  dx = dy * mask"""
        if not self.draws:
            return dy
        if t.dx is not None:
            product.into(self.xp, t.dx, dy, t.mask)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
