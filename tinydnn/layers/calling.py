"""What happens when a layer is called, on symbolic tensors or on arrays (mirrors keras/src/layers/layer.py)."""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import as_samples, check_finite
from tinydnn.device.backend import Array
from tinydnn.layers.keras_tensor import Call, KerasTensor

Layer = Any  # tinydnn.layers.Layer, which uses this file


def call(layer: Layer, inputs: Any) -> Any:
    """What the layer gives for these inputs: a symbolic tensor for symbolic ones, an array for arrays.

    Raises:
        TypeError: the layer takes one tensor and got several, or the other way round.
        ValueError: shapes or values that the layer can't take.
    """
    given = _as_list(layer, inputs)
    if any(isinstance(each, KerasTensor) for each in given):
        return _tensor(layer, given)
    return _computed(layer, given)


def note(layer: Any, tensor: KerasTensor) -> None:
    """Let the layer know of a tensor that it gives, which it doesn't hold."""
    layer.given_tensors = [*(each for each in layer.given_tensors if each() is not None), weakref.ref(tensor)]


def first_tensor(layer: Any) -> KerasTensor:
    """The first symbolic tensor that the layer gave, of those that a model or the user still has.

    Raises:
        AttributeError: there is none.
    """
    for reference in layer.given_tensors:
        tensor: KerasTensor | None = reference()
        if tensor is not None:
            return tensor
    raise AttributeError(
        f"{layer!r} has no input or output yet: call it on an Input, or build the model that it is in, and keep that"
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
    tensor = KerasTensor(shape, layer.dtype, Call(layer, tuple(inputs)))
    note(layer, tensor)
    return tensor


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
    shapes = tuple(array.shape[1:] for array in arrays)
    layer.build(shapes if layer.merges else shapes[0])
    backend, rows = layer.backend, len(arrays[0])

    def room(name: str, shape: Sequence[int]) -> Array:
        return backend.empty(int(np.prod(shape)), layer.dtype).reshape(shape)

    t = layer.trace(room, rows, training=False, needs_dx=False)
    layer.prepare(t)
    x = [backend.asarray(array) for array in arrays]
    t.x = x if layer.merges else x[0]
    with backend.quiet():
        return np.array(backend.to_numpy(layer.forward(t.x, t)))
