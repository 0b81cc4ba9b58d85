"""Layers, each with forward and backward side by side (mirrors keras/src/layers)."""

from tinydnn.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from tinydnn.layers.activity_regularization import ActivityRegularization
from tinydnn.layers.alpha_dropout import AlphaDropout
from tinydnn.layers.batch_normalization import BatchNormalization
from tinydnn.layers.dense import Dense
from tinydnn.layers.dropout import Dropout
from tinydnn.layers.dropout import RandomLayer as RandomLayer
from tinydnn.layers.gaussian import GaussianDropout, GaussianNoise
from tinydnn.layers.input import Input, InputLayer
from tinydnn.layers.layer import Layer
from tinydnn.layers.layer_normalization import LayerNormalization
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
from tinydnn.layers.standardizing import Normalization
from tinydnn.layers.unit_normalization import UnitNormalization
from tinydnn.names import not_offered

__all__ = [
    "ELU", "Activation", "ActivityRegularization", "Add", "AlphaDropout", "Average", "BatchNormalization",
    "Concatenate", "Dense", "Dropout", "Flatten", "GaussianDropout", "GaussianNoise", "Input", "InputLayer", "Layer",
    "LayerNormalization", "LeakyReLU", "Maximum", "Minimum", "Multiply", "Normalization", "ReLU", "Rescaling",
    "Reshape", "Softmax", "Subtract", "UnitNormalization",
    "add", "average", "concatenate", "maximum", "minimum", "multiply", "subtract",
]  # fmt: skip

__getattr__ = not_offered(__name__, globals())
