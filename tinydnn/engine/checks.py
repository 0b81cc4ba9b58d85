"""Checks of settings that several files share."""

from typing import Any

import numpy as np


def check_count(name: str, value: Any, low: int = 1) -> int:
    """The value as an int.

    Raises:
        ValueError: no integer, or below `low`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise ValueError(f"{name} expects an integer of at least {low}. Received: {name}={value!r}")
    return int(value)
