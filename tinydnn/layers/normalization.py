"""BatchNormalization and LayerNormalization (mirrors keras/src/layers/normalization).

x̂ = (x - mean) / sqrt(variance + epsilon),  y = gamma * x̂ + beta,  along the last axis: gamma, beta: (features,).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn import constraints, initializers, regularizers
from tinydnn.checks import check_number
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, entry, product
from tinydnn.layers.layer import Layer, Trace, known


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


@elementwise
def moved(average: Any, found: Any, momentum: Any) -> Any:
    """average * momentum + found * (1 - momentum)"""
    return average * momentum + found * (1 - momentum)


class _Normalization(Layer):
    """What both have: x̂ scaled by gamma and shifted by beta, where the settings ask for them."""

    def __init__(
        self,
        axis: int | Sequence[int],
        epsilon: float,
        center: bool,
        scale: bool,
        beta_initializer: str | initializers.Initializer | None,
        gamma_initializer: str | initializers.Initializer | None,
        beta_regularizer: str | regularizers.Regularizer | None,
        gamma_regularizer: str | regularizers.Regularizer | None,
        beta_constraint: str | constraints.Constraint | None,
        gamma_constraint: str | constraints.Constraint | None,
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
        axes = self.axis if isinstance(self.axis, list | tuple) else [self.axis]
        if not input_shape or list(axes) not in ([-1], [len(input_shape)]):
            raise ValueError(
                f"{type(self).__name__} {self.name!r} expects the last axis, axis=-1; put a Reshape before it. "
                f"Received: axis={self.axis!r}, for samples of shape {input_shape}"
            )
        return input_shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.parameter_names, input_shape[-1:])

    def initial_weights(self, input_shape: Shape) -> list[Array]:
        chosen = [(name, getattr(self, f"{name}_initializer")) for name in self.weight_shapes(input_shape)]
        return [(each or initializers.GlorotUniform())(input_shape[-1:], self.dtype) for _, each in chosen]

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


class BatchNormalization(_Normalization):
    """Normalizes each feature by its mean and variance over the batch; in inference, by moving averages of them.

    Mirrors keras/src/layers/normalization/batch_normalization.py. A layer whose `trainable` is False takes the moving
    averages in training too, and leaves them as they are. A model with such a layer takes each batch whole: threads
    don't share it.

    Args:
        axis: -1, or the number of the last axis; the batch is axis 0.
        momentum: of the moving averages: average * momentum + that of the batch * (1 - momentum).
        epsilon: added to the variance.
        center, scale: whether there is a beta, and a gamma.
        beta_initializer, …: as Dense has them for its weights.
    """

    states = 2
    mixes_rows = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | initializers.Initializer | None = "zeros",
        gamma_initializer: str | initializers.Initializer | None = "ones",
        moving_mean_initializer: str | initializers.Initializer | None = "zeros",
        moving_variance_initializer: str | initializers.Initializer | None = "ones",
        beta_regularizer: str | regularizers.Regularizer | None = None,
        gamma_regularizer: str | regularizers.Regularizer | None = None,
        beta_constraint: str | constraints.Constraint | None = None,
        gamma_constraint: str | constraints.Constraint | None = None,
        **kwargs: Any,
    ) -> None:
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis  # as files of Keras 2 have it
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, **kwargs,
        )  # fmt: skip
        self.momentum = check_number("momentum", momentum)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    @property
    def moving_mean(self) -> Array | None:
        """The moving average of the batches' means, (features,)."""
        return self.weights[-2] if self.built else None

    @property
    def moving_variance(self) -> Array | None:
        """The moving average of the batches' variances, (features,)."""
        return self.weights[-1] if self.built else None

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        moving = {"moving_mean": input_shape[-1:], "moving_variance": input_shape[-1:]}
        return super().weight_shapes(input_shape) | moving

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        t.mean, t.variance, t.inverse = (room(name, t.xhat.shape[-1:]) for name in ("mean", "variance", "inverse"))
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moments of the batch or their averages"""
        mean, variance = self.weights[-2:]
        if t.training and not t.frozen:
            mean, variance = t.mean, t.variance
            self._mean_over_rows(x, t, out=mean)
            squared_deviation.into(self.xp, t.work, x, mean)
            self._mean_over_rows(t.work, t, out=variance)
        inverse_deviation.into(self.xp, t.inverse, variance, self.epsilon)
        return self._finish(x, mean, t)

    def _mean_over_rows(self, values: Array, t: Trace, out: Array) -> None:
        self._sum_over_rows(values, t, out)
        self.xp.divide(out, t.ones.size, out=out)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """dgamma = the sum of dy * x̂ over the rows,  dbeta = the sum of dy over the rows.

        With dx̂ = dy * gamma:  dx = (dx̂ - mean of dx̂ - x̂ * mean of dx̂ * x̂) / sqrt(variance + epsilon)
        The means over the rows are dbeta * gamma / n and dgamma * gamma / n. From moving averages, which don't depend
        on x:  dx = dx̂ / sqrt(variance + epsilon)
        """
        if t.frozen:
            if t.dx is not None:
                product.into(self.xp, t.dx, self._times_gamma(dy, t), t.inverse)
            return t.dx
        dgamma, dbeta = self._parameter_gradients(dy, t)
        if t.dx is None:
            return None
        n, dxhat = t.ones.size, self._times_gamma(dy, t)
        factor = 1 / n if self.gamma is None else self.gamma / n
        gradient.into(self.xp, t.dx, dxhat, t.xhat, t.inverse, dbeta * factor, dgamma * factor)
        return t.dx

    def finish_step(self, t: Trace) -> None:
        """Move the averages towards the moments of the batch."""
        super().finish_step(t)
        if not t.frozen:
            for average, found in zip(self.weights[-2:], (t.mean, t.variance), strict=True):
                moved.update(self.xp, (average,), found, self.momentum)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "moving_mean_initializer": self.moving_mean_initializer,
            "moving_variance_initializer": self.moving_variance_initializer,
        }


class LayerNormalization(_Normalization):
    """Normalizes each row by its own mean and variance over the last axis.

    Mirrors keras/src/layers/normalization/layer_normalization.py.

    Args:
        axis: -1, or the number of the last axis; the batch is axis 0.
        epsilon: added to the variance.
        center, scale: whether there is a beta, and a gamma.
        beta_initializer, …: as Dense has them for its weights.
    """

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
        super().__init__(
            axis, epsilon, center, scale, beta_initializer, gamma_initializer, beta_regularizer, gamma_regularizer,
            beta_constraint, gamma_constraint, **kwargs,
        )  # fmt: skip

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        one_a_row = (*t.xhat.shape[:-1], 1)
        t.mean, t.variance, t.inverse = (room(name, one_a_row) for name in ("mean", "variance", "inverse"))
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moments of the row"""
        features = x.shape[-1]
        entry.sum_rows(self.xp, t.mean, t.work, x)
        self.xp.divide(t.mean, features, out=t.mean)
        squared_deviation.sum_rows(self.xp, t.variance, t.work, x, t.mean)
        self.xp.divide(t.variance, features, out=t.variance)
        inverse_deviation.into(self.xp, t.inverse, t.variance, self.epsilon)
        return self._finish(x, t.mean, t)

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """dgamma = the sum of dy * x̂ over the rows,  dbeta = the sum of dy over the rows.

        With dx̂ = dy * gamma:  dx = (dx̂ - mean of dx̂ - x̂ * mean of dx̂ * x̂) / sqrt(variance + epsilon)
        """
        if not t.frozen:
            self._parameter_gradients(dy, t)
        if t.dx is None:
            return None
        dxhat, features = self._times_gamma(dy, t), dy.shape[-1]
        entry.sum_rows(self.xp, t.mean, t.dx, dxhat)  # t.dx is scratch until its own turn
        product.sum_rows(self.xp, t.variance, t.dx, dxhat, t.xhat)
        for sums in (t.mean, t.variance):
            self.xp.divide(sums, features, out=sums)
        gradient.into(self.xp, t.dx, dxhat, t.xhat, t.inverse, t.mean, t.variance)
        return t.dx
