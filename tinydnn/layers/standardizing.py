"""Normalization (mirrors keras/src/layers/preprocessing/normalization.py)."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import as_samples, check_finite
from tinydnn.config import epsilon
from tinydnn.device.backend import Array, Shape
from tinydnn.device.elementwise import elementwise, product
from tinydnn.layers.layer import Layer, known
from tinydnn.layers.settings import of_last_axis
from tinydnn.layers.trace import Trace


class Normalization(Layer):
    """y = (x - mean) / sqrt(variance), with what `adapt` has found in the data, or with what is given.

    Mirrors keras/src/layers/preprocessing/normalization.py.

    Args:
        axis: -1 for a mean and a variance of each column, (features,), or None for one of all numbers.
        mean, variance: both or none: numbers, or one for each column.
        invert: whether it does the opposite:  y = mean + x * sqrt(variance)
    """

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis: tuple[int, ...] = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        if (mean is None) != (variance is None):
            raise ValueError(f"Give mean and variance, or neither. Received: mean={mean!r}, variance={variance!r}")
        mean, variance = (self._without_leading_ones(each) for each in (mean, variance))
        self.input_mean, self.input_variance, self.invert = mean, variance, bool(invert)
        self.states = 3 if mean is None else 0
        if np.shape(mean) != np.shape(variance) or (not self.states and np.ndim(mean) > len(self.axis)):
            raise ValueError(
                "mean and variance expect a number, or one for each column. "
                f"Received: shapes {np.shape(mean)} and {np.shape(variance)}"
            )

    def _without_leading_ones(self, moments: Any) -> Any:
        """What another layer's `mean` gives, (1, n), as (n,)."""
        shape, axes = np.shape(moments), len(self.axis)
        first = len(shape) - axes
        return np.reshape(moments, shape[first:]) if first > 0 and set(shape[:first]) == {1} else moments

    @property
    def mean(self) -> Array | None:
        """What is taken off, (1, n) for samples (n,), as Keras has it."""
        return self._moments()[0].reshape(self._broadcast_shape()) if self.built else None

    @property
    def variance(self) -> Array | None:
        """The square of what is divided by, of the same shape."""
        return self._moments()[1].reshape(self._broadcast_shape()) if self.built else None

    def _broadcast_shape(self) -> tuple[int, ...]:
        return (*[1] * len(known(self.input_shape)), -1)

    def adapt(self, data: Any) -> None:
        """Find mean and variance in these samples, (n, …); Keras finds the same bits.

        Raises:
            ValueError: no array of finite numbers, or of other columns than before; or mean and variance were given.
        """
        if not self.states:
            raise ValueError(f"Normalization {self.name!r} was given its mean and variance, and can't adapt to data")
        data = as_samples(data, "adapt")
        check_finite(data, self.dtype, "adapt")
        if data.ndim == 1 and not self.axis:
            data = data.reshape(-1, 1)  # a column by itself
        self.build(data.shape[1:])
        over = tuple(range(data.ndim - len(self.axis)))
        for weight, values in zip(self.weights, (np.mean(data, axis=over), np.var(data, axis=over)), strict=False):
            weight[...] = self.backend.asarray(values.astype(self.dtype))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.axis:
            of_last_axis(self, input_shape)
        columns = np.shape(self.input_mean)
        if columns not in ((), self._shape(input_shape)):
            raise ValueError(
                f"Normalization {self.name!r} takes samples of shape {input_shape}, so mean and variance expect a "
                f"number, or {input_shape[-1]} columns. Received: {columns[0]}"
            )
        return input_shape

    def _shape(self, input_shape: Shape) -> Shape:
        return input_shape[-1:] if self.axis else ()

    def weight_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        shape = self._shape(input_shape)
        return {"mean": shape, "variance": shape, "count": ()} if self.states else {}

    def initial_weights(self, input_shape: Shape) -> list[Array]:
        if not self.states:
            return []
        shape = self._shape(input_shape)
        return [np.zeros(shape, self.dtype), np.ones(shape, self.dtype), np.zeros((), np.int64)]

    def _moments(self) -> tuple[Array, Array]:
        if self.states:
            return self.weights[0], self.weights[1]
        shape = self._shape(known(self.input_shape))
        given = [
            each if hasattr(each, "dtype") else np.float32(each) for each in (self.input_mean, self.input_variance)
        ]
        mean, variance = (np.full(shape, each, self.dtype) for each in given)  # as Keras rounds them
        return self.backend.asarray(mean), self.backend.asarray(variance)

    @elementwise
    def deviation(variance: Any, epsilon: Any) -> Any:
        return np.maximum(np.sqrt(variance), epsilon)

    @elementwise
    def standardized(x: Any, mean: Any, deviation: Any) -> Any:
        return (x - mean) / deviation

    @elementwise
    def restored(x: Any, mean: Any, deviation: Any) -> Any:
        return mean + x * deviation

    @elementwise
    def gradient(dy: Any, deviation: Any) -> Any:
        return dy / deviation

    def trace(self, room: Any, rows: int, training: bool, needs_dx: bool) -> Trace:
        t = super().trace(room, rows, training, needs_dx)
        t.mean, t.variance = self._moments()
        t.deviation = room("deviation", t.variance.shape)
        return t

    def forward(self, x: Array, t: Trace) -> Array:
        """y = (x - mean) / sqrt(variance), or inverted:  y = mean + x * sqrt(variance)"""
        self.deviation.into(self.xp, t.deviation, t.variance, epsilon())
        formula = self.restored if self.invert else self.standardized
        formula.into(self.xp, t.y, x, t.mean, t.deviation)
        return t.y

    def backward(self, dy: Array, t: Trace) -> Array | None:
        """From y = (x - mean) / sqrt(variance):  dx = dy / sqrt(variance), or inverted:  dx = dy * sqrt(variance)"""
        if t.dx is not None:
            (product if self.invert else self.gradient).into(self.xp, t.dx, dy, t.deviation)
        return t.dx

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "axis": self.axis,
            "invert": self.invert,
            "mean": np.asarray(self.input_mean).tolist(),
            "variance": np.asarray(self.input_variance).tolist(),
        }
