"""Layers that look at their input in another shape (mirrors keras/src/layers/reshaping)."""

import math
from collections.abc import Sequence
from typing import Any

from tinydnn.checks import is_int
from tinydnn.device.backend import Array, Shape
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.trace import Trace


class Reshape(Layer):
    """The same numbers in another shape; one entry of target_shape may be -1, what is left over.

    Mirrors keras/src/layers/reshaping/reshape.py.
    """

    computes = False

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = tuple(target_shape)
        if any(not is_int(n) or n < -1 or n == 0 for n in target) or target.count(-1) > 1:
            raise ValueError(
                f"Reshape expects target_shape as positive integers, one of which may be -1. Received: {target_shape!r}"
            )
        self.target_shape = target

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        given = math.prod(n for n in self.target_shape if n != -1)
        size = math.prod(input_shape)
        rest, remainder = divmod(size, given)
        if remainder or (rest != 1 and -1 not in self.target_shape):
            raise ValueError(
                f"Reshape {self.name!r} can't make {self.target_shape} from samples of shape {input_shape}: "
                f"they have {size} numbers, it needs {'a multiple of ' if -1 in self.target_shape else ''}{given}"
            )
        return tuple(rest if n == -1 else n for n in self.target_shape)

    def forward(self, x: Array, t: Trace) -> Array:
        return x.reshape(len(x), *known(self.output_shape))

    def backward(self, dy: Array, t: Trace) -> Array:
        return dy.reshape(len(dy), *known(self.input_shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Flatten(Reshape):
    """Each sample as one row of numbers: (28, 28) becomes (784,).

    Mirrors keras/src/layers/reshaping/flatten.py.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__((-1,), **kwargs)

    def get_config(self) -> dict[str, Any]:
        return Layer.get_config(self)
