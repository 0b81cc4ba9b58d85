"""BatchNormalization (mirrors keras/src/layers/normalization/batch_normalization.py)."""

from typing import Any

from tinydnn import constraints, initializers, regularizers
from tinydnn.checks import check_number
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, product
from tinydnn.layers.scaled_and_shifted import ScaledAndShifted, gradient, inverse_deviation, squared_deviation
from tinydnn.layers.trace import Trace


@elementwise
def moved(average: Any, found: Any, momentum: Any) -> Any:
    """average * momentum + found * (1 - momentum)"""
    return average * momentum + found * (1 - momentum)


class BatchNormalization(ScaledAndShifted):
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
