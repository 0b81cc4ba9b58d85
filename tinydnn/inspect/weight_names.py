"""What weights and their gradients are called: dense/kernel and dense/dW."""

from tinydnn import layers
from tinydnn.models import Sequential

_GRADIENTS = {"kernel": "dW", "bias": "db"}


def weight_names(model: Sequential) -> list[str]:
    """dense/kernel, dense/bias, … in the order of the model's weights."""
    return [f"{layer.name}/{name}" for layer in model.layers for name in names_in(layer)]


def gradient_names(model: Sequential) -> list[str]:
    """dense/dW, dense/db, … in the same order."""
    return [f"{layer.name}/{gradient_of(name)}" for layer in model.layers for name in names_in(layer)]


def names_in(layer: layers.Layer) -> list[str]:
    """Keras' names of a layer's weights; w0, w1, … in a layer that Keras does not have."""
    if isinstance(layer, layers.Dense):
        return ["kernel", "bias"][: len(layer.weights)]
    return [f"w{i}" for i in range(len(layer.weights))]


def gradient_of(name: str) -> str:
    """dW for a kernel, db for a bias, dw0 for a w0."""
    return _GRADIENTS.get(name, f"d{name}")
