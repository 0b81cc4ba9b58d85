"""Layers that draw normal numbers in training (mirrors keras/src/layers/regularization)."""

import math
from typing import Any

from tinydnn import random
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import product
from tinydnn.layers.dropout import RandomLayer
from tinydnn.layers.settings import fixed
from tinydnn.layers.trace import Trace


class _Gaussian(RandomLayer):
    """Draws normal numbers in training, one for each of the input; on the host, also for a GPU.

    To have TensorFlow's bits, it calls the C library for one number after the other: a microsecond each.

    Args:
        mean, stddev: of the numbers.
        seed: as Dropout has it.
    """

    def __init__(self, mean: float, stddev: float, seed: int | None, **kwargs: Any) -> None:
        super().__init__(stddev > 0, seed, **kwargs)
        self._mean, self._stddev = mean, stddev

    def prepare(self, t: Trace) -> None:
        if t.training and self.draws:
            self._take_drawn(t)

    def _draw(self, start: int, stop: int) -> Array:
        seed = self.stream_seed, self.steps_seen
        return random.normal_numbers(seed, start, stop, self._mean, self._stddev, self.drawn_in)


class GaussianNoise(_Gaussian):
    """In training, adds normal numbers of mean 0.

    Mirrors keras/src/layers/regularization/gaussian_noise.py.

    Args:
        stddev: of the noise, in [0, 1].
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= stddev <= 1:
            raise ValueError(f"GaussianNoise expects stddev from 0 to 1. Received: stddev={stddev!r}")
        super().__init__(0.0, stddev, seed, **kwargs)

    stddev = fixed("_stddev")

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x + noise"""
        if not t.training or not self.draws:
            return x
        return self.xp.add(x, t.mask, out=t.y)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x + noise:  dx = dy"""
        return dy

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class GaussianDropout(_Gaussian):
    """In training, multiplies by normal numbers of mean 1 and standard deviation sqrt(rate / (1 - rate)).

    Mirrors keras/src/layers/regularization/gaussian_dropout.py.

    Args:
        rate: in [0, 1).
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"GaussianDropout expects rate from 0 to below 1. Received: rate={rate!r}")
        super().__init__(1.0, math.sqrt(rate / (1 - rate)), seed, **kwargs)
        self._rate = rate

    rate = fixed("_rate")

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * noise"""
        if not t.training or not self.draws:
            return x
        product.into(self.xp, t.y, x, t.mask)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * noise:  dx = dy * noise"""
        if not self.draws:
            return dy
        if t.dx is not None:
            product.into(self.xp, t.dx, dy, t.mask)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
