"""tinydnn: dense networks from scratch on NumPy and CuPy, under Keras' own names.

A Keras 3 script that stays within what tinydnn has runs on it after `import tinydnn as keras`.
"""

from tinydnn import (
    activations,
    callbacks,
    config,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    preprocessing,
    regularizers,
    utils,
)
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import Input
from tinydnn.models import Sequential
from tinydnn.names import not_offered

__version__ = "0.1.0"

__all__ = [
    "FileFormatError",
    "Input",
    "Sequential",
    "activations",
    "callbacks",
    "config",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "regularizers",
    "utils",
]

__getattr__ = not_offered(__name__, globals())
