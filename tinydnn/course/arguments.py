"""Arguments of a function: copies of them, also in another dtype."""

from typing import Any

import numpy as np


def copied(value: Any, dtype: str | None = None) -> Any:
    """A copy, in lists and dicts too, in which real numbers in arrays have this dtype; by default their own."""
    if isinstance(value, dict):
        return {key: copied(each, dtype) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [copied(each, dtype) for each in value]
    if isinstance(value, np.ndarray):
        return value.astype(dtype if dtype and value.dtype.kind == "f" else value.dtype)
    return value
