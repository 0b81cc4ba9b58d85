"""Losses by name (mirrors keras/src/losses/__init__.py)."""

from collections.abc import Callable
from typing import Any

from tinydnn.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from tinydnn.losses.crossentropy import Crossentropy as Crossentropy
from tinydnn.losses.crossentropy import Smoothing as Smoothing
from tinydnn.losses.divergences import CosineSimilarity, KLDivergence
from tinydnn.losses.elementwise_loss import ElementwiseLoss as ElementwiseLoss
from tinydnn.losses.errors import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    Poisson,
)
from tinydnn.losses.functions import function_of
from tinydnn.losses.hinges import CategoricalHinge, Hinge, SquaredHinge
from tinydnn.losses.loss import Loss
from tinydnn.losses.loss import LossTrace as LossTrace
from tinydnn.names import not_offered, resolve, snake_case

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "CosineSimilarity", "Hinge", "Huber",
    "KLDivergence", "LogCosh", "Loss", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredError",
    "MeanSquaredLogarithmicError", "Poisson", "SparseCategoricalCrossentropy", "SquaredHinge",
    "binary_crossentropy", "categorical_crossentropy", "categorical_hinge", "cosine_similarity", "get", "hinge",
    "huber", "kl_divergence", "log_cosh", "mean_absolute_error", "mean_absolute_percentage_error",
    "mean_squared_error", "mean_squared_logarithmic_error", "poisson", "sparse_categorical_crossentropy",
    "squared_hinge",
]  # fmt: skip

binary_crossentropy = function_of(BinaryCrossentropy)
categorical_crossentropy = function_of(CategoricalCrossentropy)
categorical_hinge = function_of(CategoricalHinge)
cosine_similarity = function_of(CosineSimilarity)
hinge = function_of(Hinge)
huber = function_of(Huber)
kl_divergence = function_of(KLDivergence)
log_cosh = function_of(LogCosh)
mean_absolute_error = function_of(MeanAbsoluteError)
mean_absolute_percentage_error = function_of(MeanAbsolutePercentageError)
mean_squared_error = function_of(MeanSquaredError)
mean_squared_logarithmic_error = function_of(MeanSquaredLogarithmicError)
poisson = function_of(Poisson)
sparse_categorical_crossentropy = function_of(SparseCategoricalCrossentropy)
squared_hinge = function_of(SquaredHinge)

CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy, CategoricalCrossentropy, CategoricalHinge, CosineSimilarity, Hinge, Huber, KLDivergence,
    LogCosh, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError, MeanSquaredLogarithmicError, Poisson,
    SparseCategoricalCrossentropy, SquaredHinge,
)  # fmt: skip
OF_FUNCTION: dict[Callable[..., Any], type[Loss]] = {globals()[snake_case(each.__name__)]: each for each in CLASSES}
_SHORT = {
    "bce": BinaryCrossentropy, "kld": KLDivergence, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError,
    "mse": MeanSquaredError, "msle": MeanSquaredLogarithmicError,
}  # fmt: skip
_OFFERED = {name: each for each in CLASSES for name in (snake_case(each.__name__), each.__name__)}
_OFFERED |= {written: each for name, each in _SHORT.items() for written in (name, name.upper())}


def get(identifier: str | Loss | type[Loss] | Callable[..., Any]) -> Loss:
    """The loss itself, or a new one by its name, its class or its function.

    Raises:
        ValueError: an unknown name.
        TypeError: neither, as a function of one's own, which has no gradient.
    """
    if callable(identifier) and not isinstance(identifier, Loss | type):
        if identifier not in OF_FUNCTION:
            raise TypeError(
                f"loss expects one of tinydnn.losses, by name or as an object: a function of your own has no gradient. "
                "Derive a class from tinydnn.losses.Loss, with forward and backward. "
                f"Received: {getattr(identifier, '__name__', identifier)!r}"
            )
        identifier = OF_FUNCTION[identifier]
    return resolve("loss", identifier, Loss, _OFFERED)


__getattr__ = not_offered(__name__, globals())
