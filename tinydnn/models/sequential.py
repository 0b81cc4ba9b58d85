"""Sequential: layers in a row (mirrors keras/src/models/sequential.py)."""

import math
from collections.abc import Sequence
from typing import Any

from tinydnn.device.backend import Shape
from tinydnn.device.memory import check_room
from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.models.model import Model
from tinydnn.names import auto_name
from tinydnn.old_spellings import OldMethods


class Sequential(Model, OldMethods):
    """Layers in a row, each taking what the one before it gives.

    Mirrors keras/src/models/sequential.py.

    Args:
        layers: the layers, or models, or none, to add them one by one; other models may have them too.
        trainable: whether training changes the weights.
        name: None numbers it: sequential, sequential_1, …
        device: "cpu", "gpu", or "auto", a GPU where one works; None takes `config.device()`.
        threads: how many threads share each batch on a CPU; None takes as many of the cores that this process may
            use as have enough to do. The same number gives the same bits; another one differs by rounding. A GPU
            takes a batch whole.

    Raises:
        ValueError: a bad argument.
        devices.GpuError: device="gpu", and there is none that works; the message says why, and what helps.

    The shape of one sample comes from an `Input`, from the first layer's `input_shape`, or from the first
    data that the model sees.
    """

    keras_class = "Sequential"

    def __init__(
        self,
        layers: Sequence[Any] | None = None,
        trainable: bool = True,
        name: str | None = None,
        *,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(trainable, name, device, threads)
        self._gives: Shape | None = None  # the shape of one output, where it is known already
        for layer in layers or []:
            self._append(layer)
        self._build_where_stated()

    def add(self, layer: Any) -> None:
        """Put a layer, or a model, at the end.

        Raises:
            RuntimeError: fit is at work on the model.
            TypeError: neither.
            ValueError: an Input that is not the first, a layer that the model has already, two
                layers of one name, or one that doesn't fit the shape or dtype of those before it.
        """
        self.require_idle("add")
        before = self.sample_shape, self.built, self._gives, self.graph
        self._append(layer)
        try:
            self._build_where_stated()
        except BaseException:
            self.sample_shape, self.built, self._gives, self.graph = before
            self.layers.pop()
            raise

    def pop(self) -> Any:
        """Take the last layer away, with its weights, and return it; compile the model before it is trained again.

        Raises:
            ValueError: there is none.
            RuntimeError: fit is at work on the model.
        """
        self.require_idle("pop")
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layer to take away")
        layer = self.layers.pop()
        self.graph, self.outputs, self.built = None, [], False
        self._gives = None if self.sample_shape is None else self.output_shape_for(self.sample_shape)
        self._build_where_stated()
        return layer

    def _append(self, layer: Any) -> None:
        """Put a layer at the end, without weights."""
        if isinstance(layer, InputLayer):
            layer = layer.tensor()
        if isinstance(layer, KerasTensor) and isinstance(layer.call.layer, InputLayer):
            if self.layers or self.inputs:
                raise ValueError(
                    f"An Input comes first. Received: {layer.call.layer.name!r} after {len(self.layers)} layers"
                )
            self.inputs, self.sample_shape = [layer], layer.sample_shape
            return
        if not isinstance(layer, Layer | Model):
            raise TypeError(f"add expects one of tinydnn.layers, or a model. Received: {layer!r}")
        if isinstance(layer, Model) and len(layer.outputs) > 1:
            raise ValueError(f"A model in a row gives one output; use Model(inputs, outputs). Received: {layer!r}")
        if any(each.name == layer.name for each in self.layers):
            raise ValueError(f"The layers of a model need different names. Received: {layer.name!r} twice")
        if self.layers and layer.dtype != self.dtype:
            raise ValueError(
                f"All layers of a model have one dtype, here {self.dtype}. Received: {layer.name!r} with {layer.dtype}"
            )
        arrives = self._gives if self.layers else self.sample_shape or layer.given_shape
        if layer.given_shape not in (None, arrives):
            raise ValueError(
                f"Layer {layer.name!r} says input_shape={layer.given_shape}, but gets samples of shape {arrives}"
            )
        gives = None if arrives is None else _output_shape(layer, arrives)
        self.layers.append(layer)
        self._gives, self.built, self.graph = gives, False, None

    @property
    def given_shape(self) -> Shape | None:
        """The shape of the samples that it takes, where an Input, its first layer or data said it."""
        return self.sample_shape or (self.layers[0].given_shape if self.layers else None)

    def _build_where_stated(self) -> None:
        if self.layers and self.given_shape is not None:
            self.build_for(self.given_shape)

    def _build_for(self, sample_shape: Shape) -> None:
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers yet; add some")
        sizes, shape = {}, sample_shape
        for layer in self.layers:
            sizes[layer.name] = 0 if layer.built else sum(map(math.prod, layer.weight_shapes(shape).values()))
            shape = _output_shape(layer, shape)
        check_room(sizes, self.dtype, self.backend.empty)  # raises, as the shapes do, before anything is changed
        tensor = source = self.inputs[0] if self.inputs else InputLayer(sample_shape, dtype=self.dtype).tensor()
        for layer in self.layers:
            tensor = layer(tensor)
        self.inputs, self.sample_shape, self._gives = [source], sample_shape, shape
        auto_name("Functional")  # Keras makes a model of this kind here, which uses up a number
        self._take_graph([tensor])

    def output_shape_for(self, sample_shape: Shape) -> Shape:
        """The shape of one output, for samples of this shape."""
        for layer in self.layers:
            sample_shape = _output_shape(layer, sample_shape)
        return sample_shape

    def weight_shapes(self, sample_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight, by a name, for samples of this shape; nothing is drawn."""
        shapes: dict[str, Shape] = {}
        for layer in self.layers:
            shapes |= {f"{layer.name}/{name}": shape for name, shape in layer.weight_shapes(sample_shape).items()}
            sample_shape = _output_shape(layer, sample_shape)
        return shapes


def _output_shape(entry: Any, sample_shape: Shape) -> Shape:
    """The shape of one output of a layer, or of a model of one output, for samples of this shape."""
    shape: Shape = (entry.compute_output_shape if isinstance(entry, Layer) else entry.output_shape_for)(sample_shape)
    return shape
