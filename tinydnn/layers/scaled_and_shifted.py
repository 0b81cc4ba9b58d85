"""What BatchNormalization and LayerNormalization share (mirrors keras/src/layers/normalization).

x̂ = (x - mean) / sqrt(variance + epsilon),  y = gamma * x̂ + beta,  along the last axis: gamma, beta: (features,).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn import constraints, initializers, regularizers
from tinydnn.checks import check_number
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, product
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.settings import of_last_axis
from tinydnn.layers.trace import Trace


@elementwise
def squared_deviation(x: Any, mean: Any) -> Any:
    """(x - mean)²"""
    return (x - mean) * (x - mean)


@elementwise
def inverse_deviation(variance: Any, epsilon: Any) -> Any:
    """1 / sqrt(variance + epsilon)"""
    return 1 / np.sqrt(variance + epsilon)


@elementwise
def normalized(x: Any, mean: Any, inverse: Any) -> Any:
    """x̂ = (x - mean) / sqrt(variance + epsilon)"""
    return (x - mean) * inverse


@elementwise
def scaled_and_shifted(xhat: Any, gamma: Any, beta: Any) -> Any:
    """y = gamma * x̂ + beta, without either where it is None"""
    y = xhat if gamma is None else gamma * xhat
    return y if beta is None else y + beta


@elementwise
def gradient(g: Any, xhat: Any, inverse: Any, mean_of_g: Any, mean_of_gx: Any) -> Any:
    """From x̂ = (x - mean) / sqrt(variance + epsilon), where g is its gradient and both moments depend on x."""
    return inverse * (g - mean_of_g - xhat * mean_of_gx)


class ScaledAndShifted(Layer):
    """What both have: x̂ scaled by gamma and shifted by beta, where the settings ask for them."""

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | initializers.Initializer | None = "zeros",
        gamma_initializer: str | initializers.Initializer | None = "ones",
        beta_regularizer: str | regularizers.Regularizer | None = None,
        gamma_regularizer: str | regularizers.Regularizer | None = None,
        beta_constraint: str | constraints.Constraint | None = None,
        gamma_constraint: str | constraints.Constraint | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = check_number("epsilon", epsilon)
        self.center, self.scale = bool(center), bool(scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)

    @property
    def parameter_names(self) -> list[str]:
        return ["gamma"] * self.scale + ["beta"] * self.center

    @property
    def gamma(self) -> Array | None:
        """What x̂ is multiplied by, (features,): the model's own memory."""
        return self.weights[0] if self.built and self.scale else None

    @property
    def beta(self) -> Array | None:
        """What is added then, (features,): the model's own memory."""
        return self.weights[int(self.scale)] if self.built and self.center else None

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return of_last_axis(self, input_shape)

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.parameter_names, input_shape[-1:])

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        shape = known(self.output_shape)
        features = shape[-1:]
        t.xhat, t.work = room("xhat", (rows, *shape)), room("work", (rows, *shape))
        if training:
            t.ones = room("ones", (rows * math.prod(shape[:-1]),))
            t.ones[...] = 1
            t.sums = {name: room(f"sum {name}", features) for name in ("gamma", "beta")}
        return t

    def _finish(self, x: Array, mean: Array, t: Trace) -> Array:
        """x̂ and y, from the moments."""
        normalized.into(self.xp, t.xhat, x, mean, t.inverse)
        scaled_and_shifted.into(self.xp, t.y, t.xhat, self.gamma, self.beta)
        return t.y

    def _sum_over_rows(self, values: Array, t: Trace, out: Array) -> Array:
        """The sum of each feature over all that lies before the last axis, (features,)."""
        return self.backend.matmul(t.ones, values.reshape(-1, values.shape[-1]), out=out)  # BLAS is fast at it

    def _parameter_gradients(self, dy: Array, t: Trace) -> tuple[Array, Array]:
        """dgamma and dbeta, into the gradient where the layer is trained."""
        places = t.sums | dict(zip(self.parameter_names, t.gradients, strict=False))  # a frozen layer has none
        product.into(self.xp, t.work, dy, t.xhat)
        dgamma = self._sum_over_rows(t.work, t, places["gamma"])
        return dgamma, self._sum_over_rows(dy, t, places["beta"])

    def _times_gamma(self, dy: Array, t: Trace) -> Array:
        """From y = gamma * x̂ + beta:  dx̂ = dy * gamma"""
        if self.gamma is None:
            return dy
        product.into(self.xp, t.work, dy, self.gamma)
        return t.work

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            "beta_initializer": self.beta_initializer,
            "gamma_initializer": self.gamma_initializer,
            "beta_regularizer": self.beta_regularizer,
            "gamma_regularizer": self.gamma_regularizer,
            "beta_constraint": self.beta_constraint,
            "gamma_constraint": self.gamma_constraint,
        }
