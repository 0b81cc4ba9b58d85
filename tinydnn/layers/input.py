"""Input: the shape of one sample (mirrors keras/src/layers/core/input_layer.py)."""

from collections.abc import Sequence
from typing import Any

from tinydnn.layers.keras_tensor import Call, KerasTensor
from tinydnn.layers.layer import Layer, known
from tinydnn.missing import names_its_arguments


class InputLayer(Layer):
    """States the shape of one sample; in a model it is the first entry and computes nothing."""

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(input_shape=shape, name=name, dtype=dtype)
        self.input_shape = self.output_shape = self.given_shape

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(f"InputLayer {self.name!r} takes nothing; call layers on its tensor, as Input(shape) gives it")

    def tensor(self, name: str | None = None) -> KerasTensor:
        """The symbolic tensor of such samples."""
        tensor = KerasTensor(known(self.given_shape), self.dtype, Call(self, ()), name=name)
        self.note(tensor)
        return tensor

    def get_config(self) -> dict[str, Any]:
        return {"shape": self.given_shape, "name": self.name, "dtype": self.dtype}


@names_its_arguments
def Input(shape: Sequence[int], *, dtype: str | None = None, name: str | None = None) -> KerasTensor:
    """A symbolic tensor of samples of this shape, which is without the batch: Input((28, 28)).

    Layers are called on it, or it is the first entry of a Sequential.

    Samples may have any dtype, whatever this one is: the layers convert them to theirs.
    Mirrors keras/src/layers/core/input_layer.py.
    """
    return InputLayer(shape, name=name, dtype=dtype).tensor(name)
