"""AlphaDropout, for nets of selu units (mirrors keras/src/layers/regularization/alpha_dropout.py)."""

from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.config import floatx
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.layers.dropout import Dropout
from tinydnn.layers.trace import Trace


class AlphaDropout(Dropout):
    """In training, sets a share `rate` of the numbers to where selu saturates, and keeps mean and variance.

    Mirrors keras/src/layers/regularization/alpha_dropout.py.

    Args:
        rate: the share that falls, in [0, 1).
        seed: as Dropout has it.
    """

    _SATURATED = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        if rate == 1:
            raise ValueError("AlphaDropout expects rate below 1, since nothing would be left to scale. Received: 1")
        super().__init__(rate, seed=seed, **kwargs)
        self.drawn_in = floatx()  # Keras draws in floatx, whatever the layer's dtype

    @elementwise
    def dropped(x: Any, mask: Any, saturated: Any, a: Any, b: Any) -> Any:
        return a * np.where(mask > 0, x, saturated) + b

    @elementwise
    def gradient(dy: Any, mask: Any, a: Any) -> Any:
        return np.where(mask > 0, a * dy, 0)

    def forward(self, x: Array, t: Trace) -> Array:
        """y = a * x + b, with what is saturated in place of x where the mask is 0"""
        if not t.training or not self.draws:
            return x
        self.draw_mask(t)
        self.dropped.into(self.xp, t.y, x, t.mask, self._SATURATED, self._a, -self._a * self._SATURATED * self.rate)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = a * x + b:  dx = a * dy, and 0 where the mask is 0"""
        if not self.draws:
            return dy
        if t.dx is not None:
            self.gradient.into(self.xp, t.dx, dy, t.mask, self._a)
        return t.dx

    def _kept(self, start: int, stop: int) -> Array:
        return random.uniform01((self.stream_seed, self.steps_seen), start, stop, self.drawn_in) >= self.rate

    @property
    def _a(self) -> float:
        return float(((1 - self.rate) * (1 + self.rate * self._SATURATED**2)) ** -0.5)
