"""Symbolic tensors: what layers will give, known before there is any data (mirrors keras/src/backend/common)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tinydnn.device.backend import Shape
from tinydnn.missing import Offered
from tinydnn.names import auto_name


@dataclass(frozen=True, eq=False)
class Call:
    """One place of a layer, or of a model, in a graph: what it was called on; an InputLayer on nothing."""

    layer: Any
    inputs: tuple["KerasTensor", ...]


class KerasTensor(Offered):
    """What a layer gives where it was called on symbolic tensors: a shape, a dtype, and where it comes from.

    It holds the call that makes it, and so all that lies before it; nothing holds what lies behind it.
    Mirrors keras/src/backend/common/keras_tensor.py.

    Args:
        sample_shape: the shape of one sample.
        dtype: "float32" or "float64".
        call: what makes it.
        index: which of the call's outputs it is.
        name: None numbers it: keras_tensor, keras_tensor_1, …
    """

    def __init__(self, sample_shape: Shape, dtype: str, call: Call, index: int = 0, name: str | None = None) -> None:
        self.sample_shape, self.dtype = sample_shape, dtype
        self.call, self.index = call, index
        self.name = auto_name("KerasTensor") if name is None else name

    operators: ClassVar[dict[str, Callable[[Sequence[Any]], Any]]] = {}  # +, - and *, which layers/merging has

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The shape of a batch, (None, 8)."""
        return (None, *self.sample_shape)

    @property
    def ndim(self) -> int:
        """The number of axes of a batch."""
        return len(self.shape)

    def __add__(self, other: Any) -> Any:
        return self._merged("+", other)

    def __sub__(self, other: Any) -> Any:
        return self._merged("-", other)

    def __mul__(self, other: Any) -> Any:
        return self._merged("*", other)

    def _merged(self, operator: str, other: Any) -> Any:
        """What a layer makes of both."""
        if not isinstance(other, KerasTensor):
            self._refuse(other)
        return self.operators[operator]([self, other])

    def _refuse(self, *others: Any) -> Any:
        raise TypeError(
            "+, - and * of symbolic tensors take two of them; for a number use a Rescaling layer. "
            f"Received: {', '.join(map(repr, (self, *others)))}"
        )

    __radd__, __rsub__, __rmul__ = __add__, __sub__, __mul__
    __truediv__ = __rtruediv__ = __neg__ = _refuse

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"{self!r} has no numbers: a layer or Model(inputs, outputs) takes it, and predict on data gives its values"
        )

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"
