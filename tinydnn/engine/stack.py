"""Layers in a row: what fits together, how they are built, and the graph that they are."""

import math
from collections.abc import Sequence
from typing import Any

from tinydnn import activations
from tinydnn.checks import check_count, check_name, check_shape
from tinydnn.device import devices
from tinydnn.device.backend import Shape
from tinydnn.device.memory import check_room
from tinydnn.device.threads import worthwhile
from tinydnn.engine.graph import Graph, flat_layers
from tinydnn.engine.weights import Weights, moving
from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.keras_tensor import Call, KerasTensor
from tinydnn.layers.operation import unpacked
from tinydnn.names import auto_name


class Stack(Weights):
    """Layers, or models, in a row, each taking what the one before it gives.

    Args: as `models.Sequential` has them.

    graph: what a pass runs over; None before the model is built.
    inputs, outputs: the symbolic tensors at its ends; empty before the model is built.
    """

    keras_class = "Sequential"  # which files name
    merges = False  # it is called on one tensor

    def __init__(
        self,
        layers: Sequence[Any] | None,
        trainable: bool,
        name: str | None,
        device: str | None,
        threads: int | None,
    ) -> None:
        super().__init__(trainable)
        self.name = auto_name(type(self).__name__) if name is None else check_name(name, "model")
        self._asked_for = device, None if threads is None else check_count("threads", threads)
        self._choose_device()
        self.layers: list[Any] = []
        self.graph: Graph | None = None
        self.inputs: list[KerasTensor] = []
        self.outputs: list[KerasTensor] = []
        self.sample_shape: Shape | None = None
        self.built = False
        self._names: set[str] = set()
        self._gives: Shape | None = None  # the shape of one output, where it is known already
        for layer in layers or []:
            self._append(layer)
        self._build_where_stated()

    # -- building ----------------------------------------------------------------------------------

    def add(self, layer: Any) -> None:
        """Put a layer, or a model, at the end.

        Raises:
            TypeError: neither.
            ValueError: an Input that is not the first, a layer that the model has already, two
                layers of one name, or one that doesn't fit the shape or dtype of those before it.
        """
        before = self.sample_shape, self.built, self._gives, self.graph
        self._append(layer)
        try:
            self._build_where_stated()
        except BaseException:
            self.sample_shape, self.built, self._gives, self.graph = before
            self._names.remove(self.layers.pop().name)
            raise

    def pop(self) -> Any:
        """Take the last layer away, with its weights, and return it.

        Raises:
            ValueError: there is none.
        """
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layer to take away")
        layer = self.layers.pop()
        self._names.remove(layer.name)
        self.graph, self.outputs, self.built = None, [], False
        self._gives = None if self.sample_shape is None else Stack.compute_output_shape(self, self.sample_shape)
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
        if not isinstance(layer, Layer | Stack):
            raise TypeError(f"add expects one of tinydnn.layers, or a model. Received: {layer!r}")
        if isinstance(layer, Stack) and len(layer.outputs) > 1:
            raise ValueError(f"A model in a row gives one output; use Model(inputs, outputs). Received: {layer!r}")
        if layer.name in self._names:
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
        gives = None if arrives is None else layer.compute_output_shape(arrives)
        self.layers.append(layer)
        self._names.add(layer.name)
        self._gives, self.built, self.graph = gives, False, None

    def _build_where_stated(self) -> None:
        """Build the model if an Input or its first layer says what it takes."""
        if self.layers and (shape := self.sample_shape or self.layers[0].given_shape):
            self.build_for(shape)

    def compute_output_shape(self, sample_shape: Shape) -> Shape:
        """The shape of one output, for samples of this shape."""
        for layer in self.layers:
            sample_shape = layer.compute_output_shape(sample_shape)
        return sample_shape

    def build(self, input_shape: Sequence[Any] | None = None) -> None:
        """Draw the layers' weights, for batches of this shape: (None, 784), with the batch in front as in Keras.

        input_shape: None where an Input or the first layer says it.

        Raises:
            ValueError: no such shape, one that doesn't fit the layers, or another one than it was built for.
        """
        if input_shape is None:
            self._build_where_stated()
            self._require_built("build")
            return
        shape = check_shape(input_shape[1:], "build, behind the batch as in (None, 784),")
        if self.sample_shape not in (None, shape):
            raise ValueError(f"Model {self.name!r} takes samples of shape {self.sample_shape}. Received: {shape}")
        self.build_for(shape)

    def build_for(self, sample_shape: Shape) -> None:
        """Build the layers, where that has not been done, and see that their weights are on this model's device."""
        if self.built and self.here:
            return
        with moving():  # several threads may be the first to use a model
            if not self.built:
                self._build_for(sample_shape)
            self.settle()

    def _build_for(self, sample_shape: Shape) -> None:
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers yet; add some")
        sizes, shape = {}, sample_shape
        for layer in self.layers:
            sizes[layer.name] = 0 if layer.built else sum(map(math.prod, layer.weight_shapes(shape).values()))
            shape = layer.compute_output_shape(shape)
        check_room(sizes, self.dtype, self.backend.empty)  # raises, as the shapes do, before anything is changed
        tensor = source = self.inputs[0] if self.inputs else InputLayer(sample_shape, dtype=self.dtype).tensor()
        for layer in self.layers:
            tensor = layer(tensor)
        self.inputs, self.sample_shape, self._gives = [source], sample_shape, shape
        auto_name("Functional")  # Keras makes a model of this kind here, which uses up a number
        self._take_graph([tensor])

    def _take_graph(self, outputs: list[KerasTensor]) -> None:
        """Be built: what lies between the input and these tensors is the model."""
        self.graph = Graph(self.name, self.inputs[0], outputs)
        self.outputs, self.built = outputs, True

    @property
    def input_layer(self) -> InputLayer | None:
        """What states the shape of a sample, where that is known."""
        return self.inputs[0].call.layer if self.inputs else None

    @property
    def given_shape(self) -> Shape | None:
        """The shape of the samples that it takes, where that is known."""
        return self.sample_shape

    @property
    def flat_layers(self) -> list[Layer]:
        """The layers, with those of the models among them, each once and without an InputLayer."""
        if self.graph is not None:
            return self.graph.layers
        return list(dict.fromkeys(each for entry in self.layers for each in flat_layers(entry)))

    def weight_shapes(self, sample_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight, by a name, for samples of this shape; nothing is drawn."""
        shapes: dict[str, Shape] = {}
        for layer in self.layers:
            shapes |= {f"{layer.name}/{name}": shape for name, shape in layer.weight_shapes(sample_shape).items()}
            sample_shape = layer.compute_output_shape(sample_shape)
        return shapes

    # -- symbolic tensors --------------------------------------------------------------------------

    def called_on(self, tensor: KerasTensor) -> Any:
        """What the model gives for a symbolic tensor: another one, or a list where it has several outputs."""
        if self.sample_shape not in (None, tensor.sample_shape):
            raise ValueError(
                f"Model {self.name!r} takes samples of shape {self.sample_shape}. Received: {tensor.sample_shape}"
            )
        self.build_for(tensor.sample_shape)
        call = Call(self, (tensor,))
        return unpacked([KerasTensor(each.sample_shape, self.dtype, call, i) for i, each in enumerate(self.outputs)])

    @property
    def input(self) -> KerasTensor:
        """The symbolic tensor that it takes."""
        self._require_built("input")
        return self.inputs[0]

    @property
    def output(self) -> Any:
        """The symbolic tensor that it gives, or the list of them."""
        self._require_built("output")
        return unpacked(self.outputs)

    def _choose_device(self) -> None:
        self.backend = devices.get(*self._asked_for)
        self.threads = 1 if self.device == "gpu" else self._asked_for[1]

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch, (None, 28, 28)."""
        if self.sample_shape is None:
            raise AttributeError(f"Model {self.name!r} has no input_shape before it is built")
        return (None, *self.sample_shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of a batch of outputs, (None, 10)."""
        if self.sample_shape is None:
            raise AttributeError(f"Model {self.name!r} has no output_shape before it is built")
        return (None, *self.compute_output_shape(self.sample_shape))

    @property
    def device(self) -> str:
        """What it computes on: "cpu" or "gpu"."""
        return self.backend.device

    def threads_for(self, rows: int) -> int:
        """How many threads share a batch of so many rows, once the model is built: one, where a layer mixes them."""
        if any(layer.mixes_rows for layer in self.flat_layers):
            return 1
        return min(rows, self.threads or worthwhile(rows * self.count_params()))

    def leaves_threads_to_blas(self, rows: int) -> bool:
        """Whether BLAS may use threads of its own: nobody asked for a number, and a large batch can't be shared."""
        whole = self.threads is None and any(layer.mixes_rows for layer in self.flat_layers)
        return whole and worthwhile(rows * self.count_params()) > 1

    @property
    def last_activation(self) -> activations.Activation | None:
        """The activation of the last layer, through which a loss may look to the logits; None where it has none."""
        assert self.graph is not None
        last = self.graph.nodes[-1].layer.activation
        return None if last is activations.linear else last

    @property
    def converts_input(self) -> bool:
        """Whether the layers that compute something of the samples take them in any dtype."""
        assert self.graph is not None
        return self.graph.converts_input
