"""UnitNormalization (mirrors keras/src/layers/normalization/unit_normalization.py)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, product
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.settings import of_last_axis
from tinydnn.layers.trace import Trace


class UnitNormalization(Layer):
    """y = x / |x| of each row, along the last axis.

    Mirrors keras/src/layers/normalization/unit_normalization.py.

    Args:
        axis: -1, or the number of the last axis; the batch is axis 0.
    """

    _LARGEST = 1e12  # of 1 / |x|; Keras' epsilon is 1e-12

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return of_last_axis(self, input_shape)

    @elementwise
    def factor(squares: Any, largest: Any) -> Any:
        return np.minimum(1 / np.sqrt(squares), largest)

    @elementwise
    def gradient(dy: Any, y: Any, factor: Any, dot: Any) -> Any:
        return factor * (dy - y * dot)

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        one_a_row = (rows, *known(self.output_shape)[:-1], 1)
        t.inverse, t.squares, t.dot = (room(name, one_a_row) for name in ("inverse", "squares", "dot"))
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x / |x|"""
        product.sum_rows(self.xp, t.squares, t.y, x, x)
        self.factor.into(self.xp, t.inverse, t.squares, self._LARGEST)
        product.into(self.xp, t.y, x, t.inverse)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x / |x|:  dx = (dy - y * sum of dy * y) / |x|"""
        if t.dx is not None:
            product.sum_rows(self.xp, t.dot, t.dx, dy, t.y)
            self.gradient.into(self.xp, t.dx, dy, t.y, t.inverse, t.dot)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
