"""Small helpers with Keras' names (mirrors keras/src/utils)."""

from typing import Any

import numpy as np

from tinydnn.backend import clear_session
from tinydnn.checks import as_numeric, whole_numbers
from tinydnn.device.backend import Array
from tinydnn.missing import names_its_arguments
from tinydnn.names import not_offered
from tinydnn.random import set_random_seed
from tinydnn.utils.files import get_file
from tinydnn.utils.py_dataset import PyDataset
from tinydnn.utils.sequences import pad_sequences

__all__ = [
    "PyDataset", "Sequence", "clear_session", "get_file", "normalize", "pad_sequences", "set_random_seed",
    "to_categorical",
]  # fmt: skip

Sequence = PyDataset  # its older name


@names_its_arguments
def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """One-hot rows of integer labels: shape (…,) becomes (…, num_classes), float64.

    A last axis of length 1 is taken off first, as in keras/src/utils/numerical_utils.py.

    Args:
        x: integers from 0 to num_classes - 1.
        num_classes: None means the largest label plus 1.

    Raises:
        ValueError: no integers, or outside that range.
    """
    labels = whole_numbers(as_numeric(x, "x"))
    if labels.dtype.kind not in "iu" or not labels.size:
        raise ValueError(f"to_categorical expects integer labels. Received: dtype={labels.dtype}, shape={labels.shape}")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = int(labels.max()) + 1 if num_classes is None else num_classes
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"to_categorical expects labels from 0 to {classes - 1}. Received: from {labels.min()} to {labels.max()}"
        )
    rows = np.zeros((labels.size, classes))
    rows[np.arange(labels.size), labels.reshape(-1)] = 1
    return rows.reshape(*labels.shape, classes)


def normalize(x: Any, axis: int | None = -1, order: float = 2) -> Array:
    """x / ‖x‖ along an axis, with the norm of this order; what has norm 0 stays.

    Mirrors keras/src/utils/numerical_utils.py: one vector (n,) becomes a row, (1, n). Axis 0 is that axis, which Keras
    takes for the last. None is the norm of all of x.

    Raises:
        ValueError: no real numbers.
    """
    numbers = as_numeric(x, "x")
    norm = np.atleast_1d(np.linalg.norm(numbers, order, axis))
    norm[norm == 0] = 1
    return np.divide(numbers, np.expand_dims(norm, -1 if axis is None else axis))


__getattr__ = not_offered(__name__, globals())
