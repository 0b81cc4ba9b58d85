"""Activations that let positive z through, and hold negative z back: relu and its relatives."""

from typing import Any

import numpy as np

from tinydnn.activations.activation import Activation
from tinydnn.config import cast
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise


class Relu(Activation):
    """a = max(z, 0);  dz = da where a > 0, else 0"""

    @elementwise
    def f(z: Any) -> Any:
        return np.maximum(z, 0)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return (a > 0) * da

    def __call__(self, x: Any, *settings: Any, **named: Any) -> Array:
        """max(x, 0), or with settings what `rectifier` of them makes of x."""
        return rectifier(*settings, **named)(x) if settings or named else super().__call__(x)


class Relu6(Activation):
    """a = z, cut to 0 .. 6;  dz = da between them, else 0"""

    @elementwise
    def f(z: Any) -> Any:
        return np.minimum(np.maximum(z, 0), 6)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return ((a > 0) & (a < 6)) * da


class LeakyRelu(Activation):
    """a = z where z > 0, else slope * z;  dz = da where z > 0, else slope * da

    slope: rounded to float32 as Keras rounds it, on TensorFlow for float64 too.
    """

    def __init__(self, negative_slope: float = 0.2) -> None:
        self.slope = negative_slope

    @property
    def numbers(self) -> tuple[float | None, ...]:
        return (cast(self.slope),)

    @elementwise
    def f(z: Any, slope: Any) -> Any:
        return np.where(z > 0, z, slope * z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any, slope: Any) -> Any:
        return np.where(z > 0, da, slope * da)


class ThresholdRelu(Activation):
    """a = min(z, largest) above a threshold, else slope * (z - threshold);  dz = da, 0 beyond largest, or slope * da

    slope, largest: None for 0 and for no limit.
    """

    def __init__(self, slope: float | None, largest: float | None, threshold: float) -> None:
        self.slope, self.largest, self.threshold = slope, largest, threshold

    @property
    def numbers(self) -> tuple[float | None, ...]:
        return self.slope, self.largest, self.threshold

    @elementwise
    def f(z: Any, slope: Any, largest: Any, threshold: Any) -> Any:
        above = z if largest is None else np.minimum(z, largest)
        below = 0 if slope is None else slope * (z - threshold)
        return np.where(z <= threshold, below, above)  # so that a NaN stays one

    @elementwise
    def gradient(z: Any, a: Any, da: Any, slope: Any, largest: Any, threshold: Any) -> Any:
        passes = z > threshold if largest is None else (z > threshold) & (z <= largest)
        below = 0 if slope is None else slope * da
        return np.where(z < threshold, below, passes * da)


class Elu(Activation):
    """a = z where z > 0, else alpha * (exp(z) - 1);  dz = da where z > 0, else da * (a + alpha)"""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    @property
    def numbers(self) -> tuple[float | None, ...]:
        return (self.alpha,)

    @elementwise
    def f(z: Any, alpha: Any) -> Any:
        return np.where(z > 0, z, alpha * (np.exp(z) - 1))

    @elementwise
    def gradient(z: Any, a: Any, da: Any, alpha: Any) -> Any:
        return np.where(z > 0, da, (a + alpha) * da)


# These two make the outputs of a wide layer, with weights of variance 1 / inputs, tend to mean 0 and variance 1.
_SCALE = 1.0507009873554804934193349852946
_SCALE_ALPHA = 1.7580993408473768599402175208123


class Selu(Activation):
    """a = scale * z where z > 0, else scale * alpha * (exp(z) - 1);  dz = da * scale, or da * (a + scale * alpha)"""

    @elementwise
    def f(z: Any) -> Any:
        return np.where(z < 0, _SCALE_ALPHA * (np.exp(z) - 1), _SCALE * z)

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return np.where(a < 0, a + _SCALE_ALPHA, _SCALE) * da


class Softplus(Activation):
    """a = log(1 + exp(z));  dz = da / (1 + exp(-z))

    Computed as max(z, 0) + log(1 + exp(-|z|)), which is the same, and can't overflow.
    """

    @elementwise
    def f(z: Any) -> Any:
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    @elementwise
    def gradient(z: Any, a: Any, da: Any) -> Any:
        return da / (1 + np.exp(-z))


relu, relu6, leaky_relu, elu, selu, softplus = Relu(), Relu6(), LeakyRelu(), Elu(), Selu(), Softplus()


def rectifier(negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Activation:
    """The activation that Keras' relu is with these settings; at a kink it has the slope that Keras' has there."""
    if negative_slope and max_value is None and not threshold:
        return LeakyRelu(negative_slope)
    if negative_slope or threshold or max_value not in (None, 6):
        return ThresholdRelu(negative_slope or None, max_value, threshold)
    return relu if max_value is None else relu6
