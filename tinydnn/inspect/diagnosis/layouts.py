"""The layouts in which people keep weights and samples, and the way to Keras' and back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array

Weights = list[Array]  # Keras' layout: kernel (inputs, units) and bias (units,) of each layer in turn


class NotThisLayoutError(ValueError):
    """What a function returned has other shapes than what it got."""


@dataclass(frozen=True)
class Layout:
    """How a function wants its weights and samples.

    container: "list": [W1, b1, W2, b2]; "pairs": [(W1, b1), …]; "dict": {"W1": …, "b1": …};
        "lists": [[W1, …], [b1, …]]; "augmented": [W1, W2], each with its bias as one more input.
    transposed: whether kernels are (units, inputs).
    bias: the shape of a bias: "(n,)", "(1, n)" or "(n, 1)".
    samples: "as they are", "flat": (n, pixels), or "columns": (pixels, n), with targets in columns too.
    labels: whether targets are integer labels.
    """

    container: str
    transposed: bool
    bias: str
    samples: str
    labels: bool

    def updated(self, function: Callable[..., Any], weights: Weights, x: Array, y: Array) -> Weights:
        """The weights after function(weights, x, y), which returns them, or changes them in place and returns None."""
        given = self.to_theirs(weights)
        returned = function(given, *self._batch(x, y))
        return self.to_ours(given if returned is None else returned, weights)

    def gradients(self, function: Callable[..., Any], weights: Weights, x: Array, y: Array) -> Weights:
        """The gradients that function(weights, x, y) returns, in the layout of the weights."""
        return self.to_ours(function(self.to_theirs(weights), *self._batch(x, y)), weights)

    def outputs(self, function: Callable[..., Any], weights: Weights, x: Array, y: Array) -> Array:
        """The outputs that function(weights, x) returns, (n, outputs)."""
        x, _ = self._batch(x, y)
        found = np.asarray(function(self.to_theirs(weights), x))
        found = found.T if self.samples == "columns" else found
        units = weights[-1].shape[-1]
        if found.size != len(y) * units:
            raise NotThisLayoutError(f"forward expects to return ({len(y)}, {units}). Received: {found.shape}")
        return found.reshape(len(y), units)

    def _batch(self, x: Array, y: Array) -> tuple[Array, Array]:
        if self.samples != "as they are":
            x = x.reshape(len(x), -1)
        if self.labels:
            y = y.argmax(axis=1)
        if self.samples == "columns":
            return x.T.copy(), y.T.copy() if y.ndim == 2 else y.reshape(1, -1)
        return x.copy(), y.copy()

    def to_theirs(self, weights: Weights) -> Any:
        """Weights in this layout, from Keras'."""
        arrays = [self._array_to_theirs(weight) for weight in weights]
        pairs = list(zip(arrays[::2], arrays[1::2], strict=True)) if self.container != "list" else []
        if self.container == "pairs":
            return [list(pair) for pair in pairs]
        if self.container == "lists":
            return [list(each) for each in zip(*pairs, strict=True)]
        if self.container == "dict":
            return {
                f"{kind}{i}": each for i, pair in enumerate(pairs, 1) for kind, each in zip("Wb", pair, strict=True)
            }
        if self.container == "augmented":
            return [np.concatenate(pair, axis=int(self.transposed)) for pair in pairs]
        return arrays

    def _array_to_theirs(self, weight: Array) -> Array:
        if weight.ndim == 2:
            return weight.T.copy() if self.transposed else weight.copy()
        return weight.reshape({"(n,)": (-1,), "(1, n)": (1, -1), "(n, 1)": (-1, 1)}[self.bias]).copy()

    def to_ours(self, theirs: Any, like: Weights) -> Weights:
        """Weights in Keras' layout, from this one.

        Raises:
            NotThisLayoutError: other shapes than those of `like`.
        """
        arrays = [np.asarray(each) for each in self._flat(theirs)]
        shapes = [array.shape for array in arrays]
        found = [array.T if self.transposed and array.ndim == 2 and weight.ndim == 2 else array
                 for array, weight in zip(arrays, like, strict=False)]  # fmt: skip
        right = len(arrays) == len(like) and all(
            each.shape == weight.shape if weight.ndim == 2 else each.size == weight.size
            for each, weight in zip(found, like, strict=True)
        )
        if not right:
            wanted = ", ".join(str(self._array_to_theirs(weight).shape) for weight in like)
            received = ", ".join(map(str, shapes)) or type(theirs).__name__
            raise NotThisLayoutError(f"step expects to return arrays of shapes {wanted}. Received: {received}")
        return [each.reshape(weight.shape) for each, weight in zip(found, like, strict=True)]

    def _flat(self, theirs: Any) -> list[Any]:
        if isinstance(theirs, dict):
            layers = len(theirs) // 2
            return [theirs[f"{name}{i}"] for i in range(1, layers + 1) for name in "Wb"]
        if not isinstance(theirs, list | tuple):
            raise NotThisLayoutError(f"step expects to return a list of arrays. Received: {type(theirs).__name__}")
        if self.container == "pairs":
            return [each for pair in theirs for each in pair]
        if self.container == "lists":
            return [each for pair in zip(*theirs, strict=True) for each in pair]
        if self.container == "augmented":
            return [part for each in theirs for part in np.split(np.asarray(each), [-1], axis=int(self.transposed))]
        return list(theirs)


LAYOUTS = tuple(
    Layout(container, transposed, bias, samples, labels)
    for labels in (False, True)
    for container in ("list", "pairs", "dict", "lists", "augmented")
    for transposed in (False, True)
    for samples in ("as they are", "flat", "columns")
    for bias in ("(n,)", "(1, n)", "(n, 1)")
    if container != "augmented" or bias == ("(n, 1)" if transposed else "(1, n)")
)
