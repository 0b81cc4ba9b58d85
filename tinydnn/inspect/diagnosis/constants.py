"""Constants that Keras rounds to float32, also in float64. A program that does not is a little off, and right."""

from collections.abc import Callable
from typing import Any

from tinydnn import layers, optimizers, regularizers
from tinydnn.inspect.mistakes import Mistake
from tinydnn.inspect.mistakes.training import SCALED


def _exact(original: Callable[..., Any]) -> Callable[..., Any]:
    """The constant as it is."""
    return float


def _kept(name: str, said: str, *modules: Any) -> Mistake:
    plants = tuple((module, "cast", _exact) for module in modules)
    return Mistake(name, said, "", 0, "", plants, SCALED)


ROUNDED = (
    _kept("scale", "Keras computes with float32(1/255), rounded before it scales", layers.rescaling),
    _kept("penalties", "Keras rounds the factors of L1 and L2 penalties to float32", regularizers),
    _kept(
        "settings",
        "Keras rounds an optimizer's settings, as momentum and the betas of Adam, to float32",
        optimizers.optimizer, optimizers.sgd, optimizers.adam, optimizers.adagrad, optimizers.adamax, optimizers.nadam,
        optimizers.lion,
    ),
)  # fmt: skip
