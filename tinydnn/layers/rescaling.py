"""Rescaling (mirrors keras/src/layers/preprocessing/rescaling.py)."""

from math import inf
from typing import Any

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.backend import Array
from tinydnn.layers.layer import Layer
from tinydnn.layers.trace import Trace


class Rescaling(Layer):
    """y = x * scale + offset: Rescaling(1 / 255) takes grey values 0 .. 255 to 0 .. 1.

    Mirrors keras/src/layers/preprocessing/rescaling.py.
    """

    converts = True

    def __init__(self, scale: float, offset: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = check_number("scale", scale, low=-inf), check_number("offset", offset, low=-inf)

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * scale + offset"""
        self.xp.multiply(x, cast(self.scale), out=t.y, dtype=t.y.dtype)
        if self.offset:
            self.xp.add(t.y, cast(self.offset), out=t.y)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * scale + offset:  dx = dy * scale"""
        return None if t.dx is None else self.xp.multiply(dy, cast(self.scale), out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}
