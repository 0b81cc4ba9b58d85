"""How much each sample counts (mirrors keras/src/trainers/data_adapters/data_adapter_utils.py)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinydnn.checks import as_samples, check_number
from tinydnn.config import floatx
from tinydnn.targets import check_length


def weights_of(y: Any, sample_weight: Any, class_weight: Any) -> Any:
    """The weights of samples: those that were given, or those of their classes; None where all count the same.

    Args:
        y: integer labels, one-hot rows, or numbers that are rounded to labels.
        sample_weight: (n,), or None.
        class_weight: {class: weight}; a class that it lacks counts 1.

    Raises:
        ValueError: both were given, or a weight that is no finite number.
        TypeError: class_weight is no dict.
    """
    if class_weight is None:
        return None if sample_weight is None else as_samples(sample_weight, "sample_weight")
    if sample_weight is not None:
        raise ValueError("Either class_weight or sample_weight can be given. Received: both")
    if not isinstance(class_weight, Mapping):
        raise TypeError(f"class_weight expects {{class: weight}}, as {{0: 1.0, 1: 5.0}}. Received: {class_weight!r}")
    for kind, weight in class_weight.items():
        check_number(f"class_weight[{kind!r}]", weight, low=-math.inf)
    labels = as_samples(y, "y")
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] != 1 else labels[..., 0]
    kinds, places = np.unique(np.round(labels).astype(np.int64), return_inverse=True)
    return np.array([class_weight.get(int(kind), 1.0) for kind in kinds], floatx())[places.reshape(labels.shape)]


def split_weights(weights: Any, n: int, held_out: int) -> tuple[Any, Any]:
    """The weights of the first n samples and of those held out behind them; None stays None."""
    if weights is None:
        return None, None
    weights = as_samples(weights, "sample_weight")
    check_length(weights, n + held_out, "sample_weight")
    return weights[:n], weights[n:]
