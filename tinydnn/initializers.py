"""Initial weights, the same bits as Keras draws (mirrors keras/src/initializers)."""

import math
from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.checks import check_number, check_positive, check_seed
from tinydnn.config import cast, floatx
from tinydnn.device.backend import Array, Shape
from tinydnn.missing import Offered
from tinydnn.names import not_offered, resolve

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "Initializer", "LecunNormal",
    "LecunUniform", "Ones", "Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling",
    "Zeros", "constant", "get", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
    "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal", "random_uniform", "truncated_normal",
    "variance_scaling", "zeros",
]  # fmt: skip


class Initializer(Offered):
    """Called with a shape and a dtype, it makes a weight's first value on the host."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {}


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return np.zeros(shape, dtype or floatx())


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return np.ones(shape, dtype or floatx())


class Constant(Initializer):
    """The same value everywhere, rounded to float32, in float64 too, as Keras does."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = _finite("value", value)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return np.full(shape, cast(self.value), dtype or floatx())

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Identity(Initializer):
    """gain * the identity matrix; ones on the diagonal of a matrix that is not square, too."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = _finite("gain", gain)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        if len(shape) != 2:
            raise ValueError(f"Identity expects the shape of a matrix. Received: {shape}")
        dtype = dtype or floatx()
        return np.eye(*shape, dtype=dtype) * np.dtype(dtype).type(self.gain)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


class RandomInitializer(Initializer):
    """Draws what it makes; each call draws the same numbers.

    Args:
        seed: an integer; None takes the next one of Python's global generator, as Keras does.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = check_seed(seed)
        self._stream = random.draw_seed() if self.seed is None else self.seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval)."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval = _finite("minval", minval), _finite("maxval", maxval)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return random.uniform(self._stream, shape, self.minval, self.maxval, dtype or floatx())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


class RandomNormal(RandomInitializer):
    """Normal, with this mean and standard deviation."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev = _finite("mean", mean), _finite("stddev", stddev)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return random.normal(self._stream, shape, self.mean, self.stddev, dtype or floatx())

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal, without numbers that are two standard deviations or more from the mean."""

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        return random.truncated_normal(self._stream, shape, self.mean, self.stddev, dtype or floatx())


class Orthogonal(RandomInitializer):
    """gain * Q, whose rows or columns, the fewer of them, are orthogonal and of length 1.

    A = Q R of normal numbers A, with the signs that make the diagonal of R positive. A library for linear algebra
    finds Q; Keras' backends take other ones, so the last bits differ from Keras'.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain = _finite("gain", gain)
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        if len(shape) < 2:
            raise ValueError(f"Orthogonal expects the shape of a matrix. Received: {shape}")
        dtype = dtype or floatx()
        rows, columns = math.prod(shape[:-1]), shape[-1]
        A = random.normal(self._stream, (max(rows, columns), min(rows, columns)), 0.0, 1.0, dtype)
        Q, R = np.linalg.qr(A)
        Q *= np.sign(np.diag(R))
        Q = Q.T if rows < columns else Q
        return np.ascontiguousarray(Q).reshape(shape) * np.dtype(dtype).type(self.gain)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


class VarianceScaling(RandomInitializer):
    """Numbers of variance scale / n, where n is what mode says of a kernel (fan_in, fan_out).

    Args:
        scale: above 0.
        mode: "fan_in", "fan_out" or "fan_avg", the mean of both.
        distribution: "truncated_normal", also by the name "normal"; "untruncated_normal"; or "uniform", in
            [-limit, limit) with limit = sqrt(3 * scale / n).
        seed: as `RandomInitializer` has it.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        if mode not in _MODES:
            raise ValueError(f"mode expects one of {', '.join(_MODES)}. Received: mode={mode!r}")
        chosen = "truncated_normal" if str(distribution).lower() == "normal" else str(distribution).lower()
        if chosen not in _DISTRIBUTIONS:
            raise ValueError(
                f"distribution expects one of {', '.join(_DISTRIBUTIONS)}. Received: distribution={distribution!r}"
            )
        self.scale, self.mode, self.distribution = check_positive("scale", scale), mode, chosen
        super().__init__(seed)

    def __call__(self, shape: Shape, dtype: Any = None) -> Array:
        dtype = dtype or floatx()
        fan_in, fan_out = _fans(shape)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale = self.scale / max(1.0, n)  # in Keras' own steps: they decide the last bit
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return random.uniform(self._stream, shape, -limit, limit, dtype)
        if self.distribution == "untruncated_normal":
            return random.normal(self._stream, shape, 0.0, math.sqrt(scale), dtype)
        return random.truncated_normal(self._stream, shape, 0.0, math.sqrt(scale) / _STDDEV_OF_TRUNCATED, dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale, "mode": self.mode, "distribution": self.distribution}


class _Named(VarianceScaling):
    """A VarianceScaling that goes by a name of its own, and has only a seed to choose."""

    _settings: tuple[float, str, str]  # scale, mode, distribution

    def __init__(self, seed: int | None = None) -> None:
        super().__init__(*self._settings, seed)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed}


class GlorotUniform(_Named):
    """Uniform in [-limit, limit) with limit = sqrt(6 / (fan_in + fan_out)), for a kernel (fan_in, fan_out).

    So each layer hands on, forward and backward, about as much variance as it gets (Glorot and Bengio, 2010).
    """

    _settings = 1.0, "fan_avg", "uniform"


class GlorotNormal(_Named):
    """Truncated normal, of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010)."""

    _settings = 1.0, "fan_avg", "truncated_normal"


class HeUniform(_Named):
    """Uniform in [-limit, limit) with limit = sqrt(6 / fan_in): relu takes half of the variance away (He, 2015)."""

    _settings = 2.0, "fan_in", "uniform"


class HeNormal(_Named):
    """Truncated normal, of variance 2 / fan_in (He, 2015)."""

    _settings = 2.0, "fan_in", "truncated_normal"


class LecunUniform(_Named):
    """Uniform in [-limit, limit) with limit = sqrt(3 / fan_in) (LeCun, 1998)."""

    _settings = 1.0, "fan_in", "uniform"


class LecunNormal(_Named):
    """Truncated normal, of variance 1 / fan_in (LeCun, 1998)."""

    _settings = 1.0, "fan_in", "truncated_normal"


_MODES = "fan_in", "fan_out", "fan_avg"
_DISTRIBUTIONS = "uniform", "truncated_normal", "untruncated_normal"
_STDDEV_OF_TRUNCATED = 0.87962566103423978  # of a normal distribution with stddev 1, cut off at -2 and 2


def _fans(shape: Shape) -> tuple[int, int]:
    """What a weight of this shape connects: a kernel's inputs and outputs; for a bias Keras counts its length twice."""
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])  # of a convolution, which counts for both
    return shape[-2] * field, shape[-1] * field


def _finite(name: str, value: float) -> float:
    return check_number(name, value, low=-math.inf)


constant, zeros, ones, identity, orthogonal = Constant, Zeros, Ones, Identity, Orthogonal  # Keras' short names
random_uniform, random_normal, truncated_normal = RandomUniform, RandomNormal, TruncatedNormal
variance_scaling, glorot_uniform, glorot_normal = VarianceScaling, GlorotUniform, GlorotNormal
he_uniform, he_normal, lecun_uniform, lecun_normal = HeUniform, HeNormal, LecunUniform, LecunNormal

_OFFERED: dict[str, type[Initializer]] = {
    **{name: value for name, value in globals().items() if isinstance(value, type) and name in __all__},
    "normal": RandomNormal, "uniform": RandomUniform, "one": Ones, "zero": Zeros,
}  # fmt: skip


def get(identifier: str | type[Initializer] | Initializer | None) -> Initializer | None:
    """The initializer itself, a new one by its name or class, or None, with which a layer takes glorot_uniform."""
    return None if identifier is None else resolve("initializer", identifier, Initializer, _OFFERED)


__getattr__ = not_offered(__name__, globals())
