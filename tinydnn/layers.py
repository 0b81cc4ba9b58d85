"""Layers: forward and backward side by side (mirrors keras/src/layers).

A layer holds its weights and settings, nothing of a batch. What it computes for one lies in a `Trace`
that a pass keeps for it, so several passes can run over the same layers at the same time.

Shapes here are those of one sample: (28, 28) where Keras prints (None, 28, 28). Arrays have one axis
more, the rows of a batch, in front.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn import activations, initializers, random, regularizers
from tinydnn.config import cast, check_dtype
from tinydnn.device import kernels
from tinydnn.device.backend import Array, Backend
from tinydnn.device.memory import Shape
from tinydnn.names import auto_name, not_offered

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Input", "InputLayer", "Layer", "Rescaling", "Reshape"]


class Trace:
    """What one pass keeps of one layer; its arrays hold until the pass runs again.

    x, y: the layer's input and output, (rows, …).
    dy: the gradient of the loss with respect to y, as it arrived; None where the pass did not go backward so far.
    dx: room for the gradient with respect to x; None where no layer below needs it.
    gradients: for each weight, a view into the pass's flat gradient.
    ones, mask: work arrays of Dense and Dropout.
    training, first_row: whether dropout drops, and which row of the whole batch row 0 is.
    """

    x: Array
    y: Array
    dy: Array | None = None
    dx: Array | None
    gradients: Sequence[Array] = ()
    ones: Array
    mask: Array
    training: bool = False
    first_row: int = 0


class Layer:
    """The base of all layers.

    Args:
        input_shape: the shape of one sample, for the first layer of a model; else it is inferred.
        name: None numbers it by its class: dense, dense_1, …
        dtype: "float32" or "float64"; None means `config.floatx()`.
    """

    computes = True  # False for a layer that only looks at its input in another shape
    converts = False  # True for a layer that takes an input of any dtype
    kernel_regularizer: regularizers.Regularizer | None = None

    def __init__(
        self, *, input_shape: Sequence[int] | None = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        self.name = auto_name(type(self).__name__) if name is None else _check_name(name)
        self.dtype = check_dtype(dtype)
        self.given_shape = None if input_shape is None else check_shape(input_shape, f"{self.name}: input_shape")
        self.input_shape: Shape | None = None
        self.output_shape: Shape | None = None
        self.weights: list[Array] = []
        self.backend = Backend()
        self.xp: Any = np
        self.stream_seed = 0  # what Dropout draws its masks from, a new one
        self.steps_seen = 0  # for each training step
        self._owner: object = None

    # -- building ----------------------------------------------------------------------------------

    @property
    def built(self) -> bool:
        return self.output_shape is not None

    def build(self, input_shape: Shape) -> Shape:
        """Fix the shape of one sample and draw the initial weights; → the shape of one output."""
        if self.input_shape not in (None, input_shape):
            raise ValueError(
                f"Layer {self.name!r} was built for samples of shape {self.input_shape}. Received: {input_shape}"
            )
        if not self.built:
            self.output_shape = self.compute_output_shape(input_shape)
            self.input_shape = input_shape
            self.weights = self.initial_weights(input_shape)
        assert self.output_shape is not None
        return self.output_shape

    def claim(self, model: object) -> None:
        """Note whose layer this is: its weights can lie in one model's vector only."""
        if self._owner not in (None, model):
            raise ValueError(
                f"Layer {self.name!r} belongs to another model already; make a new layer, and copy its weights "
                "with get_weights and set_weights"
            )
        self._owner = model

    def release(self) -> None:
        """Belong to no model again; the weights are NumPy's from then on."""
        self.weights = self.get_weights()
        self.backend, self.xp = Backend(), np
        self._owner = None

    def attach(self, weights: list[Array], backend: Backend) -> None:
        """Move the weights into these views of the model's flat vector."""
        for view, weight in zip(weights, self.weights, strict=True):
            view[...] = backend.asarray(weight)
        self.weights = weights
        self.backend, self.xp = backend, backend.xp

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each weight by Keras' name, such as kernel, in the order of `weights`; nothing is drawn."""
        return {}

    def initial_weights(self, input_shape: Shape) -> list[Array]:
        return []

    def steps(self) -> list["Layer"]:
        """What a pass runs for this layer, in order: itself, and for a Dense layer its activation."""
        return [self]

    # -- computing ---------------------------------------------------------------------------------

    def trace(self, room: Any, rows: int, needs_dx: bool) -> Trace:
        """A trace with arrays for `rows` rows; room(name, shape) hands them out."""
        t = Trace()
        t.dx = None
        if self.computes:
            t.y = room("y", (rows, *_known(self.output_shape)))
            if needs_dx:
                t.dx = room("dx", (rows, *_known(self.input_shape)))
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y from x."""
        raise NotImplementedError

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """dx from dy, and the gradients of the weights into t.gradients; None where dx is not needed."""
        raise NotImplementedError

    # -- weights and settings ----------------------------------------------------------------------

    def get_weights(self) -> list[Array]:
        """Copies of the weights as NumPy arrays; a Dense layer's are [kernel, bias]."""
        return [self.backend.to_numpy(weight) for weight in self.weights]

    def set_weights(self, weights: Sequence[Array]) -> None:
        """Take over these values.

        Raises:
            ValueError: wrong number or shapes, or values that are no finite numbers; nothing has changed then.
        """
        weights = check_weights(weights, [weight.shape for weight in self.weights], f"Layer {self.name!r}")
        for weight, values in zip(self.weights, weights, strict=True):
            weight[...] = self.backend.asarray(values)

    def count_params(self) -> int:
        """The number of weights: 324 * (784 + 1) = 254,340 for a Dense(324) on 784 inputs."""
        return sum(math.prod(weight.shape) for weight in self.weights)

    @property
    def trainable(self) -> bool:
        """Always True: tinydnn trains every weight."""
        return True

    def get_config(self) -> dict[str, Any]:
        """The arguments that make this layer again."""
        return {"name": self.name, "dtype": self.dtype}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


class InputLayer(Layer):
    """States the shape of one sample; in a model it is the first entry and computes nothing."""

    def __init__(self, shape: Sequence[int], *, name: str | None = None, dtype: str | None = None) -> None:
        super().__init__(input_shape=shape, name=name, dtype=dtype)


def Input(shape: Sequence[int], *, dtype: str | None = None, name: str | None = None) -> InputLayer:
    """The shape of one sample, without the batch: Input((28, 28)).

    Samples may have any dtype, whatever this one is: the layers convert them to theirs.
    Mirrors keras/src/layers/core/input_layer.py, for the first entry of a Sequential model.
    """
    return InputLayer(shape, name=name, dtype=dtype)


class Reshape(Layer):
    """The same numbers in another shape; one entry of target_shape may be -1, what is left over.

    Mirrors keras/src/layers/reshaping/reshape.py.
    """

    computes = False

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        target = tuple(target_shape)
        if any(not _is_int(n) or n < -1 or n == 0 for n in target) or target.count(-1) > 1:
            raise ValueError(
                f"Reshape expects target_shape as positive integers, one of which may be -1. Received: {target_shape!r}"
            )
        self.target_shape = target

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        known = math.prod(n for n in self.target_shape if n != -1)
        size = math.prod(input_shape)
        rest, remainder = divmod(size, known)
        if remainder or (rest != 1 and -1 not in self.target_shape):
            raise ValueError(
                f"Reshape {self.name!r} can't make {self.target_shape} from samples of shape {input_shape}: "
                f"they have {size} numbers, it needs {'a multiple of ' if -1 in self.target_shape else ''}{known}"
            )
        return tuple(rest if n == -1 else n for n in self.target_shape)

    def forward(self, x: Array, t: Trace) -> Array:
        return x.reshape(len(x), *_known(self.output_shape))

    def backward(self, dy: Array, t: Trace) -> Array:
        return dy.reshape(len(dy), *_known(self.input_shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}


class Flatten(Reshape):
    """Each sample as one row of numbers: (28, 28) becomes (784,).

    Mirrors keras/src/layers/reshaping/flatten.py.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__((-1,), **kwargs)

    def get_config(self) -> dict[str, Any]:
        return Layer.get_config(self)


class Rescaling(Layer):
    """y = x * scale + offset: Rescaling(1 / 255) takes grey values 0 .. 255 to 0 .. 1.

    Mirrors keras/src/layers/preprocessing/rescaling.py.
    """

    converts = True

    def __init__(self, scale: float, offset: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = float(scale), float(offset)
        if not (math.isfinite(self.scale) and math.isfinite(self.offset)):
            raise ValueError(f"Rescaling expects finite numbers. Received: scale={scale}, offset={offset}")
        self._scale, self._offset = cast(self.scale), cast(self.offset)

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * scale + offset"""
        self.xp.multiply(x, self._scale, out=t.y, dtype=t.y.dtype)
        if self._offset:
            self.xp.add(t.y, self._offset, out=t.y)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * scale + offset:  dx = dy * scale"""
        return None if t.dx is None else self.xp.multiply(dy, self._scale, out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


class Dense(Layer):
    """A fully connected layer: a = activation(x @ W + b).

    Mirrors keras/src/layers/core/dense.py. x: (rows, inputs), W: (inputs, units), b: (units,).

    Args:
        units: the number of outputs.
        activation: by name, one of `tinydnn.activations`, or None for linear.
        use_bias: whether there is a b.
        kernel_initializer, bias_initializer: by name or as one of `tinydnn.initializers`.
        kernel_regularizer: a penalty on W, by name, as one of `tinydnn.regularizers`, or None.
    """

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: str | initializers.Initializer = "glorot_uniform",
        bias_initializer: str | initializers.Initializer = "zeros",
        kernel_regularizer: str | regularizers.Regularizer | None = None,
        **kwargs: Any,
    ) -> None:
        if not _is_int(units) or units < 1:
            raise ValueError(f"Dense expects units as a positive integer. Received: units={units!r}")
        super().__init__(**kwargs)
        self.units = int(units)
        self._activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self._adds_bias = True
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)

    @property
    def activation(self) -> activations.Activation:
        """Fixed once the layer is made."""
        return self._activation

    @property
    def kernel(self) -> Array:
        """W, (inputs, units): the model's own memory."""
        if not self.built:
            raise ValueError(f"Dense {self.name!r} has no kernel before it is built")
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
        return (self.units,)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        kernel, bias = {"kernel": (*input_shape, self.units)}, {"bias": (self.units,)}
        return {**kernel, **bias} if self.use_bias else kernel

    def initial_weights(self, input_shape: Shape) -> list[Array]:
        initializer = {"kernel": self.kernel_initializer, "bias": self.bias_initializer}
        return [initializer[name](shape, self.dtype) for name, shape in self.weight_shapes(input_shape).items()]

    def steps(self) -> list[Layer]:
        if self.activation is activations.linear:
            return [self]
        name, kernel = f"{self.name}.{self.activation.name}", kernels.kernel_of(self.activation.forward)
        computes_as_here = type(self).forward is Dense.forward  # and not as a class of somebody's own
        self._adds_bias = not (self.xp is not np and self.use_bias and kernel is not None and computes_as_here)
        if kernel is not None and not self._adds_bias:  # its activation does
            nonlinearity: Activation = _BiasActivation(self, kernel, name=name, dtype=self.dtype)
        else:
            nonlinearity = Activation(self.activation, name=name, dtype=self.dtype)
        nonlinearity.build(_known(self.output_shape))
        nonlinearity.attach([], self.backend)
        return [self, nonlinearity]

    def trace(self, room: Any, rows: int, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, needs_dx)
        t.ones = room("ones", (rows,))
        t.ones[...] = 1
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """z = x @ W + b"""
        z = self.xp.matmul(x, self.weights[0], out=t.y)
        if self.use_bias and self._adds_bias:
            self.xp.add(z, self.weights[1], out=z)
        return z

    def backward(self, dz: Array, t: Trace) -> Array | None:
        """From z = x @ W + b:  dW = x.T @ dz,  db = the sum of dz over the rows,  dx = dz @ W.T"""
        self.xp.matmul(t.x.T, dz, out=t.gradients[0])
        if self.use_bias:
            self.xp.matmul(t.ones, dz, out=t.gradients[1])  # ones @ dz is that sum, and BLAS is fast at it
        return None if t.dx is None else self.xp.matmul(dz, self.weights[0].T, out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "kernel_initializer": self.kernel_initializer,
            "bias_initializer": self.bias_initializer,
            "kernel_regularizer": self.kernel_regularizer,
        }


class Activation(Layer):
    """a = activation(z), as a layer of its own (mirrors keras/src/layers/activations/activation.py)."""

    def __init__(self, activation: str | activations.Activation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def forward(self, z: Array, t: Trace) -> Array:
        """a = f(z)"""
        self.activation.forward(self.xp, z, t.y)
        return t.y

    def backward(self, da: Array, t: Trace) -> Array | None:
        """From a = f(z):  dz = da * f'(z), which each activation knows from a"""
        if t.dx is not None:
            self.activation.backward(self.xp, t.y, da, t.dx)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": self.activation}


class _BiasActivation(Activation):
    """z = z + b and a = f(z): the end of a Dense layer and its activation, which a GPU computes in one launch.

    kernel: that of f.
    """

    def __init__(self, dense: Dense, kernel: kernels.Kernel, **kwargs: Any) -> None:
        super().__init__(dense.activation, **kwargs)
        self._dense = dense
        self._kernel = kernels.Kernel(f"bias_{kernel.name}", "T b", "T z, T a", f"z += b; {kernel.code}")

    def forward(self, z: Array, t: Trace) -> Array:
        """z = z + b,  a = f(z)"""
        if kernels.fuses(self.xp):
            self._kernel(self.xp, self._dense.bias, z, t.y)
            return t.y
        self.xp.add(z, self._dense.bias, out=z)
        return super().forward(z, t)


class Dropout(Layer):
    """In training, sets a share `rate` of the numbers to 0 and scales the others by 1 / (1 - rate).

    Mirrors keras/src/layers/regularization/dropout.py. Which ones fall is decided by a seed and the
    number of training steps before; it does not depend on how many threads share a batch.

    Args:
        rate: the share that falls, in [0, 1].
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, rate: float, *, seed: int | None = None, **kwargs: Any) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"Dropout expects rate from 0 to 1. Received: rate={rate!r}")
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        drawn = seed is None and rate > 0  # as Keras, which draws none for a rate of 0
        self.stream_seed = random.draw_seed() if drawn else seed or 0
        self.drawn_in = self.dtype  # another dtype gives other random numbers

    def trace(self, room: Any, rows: int, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, needs_dx)
        t.mask = room("mask", (rows, *_known(self.output_shape)))
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y = x * mask, where mask is 0 with probability `rate`, else 1 / (1 - rate)"""
        if not t.training or self.rate == 0:
            return x
        if self.rate == 1:
            t.mask[...] = 0
        else:
            width = math.prod(_known(self.output_shape))
            first = t.first_row * width
            stream = self.stream_seed, self.steps_seen
            random.dropout_mask(self.xp, stream, first, self.drawn_in, self.rate, t.mask)
        return self.xp.multiply(x, t.mask, out=t.y)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = x * mask:  dx = dy * mask"""
        if self.rate == 0:
            return dy
        return None if t.dx is None else self.xp.multiply(dy, t.mask, out=t.dx)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def check_shape(shape: Sequence[int], what: str) -> Shape:
    """The shape of one sample as a tuple.

    Raises:
        ValueError: not a sequence of positive integers.
    """
    if not isinstance(shape, tuple | list) or not shape or any(not _is_int(n) or n < 1 for n in shape):
        raise ValueError(
            f"{what} expects the shape of one sample, without the batch, as positive integers. Received: {shape!r}"
        )
    return tuple(int(n) for n in shape)


def check_weights(weights: Sequence[Array], shapes: Sequence[Shape], what: str) -> list[Array]:
    """The weights as NumPy arrays of these shapes.

    Raises:
        ValueError: wrong number or shapes, or values that are no finite numbers.
    """
    arrays = [np.asarray(weight) for weight in weights]
    if [array.shape for array in arrays] != list(shapes):
        raise ValueError(
            f"{what} expects weights of shapes {list(shapes)}. Received: {[array.shape for array in arrays]}"
        )
    for array in arrays:
        if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
            raise ValueError(
                f"{what} expects weights that are finite numbers. Received: {array.dtype} with NaN or infinity"
            )
    return arrays


def _known(shape: Shape | None) -> Shape:
    assert shape is not None, "a pass runs over layers that are built"
    return shape


def _is_int(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _check_name(name: str) -> str:
    if not isinstance(name, str) or not name or "/" in name:
        raise ValueError(f"A layer's name is a string without '/'. Received: name={name!r}")
    return name


__getattr__ = not_offered(__name__, globals())
