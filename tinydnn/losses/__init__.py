"""Losses by name (mirrors keras/src/losses/__init__.py)."""

from tinydnn.losses.crossentropy import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy
from tinydnn.losses.errors import MeanAbsoluteError, MeanSquaredError
from tinydnn.losses.loss import Loss
from tinydnn.losses.loss import LossTrace as LossTrace
from tinydnn.names import not_offered, resolve, snake_case

__all__ = [
    "BinaryCrossentropy", "CategoricalCrossentropy", "Loss", "MeanAbsoluteError", "MeanSquaredError",
    "SparseCategoricalCrossentropy", "get",
]  # fmt: skip

_CLASSES: tuple[type[Loss], ...] = (
    BinaryCrossentropy, CategoricalCrossentropy, MeanAbsoluteError, MeanSquaredError, SparseCategoricalCrossentropy
)  # fmt: skip
_OFFERED = {name: each for each in _CLASSES for name in (snake_case(each.__name__), each.__name__)}
_OFFERED |= {"mse": MeanSquaredError, "MSE": MeanSquaredError, "mae": MeanAbsoluteError, "MAE": MeanAbsoluteError}
_OFFERED |= {"bce": BinaryCrossentropy, "BCE": BinaryCrossentropy}


def get(identifier: str | Loss) -> Loss:
    """The loss itself, or a new one by its name."""
    return resolve("loss", identifier, Loss, _OFFERED)


__getattr__ = not_offered(__name__, globals())
