"""What weights and their gradients are called: dense/kernel and dense/dW."""

from tinydnn import layers
from tinydnn.models import Sequential

_GRADIENTS = {"kernel": "dW", "bias": "db"}


def weight_names(model: Sequential) -> list[str]:
    """dense/kernel, dense/bias, … in the order of the model's weights."""
    return [f"{layer.name}/{name}" for layer in model.layers for name in names_in(layer)]


def gradient_names(model: Sequential) -> list[str]:
    """dense/dW, dense/db, … in the same order."""
    return [f"{layer.name}/{name}" for layer in model.layers for name in gradients_in(layer)]


def names_in(layer: layers.Layer) -> list[str]:
    """Keras' names of a built layer's weights; w0, w1, … in a layer that has no names for them."""
    assert layer.input_shape is not None
    return list(layer.weight_shapes(layer.input_shape)) or [f"w{i}" for i in range(len(layer.weights))]


def gradients_in(layer: layers.Layer) -> list[str]:
    """The names of their gradients: dW for a kernel, db for a bias, dw0 for a w0."""
    return [_GRADIENTS.get(name, f"d{name}") for name in names_in(layer)]
