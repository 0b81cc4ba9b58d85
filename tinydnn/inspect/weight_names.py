"""What the weights of a model and their gradients are called: dense/kernel and dense/dW."""

from tinydnn import layers
from tinydnn.models import Model

_GRADIENTS = {"kernel": "dW", "bias": "db"}


def weight_names(model: Model) -> list[str]:
    """dense/kernel, dense/bias, … in the order of the model's weights."""
    return [f"{layer.name}/{name}" for layer in model.flat_layers for name in layer.weight_names]


def trained_names(model: Model) -> list[str]:
    """The same of those that the model trains."""
    return [f"{layer.name}/{name}" for layer in model.trained for name in layer.weight_names[: len(layer.learned)]]


def gradient_names(model: Model) -> list[str]:
    """dense/dW, dense/db, … of those, in the same order."""
    return [f"{layer.name}/{name}" for layer in model.trained for name in gradients_in(layer)]


def gradients_in(layer: layers.Layer) -> list[str]:
    """The names of the gradients of a layer's weights: dW for a kernel, db for a bias, dw0 for a w0."""
    return [_GRADIENTS.get(name, f"d{name}") for name in layer.weight_names[: len(layer.learned)]]
