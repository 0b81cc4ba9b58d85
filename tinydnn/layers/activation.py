"""Activation (mirrors keras/src/layers/activations/activation.py)."""

from typing import Any

from tinydnn import activations
from tinydnn.device.backend import Array
from tinydnn.layers.layer import Layer, Trace


class Activation(Layer):
    """a = activation(z), as a layer of its own."""

    def __init__(self, activation: str | activations.Activation, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._activation = activations.get(activation)

    def forward(self, z: Array, t: Trace) -> Array:
        """a = f(z)"""
        t.z = z
        if t.loss_activates:
            return z
        self.activation.forward(self.xp, z, t.y)
        return t.y

    def backward(self, da: Array, t: Trace) -> Array | None:
        """From a = f(z):  dz = da * f'(z), which each activation computes from a"""
        if t.loss_takes_z:
            return da
        self.activation.backward(self.xp, t.y, da, t.dx)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": self.activation}
