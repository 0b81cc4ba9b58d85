"""ActivityRegularization (mirrors keras/src/layers/regularization/activity_regularization.py)."""

from typing import Any

from tinydnn import regularizers
from tinydnn.device.backend import Array, Shape
from tinydnn.layers.layer import Layer
from tinydnn.layers.settings import fixed
from tinydnn.layers.trace import Trace


class ActivityRegularization(Layer):
    """Hands its input on, and adds a penalty on each row of it to the loss:  l1 * sum |x| + l2 * sum x²

    Mirrors keras/src/layers/regularization/activity_regularization.py.

    Args:
        l1, l2: the rates.
    """

    computes = False

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activity_regularizer = regularizers.L1L2(l1, l2)

    l1, l2 = fixed("activity_regularizer.l1"), fixed("activity_regularizer.l2")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(
                f"ActivityRegularization {self.name!r} expects each sample as one row of numbers; put a Flatten before "
                f"it. Received: samples of shape {input_shape}"
            )
        return input_shape

    def forward(self, x: Array, t: Trace) -> Array:
        t.z = t.y = x
        return x

    def backward(self, dy: Array, t: Trace) -> Array | None:
        return dy

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "l1": self.l1, "l2": self.l2}
