"""Layers: forward and backward side by side (mirrors keras/src/layers/layer.py).

A layer holds its weights and settings, nothing of a batch. What it computes for one lies in a `Trace`
that a pass keeps for it, so several passes can run over the same layers at the same time.

Shapes here are those of one sample: (28, 28) where Keras prints (None, 28, 28). Arrays have one axis
more, the rows of a batch, in front.
"""

import math
from collections.abc import Sequence
from typing import Any

from tinydnn import activations, constraints, initializers, regularizers
from tinydnn.checks import check_name, check_shape, check_weights
from tinydnn.config import check_bool, check_dtype
from tinydnn.device.backend import Array, Backend, Shape
from tinydnn.device.interrupts import deferred_interrupt
from tinydnn.layers.operation import Operation
from tinydnn.layers.trace import Trace
from tinydnn.names import auto_name
from tinydnn.tensors import Tensor, named


class Layer(Operation):
    """The base of all layers.

    Args:
        input_shape: the shape of one sample, for the first layer of a model; else it is inferred.
        input_dim: n for input_shape=(n,).
        name: None numbers it by its class: dense, dense_1, …
        dtype: "float32" or "float64"; None means `config.floatx()`.
        trainable: whether training changes its weights.
    """

    states = 0  # how many of the weights, the last ones, are no parameters: no gradient trains them
    mixes_rows = False  # whether a row's output in training depends on the other rows of its batch
    computes = True  # False for a layer that only looks at its input in another shape
    converts = False  # True for a layer that takes an input of any dtype
    kernel_regularizer: regularizers.Regularizer | None = None  # a kernel is the first of the weights
    bias_regularizer: regularizers.Regularizer | None = None  # a bias is the second
    activity_regularizer: regularizers.Regularizer | None = None  # of a layer whose outputs are (rows, units)
    kernel_constraint: constraints.Constraint | None = None
    bias_constraint: constraints.Constraint | None = None
    _activation: activations.Activation = activations.linear

    def __init__(
        self,
        *,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
        trainable: bool = True,
    ) -> None:
        super().__init__()
        self._trainable = check_bool("trainable", trainable)
        self.name = auto_name(type(self).__name__) if name is None else check_name(name)
        self.dtype = check_dtype(dtype)
        if input_dim is not None and input_shape is not None:
            raise ValueError(
                f"Give input_shape or input_dim. Received: input_shape={input_shape!r}, input_dim={input_dim!r}"
            )
        shape = input_shape if input_dim is None else (input_dim,)
        self.given_shape = None if shape is None else check_shape(shape, f"{self.name}: input_shape")
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.weights: list[Array] = []
        self.backend = Backend()
        self.stream_seed = 0  # its stream of random numbers, where it draws any
        self.steps_seen = 0  # training steps so far; each draws anew
        self.in_a_vector = False  # whether its weights lie in the flat vector of a model
        self.trained_by: list[Any] = []  # the models that train at this moment

    # -- building ----------------------------------------------------------------------------------

    @property
    def built(self) -> bool:
        return self.output_shape is not None

    def build(self, input_shape: Shape) -> Shape:
        """Fix the shape of one sample and draw the initial weights; → the shape of one output."""
        shapes: Any = input_shape if self.merges else [input_shape]
        if any(None in shape for shape in shapes):
            raise ValueError(
                f"Layer {self.name!r} expects the shape of one sample, without the batch, as (8,). "
                f"Received: {input_shape}"
            )
        if self.input_shape not in (None, input_shape):
            raise ValueError(
                f"Layer {self.name!r} was built for samples of shape {self.input_shape}. Received: {input_shape}"
            )
        if not self.built:
            self.output_shape = self.compute_output_shape(input_shape)
            self.input_shape = input_shape
            self._hold(self.initial_weights(input_shape))
            for i, constraint in self.constrained:
                constraint(self.weights[i])  # what doesn't fit the weights is refused before the first update
        assert self.output_shape is not None
        return self.output_shape

    @property
    def xp(self) -> Any:
        """The array module of its weights."""
        return self.backend.xp

    def __getstate__(self) -> dict[str, Any]:
        """What a copy has: its weights are NumPy's, and lie in no model's vector."""
        own = {"weights": self.get_weights(), "backend": Backend(), "in_a_vector": False, "trained_by": []}
        return {**self.__dict__, **own, "given_tensors": []}

    def place(self, backend: Backend) -> None:
        """Move all weights to this device."""
        self._hold([backend.asarray(weight) for weight in self.get_weights()])
        self.backend, self.in_a_vector = backend, False

    def move(self, views: list[Array], backend: Backend) -> None:
        """Move the weights that gradients train into these views of a model's flat vector, on this device."""
        if self.backend.device != backend.device:
            self.place(backend)
        for view, weight in zip(views, self.learned, strict=True):
            view[...] = weight
        self._hold([*views, *self.weights[len(views) :]])
        self.in_a_vector = bool(views)

    def _hold(self, weights: list[Array]) -> None:
        """Have these arrays as the weights."""
        self.weights = weights
        self.weights = named(weights, self.weight_names, self.name)
        self._tell_weights()

    def _tell_weights(self) -> None:
        """Have each weight know whether it is trained."""
        for i, weight in enumerate(self.weights):
            if isinstance(weight, Tensor):
                weight.trainable = self._trainable and i < len(self.learned)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight by Keras' name, such as kernel, in the order of `weights`; nothing is drawn."""
        return {}

    @property
    def weight_names(self) -> list[str]:
        """Keras' names of its weights, such as kernel; w0, w1, … in a layer that has none for them."""
        shapes = self.weight_shapes(self.input_shape) if self.input_shape is not None else {}
        return list(shapes or (f"w{i}" for i in range(len(self.weights))))

    def initial_weights(self, input_shape: Shape) -> list[Array]:
        """Each weight as its initializer draws it: a kernel as kernel_initializer does."""
        shapes = self.weight_shapes(input_shape).items()
        chosen = ((getattr(self, f"{name}_initializer"), shape) for name, shape in shapes)
        return [(each or initializers.GlorotUniform())(shape, self.dtype) for each, shape in chosen]

    # -- computing ---------------------------------------------------------------------------------

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        """A trace with arrays for `rows` rows; room(name, shape) hands them out."""
        t = Trace()
        t.training = training
        if self.computes:
            t.y = room("y", (rows, *known(self.output_shape)))
            if needs_dx:
                t.dx = room("dx", (rows, *known(self.input_shape)))
        return t

    def begin_step(self, rows: int) -> None:
        """Do what a training step needs before threads share its batch of so many rows."""

    def prepare(self, t: Trace) -> None:
        """Do what a step needs of the host before its forward pass, whose calls a GPU may have recorded."""

    def forward(self, x: Array, t: Trace) -> Array:
        """y from x."""
        raise NotImplementedError

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """dx from dy, which stays as it is, and the gradients of the weights into t.gradients; None without t.dx."""
        raise NotImplementedError

    def finish_step(self, t: Trace) -> None:
        """Count a training step that the optimizer has taken."""
        self.steps_seen += 1

    # -- weights and settings ----------------------------------------------------------------------

    @property
    def learned(self) -> list[Array]:
        """Its parameters, which gradients train unless it is frozen; they come before its other weights."""
        return self.weights[: len(self.weights) - self.states]

    @property
    def trainable(self) -> bool:
        """Whether training changes its weights.

        As in Keras, a change takes effect at the first training after the model's next `compile`.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        self._tell_weights()

    @property
    def trainable_weights(self) -> list[Array]:
        """Those that training changes, as the arrays in which they lie."""
        return self.learned if self._trainable else []

    @property
    def non_trainable_weights(self) -> list[Array]:
        """The others: moving averages, and all of a frozen layer."""
        return self.weights[len(self.trainable_weights) :]

    @property
    def variables(self) -> list[Array]:
        """Its weights; the states of seeds, which Keras has among them, are none here."""
        return self.weights

    trainable_variables, non_trainable_variables = trainable_weights, non_trainable_weights

    def get_weights(self) -> list[Array]:
        """Copies of the weights as NumPy arrays; a Dense layer's are [kernel, bias]."""
        return [self.backend.to_numpy(weight) for weight in self.weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over these values.

        Raises:
            ValueError: wrong number or shapes, or values that are no finite numbers; nothing has changed then.
        """
        weights = check_weights(weights, [weight.shape for weight in self.weights], self.dtype, f"Layer {self.name!r}")
        with deferred_interrupt():
            for weight, values in zip(self.weights, weights, strict=True):
                weight[...] = self.backend.asarray(values)

    @property
    def parameter_names(self) -> list[str]:
        """By which names it has the regularizers and constraints of its parameters, in their order."""
        return ["kernel", "bias"]

    @property
    def penalties(self) -> list[tuple[int, regularizers.Regularizer]]:
        """The place of each weight that has a regularizer, and this."""
        return self._of_parameters("regularizer")

    @property
    def constrained(self) -> list[tuple[int, constraints.Constraint]]:
        """The place of each weight that has a constraint, and this."""
        return self._of_parameters("constraint")

    def _of_parameters(self, kind: str) -> list[tuple[int, Any]]:
        chosen = [getattr(self, f"{name}_{kind}") for name in self.parameter_names]
        return [(i, each) for i, each in zip(range(len(self.weights)), chosen, strict=False) if each is not None]

    def constrain(self) -> None:
        """Hold the weights to their constraints, which comes after each update."""
        for i, constraint in self.constrained:
            self.weights[i][...] = constraint(self.weights[i])

    def count_params(self) -> int:
        """The number of weights: 324 * (784 + 1) = 254,340 for a Dense(324) on 784 inputs."""
        return sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def activation(self) -> activations.Activation:
        """What it applies to z, fixed once the layer is made; `linear` in a layer that has none."""
        return self._activation

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this layer again."""
        return {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


def known(shape: Shape | None) -> Shape:
    """The shape of a layer that is built."""
    assert shape is not None, "a pass runs over layers that are built"
    return shape
