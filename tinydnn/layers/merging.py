"""Layers that make one tensor of several (mirrors keras/src/layers/merging)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import is_int
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, product
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.trace import Trace


@elementwise
def larger_gradient(d: Any, x: Any, y: Any) -> Any:
    """From max(x, y):  dx and dy from d; where x and y are equal all of it is x's, as in TensorFlow"""
    return np.where(x >= y, d, 0), np.where(x >= y, 0, d)


@elementwise
def smaller_gradient(d: Any, x: Any, y: Any) -> Any:
    """From min(x, y):  dx and dy from d; where x and y are equal all of it is x's, as in TensorFlow"""
    return np.where(x <= y, d, 0), np.where(x <= y, 0, d)


class Merge(Layer):
    """The base of layers that take a list of tensors of one shape and give one of that shape.

    Mirrors keras/src/layers/merging/base_merge.py. In a trace x and dx are lists: an array for each input.
    """

    merges = True

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = _several(self, input_shape)
        if len(set(shapes)) > 1:
            raise ValueError(f"{type(self).__name__} {self.name!r} takes tensors of one shape. Received: {shapes}")
        return shapes[0]

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = Trace()
        t.training = training
        shapes: Any = self.input_shape
        t.y = room("y", (rows, *known(self.output_shape)))
        if needs_dx:
            t.dx = [room(f"dx{i}", (rows, *shape)) for i, shape in enumerate(shapes)]
        return t


class Add(Merge):
    """y = x1 + x2 + …  Mirrors keras/src/layers/merging/add.py."""

    def forward(self, x: Any, t: Trace) -> Array:
        """y = x1 + x2 + …"""
        return _folded(self.xp.add, x, t.y)

    def backward(self, dy: Array, t: Trace) -> Any:
        """From y = x1 + x2 + …:  dx of each is dy"""
        return [dy] * len(t.x)


class Subtract(Merge):
    """y = x1 - x2.  Mirrors keras/src/layers/merging/subtract.py."""

    def compute_output_shape(self, input_shape: Any) -> Shape:
        if len(_several(self, input_shape)) != 2:
            raise ValueError(f"Subtract {self.name!r} takes two tensors. Received: {len(input_shape)}")
        return super().compute_output_shape(input_shape)

    def forward(self, x: Any, t: Trace) -> Array:
        """y = x1 - x2"""
        return self.xp.subtract(*x, out=t.y)

    def backward(self, dy: Array, t: Trace) -> Any:
        """From y = x1 - x2:  dx1 = dy,  dx2 = -dy"""
        return [dy, self.xp.negative(dy, out=_rooms(t)[1])]


class Multiply(Merge):
    """y = x1 * x2 * …  Mirrors keras/src/layers/merging/multiply.py."""

    def forward(self, x: Any, t: Trace) -> Array:
        """y = x1 * x2 * …"""
        return _folded(self.xp.multiply, x, t.y)

    def backward(self, dy: Array, t: Trace) -> Any:
        """From y = x1 * x2 * …:  dx of each is dy times all others"""
        for i, dx in enumerate(_rooms(t)):
            others = [x for j, x in enumerate(t.x) if j != i]
            product.into(self.xp, dx, dy, others[0])
            for x in others[1:]:
                self.xp.multiply(dx, x, out=dx)
        return t.dx


class Average(Merge):
    """y = (x1 + x2 + …) / n.  Mirrors keras/src/layers/merging/average.py."""

    def forward(self, x: Any, t: Trace) -> Array:
        """y = (x1 + x2 + …) / n"""
        return self.xp.divide(_folded(self.xp.add, x, t.y), len(x), out=t.y)

    def backward(self, dy: Array, t: Trace) -> Any:
        """From y = (x1 + x2 + …) / n:  dx of each is dy / n"""
        return [self.xp.divide(dy, len(t.x), out=_rooms(t)[0])] * len(t.x)


class Maximum(Merge):
    """y = max(x1, x2, …), entry by entry.  Mirrors keras/src/layers/merging/maximum.py."""

    ufunc, gradient = "maximum", larger_gradient

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        t.z = [room(f"z{i}", t.y.shape) for i in range(len(known(self.input_shape)) - 2)]
        return t

    def forward(self, x: Any, t: Trace) -> Array:
        """z1 = max(x1, x2),  z2 = max(z1, x3), …; the last of them is y"""
        before = x[0]
        for each, out in zip(x[1:], [*t.z, t.y], strict=True):
            before = getattr(self.xp, self.ufunc)(before, each, out=out)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Any:
        """From z2 = max(z1, x3):  the gradient goes to the larger of the two, from the last one to the first"""
        first, *others = dxs = _rooms(t)
        first[...] = dy
        for before, x, dx in reversed(list(zip([t.x[0], *t.z], t.x[1:], others, strict=True))):
            self.gradient.update(self.xp, (first,), before, x, out=(dx,))
        return dxs


class Minimum(Maximum):
    """y = min(x1, x2, …), entry by entry.  Mirrors keras/src/layers/merging/minimum.py."""

    ufunc, gradient = "minimum", smaller_gradient


class Concatenate(Merge):
    """The inputs one after the other along an axis; their other axes are the same.

    Mirrors keras/src/layers/merging/concatenate.py.

    Args:
        axis: the batch is axis 0, and stays apart; -1 is the last one.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not is_int(axis) or axis == 0:
            raise ValueError(f"Concatenate expects an axis other than the batch's, which is 0. Received: axis={axis!r}")
        self.axis = int(axis)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = _several(self, input_shape)
        first = shapes[0]
        axis = self.axis - 1 if self.axis > 0 else self.axis + len(first)
        if not 0 <= axis < len(first):
            raise ValueError(f"Concatenate {self.name!r} has axis={self.axis}. Received: samples of shape {first}")
        if len({(*shape[:axis], *shape[axis + 1 :], len(shape)) for shape in shapes}) > 1:
            raise ValueError(
                f"Concatenate {self.name!r} takes tensors that differ along axis {self.axis} alone. Received: {shapes}"
            )
        return (*first[:axis], sum(shape[axis] for shape in shapes), *first[axis + 1 :])

    def forward(self, x: Any, t: Trace) -> Array:
        """y = [x1, x2, …]"""
        for each, part in zip(x, self._parts(t.y), strict=True):
            part[...] = each
        return t.y

    def backward(self, dy: Array, t: Trace) -> Any:
        """From y = [x1, x2, …]:  dx of each is its part of dy"""
        for dx, part in zip(_rooms(t), self._parts(dy), strict=True):
            dx[...] = part
        return t.dx

    def _parts(self, array: Array) -> list[Array]:
        """The view of each input's part of an array that has y's shape."""
        shapes: Any = self.input_shape
        axis = self.axis if self.axis > 0 else self.axis + array.ndim
        ends = np.cumsum([shape[axis - 1] for shape in shapes]).tolist()
        return [array[(slice(None),) * axis + (slice(*part),)] for part in zip([0, *ends], ends, strict=False)]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def add(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The sum of these tensors, by an `Add` layer."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The first of two tensors less the second, by a `Subtract` layer."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The product of these tensors, entry by entry, by a `Multiply` layer."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The mean of these tensors, entry by entry, by an `Average` layer."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The largest of these tensors, entry by entry, by a `Maximum` layer."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[KerasTensor], **kwargs: Any) -> Any:
    """The smallest of these tensors, entry by entry, by a `Minimum` layer."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Sequence[KerasTensor], axis: int = -1, **kwargs: Any) -> Any:
    """These tensors one after the other along an axis, by a `Concatenate` layer."""
    return Concatenate(axis, **kwargs)(inputs)


KerasTensor.operators |= {"+": add, "-": subtract, "*": multiply}


def _folded(operation: Any, x: Sequence[Array], out: Array) -> Array:
    """operation(operation(x1, x2), x3), …"""
    operation(x[0], x[1], out=out)
    for each in x[2:]:
        operation(out, each, out=out)
    return out


def _rooms(t: Trace) -> Any:
    """Room for the gradient of each input, for which alone a layer without weights goes backward."""
    assert t.dx is not None
    return t.dx


def _several(layer: Layer, shapes: Any) -> list[Shape]:
    """The shapes of several inputs.

    Raises:
        ValueError: there is one alone, as for a layer in a Sequential.
    """
    if len(shapes) < 2 or not all(isinstance(shape, tuple) for shape in shapes):
        raise ValueError(
            f"{type(layer).__name__} {layer.name!r} takes a list of at least two tensors, in a Model(inputs, outputs). "
            f"Received: {shapes}"
        )
    return list(shapes)
