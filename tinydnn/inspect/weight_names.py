"""What weights and their gradients are called: dense/kernel and dense/dW."""

from tinydnn import layers
from tinydnn.models import Sequential


def weight_names(model: Sequential) -> list[str]:
    """dense/kernel, dense/bias, … in the order of the model's weights."""
    return [f"{layer.name}/{name}" for layer in model.layers for name in names_in(layer)]


def gradient_names(model: Sequential) -> list[str]:
    """dense/dW, dense/db, … in the same order."""
    return [f"{layer.name}/{name}" for layer in model.layers for name in gradients_in(layer)]


def names_in(layer: layers.Layer) -> list[str]:
    """Keras' names of a layer's weights; w0, w1, … in a layer that has no names for them."""
    return list(layer.weight_names or (f"w{i}" for i in range(len(layer.weights))))[: len(layer.weights)]


def gradients_in(layer: layers.Layer) -> list[str]:
    """The names of their gradients: dW and db, or dw0, dw1, …"""
    return list(layer.gradient_names or (f"dw{i}" for i in range(len(layer.weights))))[: len(layer.weights)]
