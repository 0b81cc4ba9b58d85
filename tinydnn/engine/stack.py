"""A stack of layers: the graph that they are, the symbolic tensors at its ends, and the device that computes it."""

from collections.abc import Sequence
from typing import Any

from tinydnn import activations
from tinydnn.checks import check_batch_shape, check_count, check_name
from tinydnn.device import devices
from tinydnn.device.backend import Shape
from tinydnn.device.threads import worthwhile
from tinydnn.engine.graph import Graph, flat_layers
from tinydnn.engine.weights import Weights, moving
from tinydnn.layers import InputLayer, Layer
from tinydnn.layers.keras_tensor import Call, KerasTensor
from tinydnn.layers.operation import unpacked
from tinydnn.names import auto_name


class Stack(Weights):
    """Layers, or models, and how one takes what others give.

    Args: as `models.Sequential` has them.

    layers: as Keras shows them, with the models that are called; `flat_layers` has their layers.
    graph: what a pass runs over; None before the model is built.
    inputs, outputs: the symbolic tensors at its ends; empty before the model is built, but for an Input that was given.
    """

    keras_class: str  # which files name
    merges = False  # it is called on one tensor

    def __init__(self, trainable: bool, name: str | None, device: str | None, threads: int | None) -> None:
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

    # -- building ----------------------------------------------------------------------------------

    def build(self, input_shape: Sequence[Any] | None = None) -> None:
        """Draw the layers' weights, for batches of this shape: (None, 784), with the batch in front as in Keras.

        input_shape: None where an Input or the first layer says it.

        Raises:
            ValueError: no such shape, one that doesn't fit the layers, or another one than it was built for.
        """
        if input_shape is None:
            if self.given_shape is not None:
                self.build_for(self.given_shape)
            self._require_built("build")
            return
        shape = check_batch_shape(input_shape, "build")
        self._check_sample_shape(shape)
        self.build_for(shape)

    def _check_sample_shape(self, shape: Shape) -> None:
        """Raise a ValueError if the model takes samples of another shape."""
        if self.sample_shape not in (None, shape):
            raise ValueError(f"Model {self.name!r} takes samples of shape {self.sample_shape}. Received: {shape}")

    def build_for(self, sample_shape: Shape) -> None:
        """Build the layers, where that has not been done, and see that their weights are on this model's device."""
        if self.built and self.here:
            return
        with moving():  # several threads may be the first to use a model
            if not self.built:
                self._build_for(sample_shape)
            self.settle()

    def _build_for(self, sample_shape: Shape) -> None:
        """Build what is not built yet."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """The shape of a batch of outputs, or the list of them, for a batch of this shape: (None, 784) or (32, 784).

        Raises:
            ValueError: no such shape, or one that the model doesn't take.
        """
        shape = check_batch_shape(input_shape, "compute_output_shape")
        self._check_sample_shape(shape)
        return _of_batches(input_shape[0], self.output_shape_for(shape))

    def output_shape_for(self, sample_shape: Shape) -> Any:
        """The shape of one output, for samples of this shape; a list of them where there are several outputs."""
        raise NotImplementedError

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

    # -- symbolic tensors --------------------------------------------------------------------------

    def called_on(self, tensor: KerasTensor) -> Any:
        """What the model gives for a symbolic tensor: another one, or a list where it has several outputs."""
        self._check_sample_shape(tensor.sample_shape)
        self.build_for(tensor.sample_shape)
        call = Call(self, (tensor,))
        return unpacked([KerasTensor(each.sample_shape, self.dtype, call, i) for i, each in enumerate(self.outputs)])

    @property
    def input(self) -> KerasTensor:
        """The symbolic tensor that it takes."""
        self._require_tensors("input")
        return self.inputs[0]

    @property
    def output(self) -> Any:
        """The symbolic tensor that it gives, or the list of them."""
        self._require_tensors("output")
        return unpacked(self.outputs)

    def _require_tensors(self, name: str) -> None:
        """Raise the AttributeError of what the model has once it is built."""
        if not self.built:
            raise AttributeError(f"Model {self.name!r} has no {name} before it is built")

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
    def output_shape(self) -> Any:
        """The shape of a batch of outputs, (None, 10), or the list of them."""
        if self.sample_shape is None:
            raise AttributeError(f"Model {self.name!r} has no output_shape before it is built")
        return _of_batches(None, self.output_shape_for(self.sample_shape))

    @property
    def device(self) -> str:
        """What it computes on: "cpu" or "gpu"."""
        return self.backend.device

    @property
    def mixes_rows(self) -> bool:
        """Whether a layer mixes the rows of a batch in training, so that they can't be shared."""
        return any(layer.mixes_rows for layer in self.flat_layers)

    def threads_for(self, rows: int) -> int:
        """How many threads share a batch of so many rows, once the model is built: one, where a layer mixes them."""
        if self.mixes_rows:
            return 1
        return min(rows, self.threads or worthwhile(rows * self.count_params()))

    def leaves_threads_to_blas(self, rows: int) -> bool:
        """Whether BLAS may use threads of its own: nobody asked for a number, and a large batch can't be shared."""
        whole = self.threads is None and self.mixes_rows
        return whole and worthwhile(rows * self.count_params()) > 1

    @property
    def last_activation(self) -> activations.Activation | None:
        """The activation of the last layer, through which a loss may look to the logits; None where it has none."""
        assert self.graph is not None
        last = self.graph.nodes[-1].layer.activation
        return None if last is activations.linear else last


def _of_batches(rows: int | None, shapes: Any) -> Any:
    """The shape of a batch of so many rows, from that of one; or a list of shapes, each so."""
    return [(rows, *shape) for shape in shapes] if isinstance(shapes, list) else (rows, *shapes)
