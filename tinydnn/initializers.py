"""Initial weights, the same bits as Keras draws (mirrors keras/src/initializers)."""

import math
from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.device.backend import Array
from tinydnn.missing import Offered
from tinydnn.names import not_offered, resolve

__all__ = ["GlorotUniform", "Initializer", "Zeros", "get"]


class Initializer(Offered):
    """Called with a shape and a dtype, it makes a weight's first value on the host."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = "float32") -> Array:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: tuple[int, ...], dtype: Any = "float32") -> Array:
        return np.zeros(shape, dtype)


class GlorotUniform(Initializer):
    """Uniform in [-limit, limit) with limit = sqrt(6 / (fan_in + fan_out)), for a kernel (fan_in, fan_out).

    So each layer hands on, forward and backward, about as much variance as it gets.

    Args:
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._stream = random.draw_seed() if seed is None else seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = "float32") -> Array:
        fan_in, fan_out = shape if len(shape) == 2 else (shape[0], shape[0])  # as Keras counts a bias
        scale = 1.0 / ((fan_in + fan_out) / 2.0)  # in Keras' own steps: they decide the last bit
        limit = math.sqrt(3.0 * scale)
        return random.uniform(self._stream, shape, -limit, limit, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


_OFFERED: dict[str, type[Initializer]] = {
    "glorot_uniform": GlorotUniform,
    "GlorotUniform": GlorotUniform,
    "zeros": Zeros,
    "Zeros": Zeros,
}


def get(identifier: str | Initializer | None) -> Initializer | None:
    """The initializer itself, a new one by its name, or None, with which a layer takes glorot_uniform."""
    return None if identifier is None else resolve("initializer", identifier, Initializer, _OFFERED)


__getattr__ = not_offered(__name__, globals())
