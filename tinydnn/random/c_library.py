"""Functions of the C library, for one number after the other.

TensorFlow and PyTorch call them so, and NumPy's, which are faster, differ in the last bits of one result in a hundred.
"""

import ctypes
import functools
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.device.backend import Array


def by_element(name: str, x: Array) -> Array:
    """log, sin, cos or the like of each number, float32 or float64: a microsecond each."""
    function = getattr(math, name) if x.dtype == np.float64 else _c_function(f"{name}f")
    return np.fromiter(map(function, x.ravel().tolist()), x.dtype, x.size).reshape(x.shape)


@functools.cache
def _c_function(name: str) -> Callable[[float], float]:
    """A function of the C library from float to float, such as logf; Python's `math` has those of double alone."""
    library = ctypes.CDLL("ucrtbase") if os.name == "nt" else ctypes.PyDLL(None)
    function: Any = getattr(library, name)
    function.argtypes, function.restype = [ctypes.c_float], ctypes.c_float
    found: Callable[[float], float] = function
    return found
