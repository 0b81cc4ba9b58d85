"""Threefry: what Keras on JAX draws from a seed.

As Philox it is no sequence but a mixing function (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011):
a counter of two 32-bit words and a key of two go in, two random words come out. The key is a layer's or an
initializer's seed, and the number of its calls before; the counter of number i is i itself. So threads draw their rows
of a mask each on its own. A number's bits are both words in float64; in float32, one word XOR the other.

The order of the samples is no matter of JAX: there Keras takes the next permutation of `numpy.random`.

Measured beside JAX 0.10 on x86-64 with a fused multiply-add: every bit is the same, of uniform and of normal numbers.
JAX has float64 with JAX_ENABLE_X64=1 alone; where that is set, masks of float32 layers are other ones than here.

Mirrors keras/src/backend/jax/random.py, and jax/_src/random: threefry2x32.py and core.py.
"""

import math
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.random.erf_inv import erf_inv
from tinydnn.random.fma import fma

_ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
_PARITY = 0x1BD11BDA
_NUMBERS_AT_ONCE = 2**14  # keeps the working arrays of a round within a core's cache
_CUT = 2.0  # standard deviations


def threefry(counter: tuple[Array, Array], key: tuple[int, int]) -> tuple[Array, Array]:
    """Threefry2x32-20: two words for each counter, which is two uint32 arrays, and is changed.

    Twenty rounds mix the words of the counter:
        x0 = x0 + x1;   x1 = x0 ^ (x1 rotated left)
    and after each four the key comes in: k0, k1 and k0 ^ k1 ^ 0x1BD11BDA in turn.
    """
    keys = [np.uint32(word & 0xFFFFFFFF) for word in (*key, key[0] ^ key[1] ^ _PARITY)]
    x0, x1 = counter
    x0 += keys[0]
    x1 += keys[1]
    for turn in range(1, 6):
        for by in _ROTATIONS[(turn - 1) % 2]:
            x0 += x1
            rest = x1 >> np.uint32(32 - by)
            x1 <<= np.uint32(by)
            x1 |= rest
            x1 ^= x0
        x0 += keys[turn % 3]
        x1 += keys[(turn + 1) % 3]
        x1 += np.uint32(turn)
    return x0, x1


def uniform01(seed: tuple[int, int], start: int, stop: int, dtype: Any) -> Array:
    """Numbers start to stop, in [0, 1), of what `jax.random.uniform` draws for a key."""
    numbers = np.empty(stop - start, dtype)
    for first in range(start, stop, _NUMBERS_AT_ONCE):
        last = min(first + _NUMBERS_AT_ONCE, stop)
        i = np.arange(first, last, dtype=np.uint64)
        words = threefry(((i >> 32).astype(np.uint32), i.astype(np.uint32)), seed)
        numbers[first - start : last - start] = _mantissas(*words, np.dtype(dtype))
    return numbers


def _mantissas(high: Array, low: Array, dtype: np.dtype[Any]) -> Array:
    """Random bits as the mantissa of a number in [1, 2), less 1: 23 bits in float32, 52 in float64."""
    if dtype == np.float32:
        numbers: Array = (((high ^ low) >> 9) | np.uint32(0x3F800000)).view(np.float32)
    else:
        bits = (high.astype(np.uint64) << 32) | low
        numbers = ((bits >> 12) | np.uint64(0x3FF << 52)).view(np.float64)
    numbers -= 1
    return numbers


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float, dtype: Any) -> Array:
    """Numbers of the given shape in [low, high), as `keras.random.uniform(seed=seed)` draws them."""
    return _uniform((seed, 0), 0, math.prod(shape), low, high, dtype).reshape(shape)


def normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers of the given shape, as `keras.random.normal(seed=seed)` draws them."""
    return normal_numbers((seed, 0), 0, math.prod(shape), mean, stddev, dtype).reshape(shape)


def truncated_normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers less than two stddev from the mean, as `keras.random.truncated_normal(seed=seed)` draws them."""
    scalar = np.dtype(dtype).type
    root = scalar(math.sqrt(2))
    bound = scalar(math.erf(scalar(_CUT) / root))
    numbers = root * erf_inv(_uniform((seed, 0), 0, math.prod(shape), -bound, bound, dtype))
    largest = np.nextafter(scalar(_CUT), scalar(0))
    return _scaled(numbers.clip(-largest, largest), mean, stddev).reshape(shape)


def normal_numbers(seed: tuple[int, int], start: int, stop: int, mean: float, stddev: float, dtype: Any) -> Array:
    """Numbers start to stop of the normal ones for a key: sqrt(2) * erf⁻¹(u) for u in (-1, 1)."""
    scalar = np.dtype(dtype).type
    least = np.nextafter(scalar(-1), scalar(0))
    return _scaled(scalar(math.sqrt(2)) * erf_inv(_uniform(seed, start, stop, least, 1, dtype)), mean, stddev)


def kept(seed: tuple[int, int], start: int, stop: int, dtype: Any, rate: float) -> Array:
    """Which of the numbers start to stop Dropout keeps, booleans."""
    return uniform01(seed, start, stop, dtype) < 1.0 - rate


def _uniform(seed: tuple[int, int], start: int, stop: int, low: Any, high: Any, dtype: Any) -> Array:
    low, high = np.dtype(dtype).type(low), np.dtype(dtype).type(high)
    numbers: Array = np.maximum(low, fma(uniform01(seed, start, stop, dtype), high - low, low))
    return numbers


def _scaled(numbers: Array, mean: float, stddev: float) -> Array:
    numbers *= stddev
    numbers += mean
    return numbers
