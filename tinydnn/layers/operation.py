"""Calling a layer, on symbolic tensors or on arrays (mirrors keras/src/ops/operation.py)."""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import as_samples, check_finite
from tinydnn.device.backend import Array
from tinydnn.layers.keras_tensor import Call, KerasTensor
from tinydnn.missing import Offered, refuse_methods
from tinydnn.tensors import as_tensor

Layer = Any  # tinydnn.layers.Layer, which is an Operation


class Operation(Offered):
    """What can be called: on symbolic tensors, of which it makes another one, or on arrays.

    Mirrors keras/src/ops/operation.py.
    """

    name: str
    dtype: str
    merges = False  # True for a layer that takes a list of inputs

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_methods(cls, ("call",), "write forward(x, t) and backward(dy, t), as in the files of tinydnn/layers")

    def __init__(self) -> None:
        self.given_tensors: list[weakref.ref[KerasTensor]] = []  # it doesn't hold them, since they hold it

    def __call__(self, inputs: Any, *, training: bool | None = None, mask: None = None) -> Any:
        """What it gives: a symbolic tensor for one, as an `Input` gives it; for an array an array, as in predict.

        Raises:
            TypeError: it takes one tensor and got several, or the other way round.
            ValueError: shapes or values that don't fit, or training or mask is given.
        """
        given = _as_list(self, inputs)
        symbolic = any(isinstance(each, KerasTensor) for each in given)
        check_call(f"Layer {self.name!r}", symbolic, training, mask)
        if not symbolic:
            return _computed(self, given)
        tensor = _tensor(self, given)
        self.note(tensor)
        return tensor

    def note(self, tensor: KerasTensor) -> None:
        """Know of a symbolic tensor that it gives."""
        alive = [reference for reference in self.given_tensors if reference() is not None]
        self.given_tensors = [*alive, weakref.ref(tensor)]

    @property
    def output(self) -> KerasTensor:
        """The symbolic tensor that it gives, at the first place where it was called.

        Raises:
            AttributeError: nobody has such a tensor, nor a model with it.
        """
        for reference in self.given_tensors:
            if (tensor := reference()) is not None:
                return tensor
        raise AttributeError(
            f"{self!r} has no input or output yet: call it on an Input, or build the model that it is in, and keep that"
        )

    @property
    def input(self) -> Any:
        """The symbolic tensor that it takes, or the list of them, at the first place where it was called."""
        return unpacked(self.output.call.inputs or [self.output])


def check_call(callee: str, symbolic: bool, training: bool | None, mask: Any) -> None:
    """Raise a ValueError if a layer or a model is called with training or mask, which would do nothing."""
    if training or mask is not None or (symbolic and training is False):
        raise ValueError(
            f"{callee} can't be called with training or mask: fit and train_on_batch train, predict does not. "
            f"Received: training={training!r}, mask={mask!r}"
        )


def unpacked(tensors: Sequence[Any]) -> Any:
    """The only one of them, or the list."""
    return tensors[0] if len(tensors) == 1 else list(tensors)


def _as_list(layer: Layer, inputs: Any) -> list[Any]:
    several = isinstance(inputs, list | tuple)
    if layer.merges:
        if not several:
            raise TypeError(f"{layer!r} takes a list of tensors. Received: {inputs!r}")
        return list(inputs)
    if several and any(isinstance(each, KerasTensor) for each in inputs):
        if len(inputs) != 1:
            raise TypeError(
                f"{layer!r} takes one tensor; a Concatenate or Add makes one of several. Received: {inputs!r}"
            )
        return list(inputs)
    return [inputs]


def _tensor(layer: Layer, inputs: list[Any]) -> KerasTensor:
    for each in inputs:
        if not isinstance(each, KerasTensor):
            raise TypeError(f"{layer!r} takes symbolic tensors or arrays, not both. Received: {each!r}")
    shapes = tuple(each.sample_shape for each in inputs)
    shape = layer.build(shapes if layer.merges else shapes[0])
    return KerasTensor(shape, layer.dtype, Call(layer, tuple(inputs)))


def _computed(layer: Layer, inputs: list[Any]) -> Array:
    arrays = []
    for given in inputs:
        array = as_samples(given, "x")
        if array.ndim < 2 or not len(array):
            raise ValueError(
                f"{layer!r} takes a batch, (rows, …), with at least one row. Received: shape={array.shape}"
            )
        check_finite(array, layer.dtype, "x")
        arrays.append(array.astype(layer.dtype))
    rows = {len(array) for array in arrays}
    if len(rows) > 1:
        raise ValueError(
            f"{layer!r} takes arrays with the same number of rows. Received: {[len(array) for array in arrays]}"
        )
    shapes = tuple(array.shape[1:] for array in arrays)
    layer.build(shapes if layer.merges else shapes[0])
    backend = layer.backend

    def room(name: str, shape: Sequence[int]) -> Array:
        return backend.empty(int(np.prod(shape)), layer.dtype).reshape(shape)

    t = layer.trace(room, len(arrays[0]), training=False, needs_dx=False)
    layer.prepare(t)
    x = [backend.asarray(array) for array in arrays]
    t.x = x if layer.merges else x[0]
    with backend.quiet():
        return as_tensor(backend.to_numpy(layer.forward(t.x, t)))
