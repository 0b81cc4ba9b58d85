"""Input: the shape of one sample (mirrors keras/src/layers/core/input_layer.py)."""

from collections.abc import Sequence
from typing import Any

from tinydnn.layers.layer import Layer
from tinydnn.missing import names_its_arguments


class InputLayer(Layer):
    """States the shape of one sample; in a model it is the first entry and computes nothing."""

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(input_shape=shape, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "dtype": self.dtype}


@names_its_arguments
def Input(shape: Sequence[int], *, dtype: str | None = None, name: str | None = None) -> InputLayer:
    """The shape of one sample, without the batch: Input((28, 28)).

    Samples may have any dtype, whatever this one is: the layers convert them to theirs.
    Mirrors keras/src/layers/core/input_layer.py, for the first entry of a Sequential model.
    """
    return InputLayer(shape, name=name, dtype=dtype)
