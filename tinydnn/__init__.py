"""tinydnn: dense networks from scratch on NumPy and CuPy, under Keras' own names.

A Keras 3 script that stays within what tinydnn has runs on it after `import tinydnn as keras`.
"""

import sys
from importlib import import_module
from typing import Any

from tinydnn import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    distribution,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    preprocessing,
    regularizers,
    saving,
    utils,
)
from tinydnn.files.whole import FileFormatError
from tinydnn.layers import Input
from tinydnn.layers.keras_tensor import KerasTensor
from tinydnn.missing import Modules
from tinydnn.models import Model, Sequential
from tinydnn.names import not_offered

__version__ = "0.1.0"

__all__ = [
    "FileFormatError",
    "Input",
    "KerasTensor",
    "Model",
    "Sequential",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "distribution",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "preprocessing",
    "regularizers",
    "saving",
    "utils",
    "version",
]


def version() -> str:
    """tinydnn's own version."""
    return __version__


sys.meta_path.append(Modules())

_not_offered = not_offered(__name__, globals())


def __getattr__(name: str) -> Any:
    if name in ("diagnosis", "search"):  # imported where they are used: training does without them
        return import_module(f"tinydnn.{name}")
    return _not_offered(name)
