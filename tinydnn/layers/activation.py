"""Layers that are an activation alone (mirrors keras/src/layers/activations)."""

from typing import Any

from tinydnn import activations
from tinydnn.checks import check_number, number_or_none
from tinydnn.device.backend import Array, Shape
from tinydnn.layers.layer import Layer
from tinydnn.layers.settings import fixed, of_last_axis
from tinydnn.layers.trace import Trace


class Activation(Layer):
    """a = activation(z), as a layer of its own.

    Mirrors keras/src/layers/activations/activation.py.
    """

    def __init__(self, activation: "str | activations.Activation | Activation", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._activation, self.activation_layer = activation_of(activation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return shape_of(self.activation_layer, input_shape)

    def forward(self, z: Array, t: Trace) -> Array:
        """a = f(z)"""
        t.z = z
        if t.loss_activates:
            return z
        self.activation.forward(self.xp, z, t.y)
        return t.y

    def backward(self, da: Array, t: Trace) -> Array | None:
        """From a = f(z):  dz = da * f'(z), which each activation computes from z and a"""
        if t.loss_takes_z:
            return da
        self.activation.backward(self.xp, t.z, t.y, da, t.dx)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": self.activation_layer or self.activation}


def activation_of(identifier: Any) -> tuple[activations.Activation, Activation | None]:
    """An activation by its name, as itself, or as a layer that is one alone, such as LeakyReLU(); and that layer."""
    if isinstance(identifier, Activation):
        return identifier.activation, identifier
    return activations.get(identifier), None


def shape_of(layer: Activation | None, input_shape: Shape) -> Shape:
    """The shape of a, from that of z; a layer that is the activation may refuse it, as Softmax(axis=0) does."""
    return input_shape if layer is None else layer.compute_output_shape(input_shape)


class ReLU(Activation):
    """a = min(z, max_value) where z > threshold, else negative_slope * (z - threshold).

    Mirrors keras/src/layers/activations/relu.py.

    Args:
        max_value: None for no limit.
        negative_slope, threshold: not negative.
    """

    def __init__(
        self, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any
    ) -> None:
        self._max_value = number_or_none("max_value", max_value)
        self._negative_slope = check_number("negative_slope", negative_slope)
        self._threshold = check_number("threshold", threshold)
        super().__init__(activations.rectifier(self.negative_slope, self.max_value, self.threshold), **kwargs)

    max_value, negative_slope, threshold = fixed("_max_value"), fixed("_negative_slope"), fixed("_threshold")

    def get_config(self) -> dict[str, Any]:
        settings = {"max_value": self.max_value, "negative_slope": self.negative_slope, "threshold": self.threshold}
        return {**Layer.get_config(self), **settings}


class LeakyReLU(Activation):
    """a = z where z > 0, else negative_slope * z.

    Mirrors keras/src/layers/activations/leaky_relu.py.
    """

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any) -> None:
        self._negative_slope = check_number("negative_slope", negative_slope)
        super().__init__(activations.LeakyRelu(self.negative_slope), **kwargs)

    negative_slope = fixed("_negative_slope")

    def get_config(self) -> dict[str, Any]:
        return {**Layer.get_config(self), "negative_slope": self.negative_slope}


class ELU(Activation):
    """a = z where z > 0, else alpha * (exp(z) - 1).

    Mirrors keras/src/layers/activations/elu.py.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(activations.Elu(check_number("alpha", alpha)), **kwargs)

    alpha = fixed("activation.alpha")

    def get_config(self) -> dict[str, Any]:
        return {**Layer.get_config(self), "alpha": self.alpha}


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j) along the last axis.

    Mirrors keras/src/layers/activations/softmax.py.

    Args:
        axis: -1, or the number of the last axis; the batch is axis 0.
    """

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__("softmax", **kwargs)
        self.axis = axis

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return of_last_axis(self, input_shape)

    def get_config(self) -> dict[str, Any]:
        return {**Layer.get_config(self), "axis": self.axis}
