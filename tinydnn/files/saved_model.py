"""What a file holds of a model, before any of its layers is built."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tinydnn.checks import check_shape
from tinydnn.device.backend import Array, Shape
from tinydnn.files import wiring
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.layer import known


@dataclass
class SavedModel:
    """What a file holds of a model.

    keras_class: "Sequential" or "Functional".
    name: the model's; None where the file has none.
    entries: the layers and models, after an InputLayer where there is one; none of them is built.
    batch_shape: the shape of a batch that the model was built for, (None, 28, 28); None where the file has none.
    compile_arguments: the arguments of `compile`, as objects; None where it was not compiled.
    weights: all weights, layer by layer; empty where they are to be initialized.
    optimizer_variables: the number of steps, the learning rate and the slots; empty where the file has none.
    source, calls, outputs, gives_list: how the entries of a Functional model hang together, as `wiring.read` has it.
    """

    keras_class: str
    name: str | None
    entries: list[Any]
    batch_shape: Sequence[Any] | None
    compile_arguments: dict[str, Any] | None
    weights: list[Array] = field(default_factory=list)
    optimizer_variables: list[Array] = field(default_factory=list)
    source: Any = None
    calls: wiring.Calls = field(default_factory=list)
    outputs: wiring.Refs = field(default_factory=list)
    gives_list: bool = False

    merges = False  # it is called on one tensor

    @property
    def layers(self) -> list[Any]:
        """The layers and models, as the model will have them: a Sequential without its InputLayer."""
        if self.keras_class == "Functional":
            return self.entries
        return [entry for entry in self.entries if not isinstance(entry, InputLayer)]

    @cached_property
    def most_calls(self) -> int:
        """How many layers are called when the model is, those of the models in it too."""
        return sum(getattr(layer, "most_calls", 1) for layer in [layer for layer, _ in self.calls] or self.layers)

    @property
    def dtype(self) -> str:
        """The dtype of the layers."""
        return str(self.layers[-1].dtype) if self.layers else "float32"

    def weight_shapes(self, most: int) -> list[list[Shape]]:
        """The shapes that each layer's weights will have; a model that was not built has none yet.

        most: the number of bytes that all weights together may take, since the file has no more.

        Raises:
            FileFormatError: the weights would take more.
            ValueError: `batch_shape` is not a shape, or a layer doesn't fit the one before it.
        """
        shapes: dict[int, list[Shape]] = {}
        if (shape := self._sample_shape()) is not None:
            self._note_shapes(shape, shapes)
        total, found = 0, []
        for layer in flat_layers(self):
            found.append(shapes.get(id(layer), []))
            total += sum(map(math.prod, found[-1])) * np.dtype(layer.dtype).itemsize
            if total > most:
                raise FileFormatError(f"{layer.name}: expected {most:,} bytes of weights at most. Found: {total:,}")
        return found

    def _note_shapes(self, sample_shape: Shape, shapes: dict[int, list[Shape]]) -> list[Shape]:
        """Note the shapes of each layer's weights by its id, for samples of this shape; → those of the outputs."""
        row = [(layer, [(i, 0)]) for i, layer in enumerate(self.layers)]
        calls, outputs = (self.calls, self.outputs) if self.source else (row, [(len(row), 0)])
        given = [[sample_shape]]
        for layer, refs in calls:
            taken = tuple(given[call][index] for call, index in refs)
            if isinstance(layer, SavedModel):
                given.append(layer._note_shapes(taken[0], shapes))
                continue
            shape: Any = taken if layer.merges else taken[0]
            given.append([layer.compute_output_shape(shape)])
            shapes[id(layer)] = list(layer.weight_shapes(shape).values())
        return [given[call][index] for call, index in outputs]

    def _sample_shape(self) -> Shape | None:
        if self.batch_shape:
            return check_shape(self.batch_shape[1:], "build_input_shape, behind the batch as in (None, 784),")
        if self.source:
            return known(self.source.given_shape)
        if not self.entries:
            return None
        first = self.entries[0]
        return first._sample_shape() if isinstance(first, SavedModel) else first.given_shape


def flat_layers(model: Any) -> list[Any]:
    """The layers of a model, and those of the models in it, each once; an InputLayer where `layers` has it."""
    return list(dict.fromkeys(every_layer(model)))


def every_layer(model: Any) -> Iterator[Any]:
    """The same, as often as they are there."""
    for entry in model.layers:
        if isinstance(entry, Layer):
            yield entry
        else:
            yield from every_layer(entry)
