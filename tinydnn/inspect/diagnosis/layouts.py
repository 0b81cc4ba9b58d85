"""The layouts in which people keep weights and samples, and the way to Keras' and back."""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.arrays import array_of

Outputs = list[tuple[str, int]]  # names and units
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
    tensors: whether arrays are PyTorch's.
    names, first: of a dict's kernels and biases, and the number of the first layer.
    renamed: how often a dict's names were changed to what a program asked for.
    """

    container: str
    transposed: bool
    bias: str
    samples: str
    labels: bool
    tensors: bool = False
    names: tuple[str, str] = ("W", "b")
    first: int = 1
    renamed: int = 0

    def updated(self, function: Callable[..., Any], weights: Weights, x: Array, y: Array) -> Weights:
        """The weights after function(weights, x, y), which returns them, or changes them in place and returns None."""
        given = self.to_theirs(weights)
        returned = function(given, *self._batch(x, y))
        return self.to_ours("step", given if returned is None else returned, weights)

    def gradients(self, function: Callable[..., Any], weights: Weights, x: Array, y: Array) -> Weights:
        """The gradients that function(weights, x, y) returns, in the layout of the weights."""
        return self.to_ours("gradients", function(self.to_theirs(weights), *self._batch(x, y)), weights)

    def outputs(
        self, function: Callable[..., Any], weights: Weights, x: Array, y: Array, wanted: Outputs
    ) -> dict[str, Array]:
        """The outputs that function(weights, x) returns: of all layers, z and a or a alone, or of the last."""
        returned = function(self.to_theirs(weights), self._batch(x, y)[0])
        if isinstance(returned, dict):
            returned = list(returned.values())
        arrays = [array_of(each) for each in returned] if isinstance(returned, list | tuple) else [array_of(returned)]
        last_of_layers = list({name.partition("/")[0]: (name, units) for name, units in wanted}.values())
        for names in (wanted, last_of_layers, wanted[-1:]):
            found = arrays[-len(names) :] if len(names) == 1 else arrays
            if [each.size for each in found] == [len(y) * units for _, units in names]:
                if self.samples == "columns":
                    found = [each.T for each in found]
                return {name: each.reshape(len(y), units) for each, (name, units) in zip(found, names, strict=True)}
        received = ", ".join(str(array.shape) for array in arrays)
        raise NotThisLayoutError(f"forward expects to return ({len(y)}, {wanted[-1][1]}). Received: {received}")

    def _batch(self, x: Array, y: Array) -> list[Any]:
        if self.samples != "as they are":
            x = x.reshape(len(x), -1)
        if self.labels:
            y = y.argmax(axis=1)
        if self.samples == "columns":
            x, y = x.T, y.T if y.ndim == 2 else y.reshape(1, -1)
        return [self._given(x), self._given(y)]

    def _given(self, array: Array) -> Any:
        """A copy, as the program wants it."""
        if self.tensors:
            return sys.modules["torch"].from_numpy(array.copy())
        return array.copy()

    def to_theirs(self, weights: Weights) -> Any:
        """Weights in this layout, from Keras'."""
        arrays = [self._array_to_theirs(weight) for weight in weights]
        if self.container != "augmented":
            arrays = [self._given(array) for array in arrays]
        pairs = list(zip(arrays[::2], arrays[1::2], strict=True)) if self.container != "list" else []
        if self.container == "pairs":
            return [list(pair) for pair in pairs]
        if self.container == "lists":
            return [list(each) for each in zip(*pairs, strict=True)]
        if self.container == "dict":
            return {
                f"{name}{i}": each
                for i, pair in enumerate(pairs, self.first)
                for name, each in zip(self.names, pair, strict=True)
            }
        if self.container == "augmented":
            return [self._given(np.concatenate(pair, axis=int(self.transposed))) for pair in pairs]
        return arrays

    def _array_to_theirs(self, weight: Array) -> Array:
        if weight.ndim == 2:
            return weight.T if self.transposed else weight
        return weight.reshape({"(n,)": (-1,), "(1, n)": (1, -1), "(n, 1)": (-1, 1)}[self.bias])

    def to_ours(self, kind: str, theirs: Any, like: Weights) -> Weights:
        """Weights in Keras' layout, from this one, or from any other that can mean only one thing.

        Raises:
            NotThisLayoutError: other shapes than those of `like`.
        """
        leaves = [array_of(each) for each in _leaves(theirs)]
        for arrays in _orders(leaves):
            for transposed in (self.transposed, not self.transposed):
                found = [array.T if transposed and array.ndim == 2 and weight.ndim == 2 else array
                         for array, weight in zip(arrays, like, strict=False)]  # fmt: skip
                if len(arrays) == len(like) and all(
                    each.shape == weight.shape if weight.ndim == 2 else each.size == weight.size
                    for each, weight in zip(found, like, strict=True)
                ):
                    return [each.reshape(weight.shape) for each, weight in zip(found, like, strict=True)]
        wanted = ", ".join(str(self._array_to_theirs(weight).shape) for weight in like)
        received = ", ".join(str(each.shape) for each in leaves) or type(theirs).__name__
        raise NotThisLayoutError(f"{kind} expects to return arrays of shapes {wanted}. Received: {received}")


def _leaves(theirs: Any) -> list[Any]:
    """The arrays within lists, pairs and dicts; a list of numbers, or of rows of numbers, is one array."""
    if isinstance(theirs, dict):
        return [leaf for each in _by_layers(theirs) for leaf in _leaves(each)]
    if isinstance(theirs, list | tuple) and not _is_numbers(theirs):
        return [leaf for each in theirs for leaf in _leaves(each)]
    return [theirs] if theirs is not None else []


def _is_numbers(values: Any) -> bool:
    rows = values if values and all(isinstance(row, list) for row in values) else [values]
    alike = len({len(row) for row in rows}) == 1
    return alike and all(isinstance(each, int | float) for row in rows for each in row[:1]) and bool(rows[0])


def _orders(arrays: Weights) -> Iterator[Weights]:
    """The arrays as they come; kernels and biases in turn, where all kernels come first; kernels with their biases."""
    yield arrays
    half = len(arrays) // 2
    yield [each for pair in zip(arrays[:half], arrays[half:], strict=False) for each in pair]
    for axis in (0, 1):
        if all(array.ndim == 2 for array in arrays):
            yield [part for each in arrays for part in np.split(each, [-1], axis=axis)]


def _by_layers(theirs: dict[Any, Any]) -> list[Any]:
    """The values of a dict, layer by layer: by the numbers at the end of its keys, each kernel before its bias."""

    def place(item: tuple[Any, Any]) -> tuple[int, int]:
        number = re.search(r"\d+$", str(item[0]))
        size = 0 if isinstance(item[1], list | tuple | dict) else array_of(item[1]).size
        return int(number[0]) if number else 0, -size

    return [value for _, value in sorted(theirs.items(), key=place)]


LAYOUTS = tuple(
    Layout(container, transposed, bias, samples, labels)
    for labels in (False, True)
    for container in ("list", "pairs", "dict", "lists", "augmented")
    for transposed in (False, True)
    for samples in ("as they are", "flat", "columns")
    for bias in ("(n,)", "(1, n)", "(n, 1)")
    if container != "augmented" or bias == ("(n, 1)" if transposed else "(1, n)")
)
