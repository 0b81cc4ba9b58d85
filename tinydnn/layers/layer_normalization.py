"""LayerNormalization (mirrors keras/src/layers/normalization/layer_normalization.py)."""

from typing import Any

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import entry, product
from tinydnn.layers.scaled_and_shifted import ScaledAndShifted, gradient, inverse_deviation, squared_deviation
from tinydnn.layers.trace import Trace


class LayerNormalization(ScaledAndShifted):
    """Normalizes each row by its own mean and variance over the last axis.

    Mirrors keras/src/layers/normalization/layer_normalization.py.

    Args:
        axis: -1, or the number of the last axis; the batch is axis 0.
        epsilon: added to the variance.
        center, scale: whether there is a beta, and a gamma.
        beta_initializer, …: as Dense has them for its weights.
    """

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        one_a_row = (*t.xhat.shape[:-1], 1)
        t.mean, t.variance, t.inverse = (room(name, one_a_row) for name in ("mean", "variance", "inverse"))
        t.mean_of_g, t.mean_of_gx = room("mean of g", one_a_row), room("mean of gx", one_a_row)
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
        entry.sum_rows(self.xp, t.mean_of_g, t.dx, dxhat)  # t.dx is scratch until its own turn
        product.sum_rows(self.xp, t.mean_of_gx, t.dx, dxhat, t.xhat)
        for sums in (t.mean_of_g, t.mean_of_gx):
            self.xp.divide(sums, features, out=sums)
        gradient.into(self.xp, t.dx, dxhat, t.xhat, t.inverse, t.mean_of_g, t.mean_of_gx)
        return t.dx
