"""The normal numbers that Keras on TensorFlow draws from a seed.

Two uniform numbers u, v of a stream make two normal ones (Box and Muller, "A note on the generation of random normal
deviates", 1958):  sin(2πv) * sqrt(-2 log u)  and  cos(2πv) * sqrt(-2 log u).

log, sin and cos are those of the C library, which TensorFlow calls for one number after the other. NumPy's are faster,
and one result in a hundred would differ in its last bits.

Mirrors stateless_random_normal and stateless_truncated_normal of TensorFlow: core/lib/random/random_distributions.h
and core/kernels/random_op_cpu.h.
"""

import ctypes
import functools
import itertools
import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.device.backend import Array

_LEAST = 1e-7  # u is at least that, so that its logarithm is finite
_CUT = 2.0  # numbers from there on are drawn again, in standard deviations
_NUMBERS_KEPT_FREE = 256  # for each truncated number, so that groups of them can be drawn side by side
_GROUPS_AT_ONCE = 4096


def normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers of the given shape, as `keras.random.normal(seed=seed)` draws them."""
    return of_stream((seed, 0), 0, math.prod(shape), mean, stddev, dtype).reshape(shape)


def of_stream(seed: tuple[int, int], start: int, stop: int, mean: float, stddev: float, dtype: Any) -> Array:
    """Numbers start to stop of the stream that `keras.random.normal` draws for a seed pair."""
    first = start - start % 2  # of a pair
    numbers = _box_muller(random.uniform01(seed, first, stop + stop % 2, dtype))[start - first :][: stop - start]
    return _scaled(numbers, mean, stddev)


def truncated_normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers less than two stddev from the mean, as `keras.random.truncated_normal(seed=seed)` draws them.

    As many numbers as one block of the stream makes are a group, 4 in float32 and 2 in float64. It has a part of the
    stream to itself, and takes the first numbers there that are near enough.
    """
    n, in_group = math.prod(shape), 16 // np.dtype(dtype).itemsize
    groups = np.empty((math.ceil(n / in_group), in_group), dtype)
    for first in range(0, len(groups), _GROUPS_AT_ONCE):
        _fill(groups[first : first + _GROUPS_AT_ONCE], first, seed)
    return _scaled(groups.reshape(-1)[:n].reshape(shape), mean, stddev)


def _fill(groups: Array, first: int, seed: int) -> None:
    """Draw these groups, whose first is the stream's group `first`."""
    in_group = groups.shape[1]
    blocks_apart = _NUMBERS_KEPT_FREE * in_group // 4
    filled = np.zeros(len(groups), np.int64)
    unfilled = np.arange(len(groups))
    for block in itertools.count():
        blocks = ((first + unfilled) * blocks_apart + block).astype(np.uint64)
        for numbers in _box_muller(random.uniform01_of_blocks((seed, 0), blocks, groups.dtype)).T:
            taken = (np.abs(numbers) < _CUT) & (filled[unfilled] < in_group)
            into = unfilled[taken]
            groups[into, filled[into]] = numbers[taken]
            filled[into] += 1
        unfilled = unfilled[filled[unfilled] < in_group]
        if not unfilled.size:
            return


def _scaled(numbers: Array, mean: float, stddev: float) -> Array:
    numbers *= stddev
    numbers += mean
    return numbers


def _box_muller(uniform: Array) -> Array:
    """Normal numbers from as many uniform ones, in pairs along the last axis."""
    u, v = np.maximum(uniform[..., 0::2], _LEAST), uniform[..., 1::2]
    radius = np.sqrt(-2 * _by_c_library("log", u))
    angle = (2 * math.pi * v.astype(np.float64)).astype(v.dtype)
    numbers = np.empty_like(uniform)
    numbers[..., 0::2] = _by_c_library("sin", angle) * radius
    numbers[..., 1::2] = _by_c_library("cos", angle) * radius
    return numbers


def _by_c_library(name: str, x: Array) -> Array:
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
