"""Layers, each in a file of its own, with forward and backward side by side (mirrors keras/src/layers)."""

from tinydnn.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from tinydnn.layers.dense import Dense
from tinydnn.layers.dropout import Dropout
from tinydnn.layers.input import Input, InputLayer
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.layers.layer import Layer
from tinydnn.layers.merging import (
    Add,
    Average,
    Concatenate,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    concatenate,
    maximum,
    minimum,
    multiply,
    subtract,
)  # fmt: skip
from tinydnn.layers.rescaling import Rescaling
from tinydnn.layers.reshaping import Flatten, Reshape
from tinydnn.names import not_offered

__all__ = [
    "ELU", "Activation", "Add", "Average", "Concatenate", "Dense", "Dropout", "Flatten", "Input", "InputLayer", "Layer",
    "LeakyReLU", "Maximum", "Minimum", "Multiply", "ReLU", "Rescaling", "Reshape", "Softmax", "Subtract",
    "add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract",
]  # fmt: skip

__getattr__ = not_offered(__name__, globals())
