"""Dense (mirrors keras/src/layers/core/dense.py)."""

from typing import Any

from tinydnn import activations, constraints, initializers, regularizers
from tinydnn.checks import is_int
from tinydnn.device.backend import Array, Shape
from tinydnn.layers.activation import Activation, activation_of, shape_of
from tinydnn.layers.layer import Layer
from tinydnn.layers.trace import Trace


class Dense(Layer):
    """A fully connected layer: a = activation(x @ W + b).

    Mirrors keras/src/layers/core/dense.py. x: (rows, inputs), W: (inputs, units), b: (units,).

    Args:
        units: the number of outputs.
        activation: by name, one of `tinydnn.activations`, a layer such as LeakyReLU(), or None for linear.
        use_bias: whether there is a b.
        kernel_initializer, bias_initializer: by name, as one of `tinydnn.initializers`, or None for glorot_uniform.
        kernel_regularizer, bias_regularizer: a penalty on W or b, by name, as one of `tinydnn.regularizers`, or None.
        activity_regularizer: a penalty on each row of a, as L1, L2 or L1L2, by name or as one, or None.
        kernel_constraint, bias_constraint: what W or b is held to, by name, as one of `tinydnn.constraints`, or None.
    """

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: str | initializers.Initializer | None = "glorot_uniform",
        bias_initializer: str | initializers.Initializer | None = "zeros",
        kernel_regularizer: str | regularizers.Regularizer | None = None,
        bias_regularizer: str | regularizers.Regularizer | None = None,
        activity_regularizer: str | regularizers.Regularizer | None = None,
        kernel_constraint: str | constraints.Constraint | None = None,
        bias_constraint: str | constraints.Constraint | None = None,
        **kwargs: Any,
    ) -> None:
        if not is_int(units) or units < 1:
            raise ValueError(f"Dense expects units as a positive integer. Received: units={units!r}")
        super().__init__(**kwargs)
        self.units = int(units)
        self._activation, self.activation_layer = activation_of(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.activity_regularizer = regularizers.get(activity_regularizer)
        if type(self.activity_regularizer) not in (type(None), regularizers.L1, regularizers.L2, regularizers.L1L2):
            raise TypeError(f"activity_regularizer expects L1, L2 or L1L2. Received: {activity_regularizer!r}")
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)

    @property
    def kernel(self) -> Array:
        """W, (inputs, units): the model's own memory."""
        if not self.built:
            raise AttributeError(f"Dense {self.name!r} has no kernel before it is built")
        return self.weights[0]

    @property
    def bias(self) -> Array | None:
        """b, (units,): the model's own memory."""
        return self.weights[1] if self.built and self.use_bias else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise ValueError(
                f"Dense {self.name!r} expects each sample as one row of numbers; put a Flatten before it. "
                f"Received: samples of shape {input_shape}"
            )
        return shape_of(self.activation_layer, (self.units,))

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        kernel, bias = {"kernel": (*input_shape, self.units)}, {"bias": (self.units,)}
        return {**kernel, **bias} if self.use_bias else kernel

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        t.z = t.y if self.activation is activations.linear else room("z", (rows, self.units))
        if training:
            t.dz = room("dz", (rows, self.units))
            t.ones = room("ones", (rows,))
            t.ones[...] = 1
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """z = x @ W + b,  a = activation(z)"""
        z = self.backend.matmul(x, self.weights[0], out=t.z)
        if t.loss_activates or self.activation is activations.linear:
            return self.xp.add(z, self.weights[1], out=z) if self.use_bias else z
        if self.use_bias:
            self.activation.add_and_forward(self.xp, self.weights[1], z, t.y)
        else:
            self.activation.forward(self.xp, z, t.y)
        return t.y

    def backward(self, da: Array, t: Trace) -> Array | None:
        """From a = activation(z):  dz = da * activation'(z), which the activation computes from z and a.

        From z = x @ W + b:  dW = x.T @ dz,  db = the sum of dz over the rows,  dx = dz @ W.T
        """
        if t.loss_takes_z or self.activation is activations.linear:
            t.dz = da
        else:
            self.activation.backward(self.xp, t.z, t.y, da, t.dz)
        dz = t.dz
        if not t.frozen:
            self.backend.matmul(t.x.T, dz, out=t.gradients[0])
            if self.use_bias:
                self.backend.matmul(t.ones, dz, out=t.gradients[1])  # ones @ dz is that sum, and BLAS is fast at it
        return None if t.dx is None else self.backend.matmul(dz, self.weights[0].T, out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": self.activation_layer or self.activation,
            "use_bias": self.use_bias,
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "activity_regularizer": self.activity_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
        }
