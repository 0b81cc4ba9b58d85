"""Optimizers, each with its formula in a file of its own (mirrors keras/src/optimizers)."""

from collections.abc import Mapping
from typing import Any

from tinydnn.names import lookup, not_offered, resolve
from tinydnn.optimizers import schedules
from tinydnn.optimizers.adadelta import Adadelta
from tinydnn.optimizers.adagrad import Adagrad
from tinydnn.optimizers.adam import Adam
from tinydnn.optimizers.adamax import Adamax
from tinydnn.optimizers.adamw import AdamW
from tinydnn.optimizers.lion import Lion
from tinydnn.optimizers.nadam import Nadam
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.rmsprop import RMSprop
from tinydnn.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "get",
    "schedules",
]

_OFFERED: dict[str, type[Any]] = {
    each.__name__.lower(): each for each in (SGD, RMSprop, Adam, AdamW, Adadelta, Adagrad, Adamax, Nadam, Lion)
}


def get(identifier: str | Mapping[str, Any] | Optimizer) -> Optimizer:
    """The optimizer itself, or a new one: by its name, in capitals or not, or {"class_name": …, "config": …}."""
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        kind = lookup("optimizer", str(identifier["class_name"]).lower(), _OFFERED)
        optimizer: Optimizer = kind.from_config(identifier.get("config", {}))
        return optimizer
    return resolve("optimizer", identifier.lower() if isinstance(identifier, str) else identifier, Optimizer, _OFFERED)


__getattr__ = not_offered(__name__, globals())
