"""Layers in a row: what fits together, and how they are built."""

import math
from collections.abc import Sequence
from typing import Any

from tinydnn import activations
from tinydnn.checks import check_count, check_name, check_shape
from tinydnn.device import devices
from tinydnn.device.backend import Shape
from tinydnn.device.memory import check_room
from tinydnn.device.threads import worthwhile
from tinydnn.engine.weights import Weights, moving
from tinydnn.layers import InputLayer, Layer
from tinydnn.names import auto_name


class Stack(Weights):
    """Layers in a row, each taking what the one before it gives.

    Args: as `models.Sequential` has them.
    """

    def __init__(
        self,
        layers: Sequence[Layer] | None,
        trainable: bool,
        name: str | None,
        device: str | None,
        threads: int | None,
    ) -> None:
        super().__init__(trainable)
        self.name = auto_name(type(self).__name__) if name is None else check_name(name, "model")
        self._asked_for = device, None if threads is None else check_count("threads", threads)
        self._choose_device()
        self.layers: list[Layer] = []
        self.sample_shape: Shape | None = None
        self.input_layer: InputLayer | None = None
        self.built = False
        self._names: set[str] = set()
        self._gives: Shape | None = None  # the shape of one output, where it is known already
        for layer in layers or []:
            self._append(layer)
        self._build_where_stated()

    # -- building ----------------------------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer at the end.

        Raises:
            TypeError: no layer.
            ValueError: an Input that is not the first, a layer that the model has already, two
                layers of one name, or one that doesn't fit the shape or dtype of those before it.
        """
        before = self.sample_shape, self.built, self._gives
        self._append(layer)
        try:
            self._build_where_stated()
        except BaseException:
            self.sample_shape, self.built, self._gives = before
            self._names.remove(self.layers.pop().name)
            raise

    def _append(self, layer: Layer) -> None:
        """Put a layer at the end, without weights."""
        if not isinstance(layer, Layer):
            raise TypeError(f"add expects one of tinydnn.layers. Received: {layer!r}")
        if isinstance(layer, InputLayer):
            if self.layers or self.input_layer:
                raise ValueError(f"An Input comes first. Received: {layer.name!r} after {len(self.layers)} layers")
            self.input_layer, self.sample_shape = layer, layer.given_shape
            return
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
        self._gives, self.built = gives, False

    def _build_where_stated(self) -> None:
        """Build the model if an Input or its first layer says what it takes."""
        if self.layers and (shape := self.sample_shape or self.layers[0].given_shape):
            self.build_for(shape)

    def compute_output_shape(self, sample_shape: Shape) -> Shape:
        """The shape of one output, for samples of this shape."""
        for layer in self.layers:
            sample_shape = layer.compute_output_shape(sample_shape)
        return sample_shape

    def build(self, input_shape: Sequence[Any]) -> None:
        """Draw the layers' weights, for batches of this shape: (None, 784), with the batch in front as in Keras.

        Raises:
            ValueError: no such shape, one that doesn't fit the layers, or another one than it was built for.
        """
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
        shape = sample_shape
        for layer in self.layers:
            shape = layer.build(shape)
        self.sample_shape, self._gives = sample_shape, shape
        self.built = True

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
        if any(layer.mixes_rows for layer in self.layers):
            return 1
        return min(rows, self.threads or worthwhile(rows * self.count_params()))

    def leaves_threads_to_blas(self, rows: int) -> bool:
        """Whether BLAS may use threads of its own: nobody asked for a number, and a large batch can't be shared."""
        whole = self.threads is None and any(layer.mixes_rows for layer in self.layers)
        return whole and worthwhile(rows * self.count_params()) > 1

    @property
    def last_activation(self) -> activations.Activation | None:
        """The activation of the last layer, through which a loss may look to the logits; None where it has none."""
        last = self.layers[-1].activation
        return None if last is activations.linear else last

    @property
    def converts_input(self) -> bool:
        """Whether the first layer that computes takes samples of any dtype."""
        return next((layer.converts for layer in self.layers if layer.computes), False)
