"""Philox: what Keras on TensorFlow draws from a seed.

One function makes all of it: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
1, 2, 3", 2011). It is no sequence but a mixing function: a counter and a key go in, four random
32-bit words come out. Word i of a stream is word i mod 4 of the block whose counter is i // 4, so
any part of a stream can be drawn on its own; that is how threads draw their rows of one dropout mask.

Three things are drawn, each from its own stream:

- Uniform numbers (initial weights, dropout masks). TensorFlow scrambles the seed pair (s0, s1) by
  one Philox block under a fixed key: its words 0 and 1 are the key of the stream, 2 and 3 the upper
  half of its counter.
- Normal numbers. Two uniform numbers u, v make two normal ones (Box and Muller, "A note on the generation of random
  normal deviates", 1958):  sin(2πv) * sqrt(-2 log u)  and  cos(2πv) * sqrt(-2 log u).
- Permutations (the order of the samples). The key is the seed of `set_random_seed` itself, modulo
  2**31 - 1. For TensorFlow a seed of 0 means none, so it puts 2**31 - 1 into the counter then.

From set_random_seed(42) to the first weight of the walkthrough's net:

    random.randint(1, 10**9)                  686579304, the seed of the first kernel
    philox((686579304, 0, 0, 0), fixed key)   a5317ef4 63f495f0 16c3a81c d9ede23a, scrambled
    philox((0, 0, 16c3a81c, d9ede23a), (a5317ef4, 63f495f0))
                                              936dd924 …, the stream's first words
    936dd924's lower 23 bits as a mantissa    u = 0.8581891, in [0, 1)
    u * (high - low) + low                    0.0527167 for high = -low = sqrt(6 / (784 + 324)) = 0.0735878

And to the first sample that fit takes of 48,000: philox((0, 0, 0, 0), (42, 0)) begins with 2632642643, whose
remainder by 48,000 is 34643; so 0 and 34643 change places, and sample 34643 comes first.

Mirrors keras/src/backend/tensorflow/random.py, and TensorFlow's stateless_random_ops_v2, shuffle_op,
core/lib/random/random_distributions.h and core/kernels/random_op_cpu.h.
"""

import functools
import itertools
import math
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import ENTRY, elementwise
from tinydnn.random import c_library
from tinydnn.random.shuffle import fisher_yates

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85  # the golden ratio and sqrt(3) - 1, as 32-bit fractions
_SCRAMBLE_KEY = 0x3EC8F720, 0x02461E29
_MASK32 = 0xFFFFFFFF
_INT32_MAX = 2**31 - 1
_BLOCKS_AT_ONCE = 4096  # keeps the working arrays of a round within a core's cache
_LEAST = 1e-7  # u is at least that, so that its logarithm is finite
_CUT = 2.0  # numbers from there on are drawn again, in standard deviations
_NUMBERS_KEPT_FREE = 256  # for each truncated number, so that groups of them can be drawn side by side
_GROUPS_AT_ONCE = 4096


def philox(counter: tuple[Any, Any, Any, Any], key: tuple[int, int], xp: Any = np) -> Array:
    """Philox4x32-10: 32-bit words, shape (4 * blocks,), for counters given as four uint64 arrays.

    Ten rounds mix the words (x0, x1, x2, x3) of a counter with the key (k0, k1):
        x0, x1, x2, x3  =  high(M1 * x2) ^ x1 ^ k0,  low(M1 * x2),  high(M0 * x0) ^ x3 ^ k1,  low(M0 * x0)
    and move the key on by a constant. The 64-bit products are why 32-bit words travel as uint64.
    """
    words: Array = xp.stack(_mixed(*counter, *key), axis=1).astype(xp.uint32)
    return words.reshape(-1)


def _mixed(x0: Any, x1: Any, x2: Any, x3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """The words after ten rounds; arrays are changed in place."""
    m0, m1 = _MULTIPLIERS
    for _ in range(10):
        product0, product1 = x0 * m0, x2 * m1
        x1 ^= product1 >> 32
        x1 ^= k0
        x3 ^= product0 >> 32
        x3 ^= k1
        product0 &= _MASK32
        product1 &= _MASK32
        x0, x1, x2, x3 = x1, product1, x3, product0
        k0, k1 = (k0 + _KEY_STEPS[0]) & _MASK32, (k1 + _KEY_STEPS[1]) & _MASK32
    return x0, x1, x2, x3


def _stream(key: tuple[int, int], upper: tuple[int, int], start: int, stop: int, xp: Any) -> Array:
    """Words start to stop of the stream whose counters are (block, block >> 32, *upper)."""
    first_block, last_block = start // 4, -(-stop // 4)
    words: Array = xp.empty(4 * (last_block - first_block), xp.uint32)  # first: what can't be had is refused at once
    for begin in range(first_block, last_block, _BLOCKS_AT_ONCE):
        end = min(begin + _BLOCKS_AT_ONCE, last_block)
        block = xp.arange(begin, end, dtype=xp.uint64)
        ones = xp.ones_like(block)
        drawn = philox((block & _MASK32, block >> 32, ones * upper[0], ones * upper[1]), key, xp)
        words[4 * (begin - first_block) : 4 * (end - first_block)] = drawn
    return words[start - 4 * first_block : stop - 4 * first_block]


def _scrambled(seed: tuple[int, int]) -> list[int]:
    """The key of a seed pair's stream, two words, and the upper half of its counter."""
    s0, s1 = (s % (2**31 - 2) for s in seed)  # as Keras folds a seed into TensorFlow's int32
    low, high = np.zeros(1, np.uint64), np.ones(1, np.uint64)
    words: list[int] = philox((high * s0, low.copy(), high * s1, low.copy()), _SCRAMBLE_KEY).tolist()
    return words


def uniform01(seed: tuple[int, int], start: int, stop: int, dtype: Any, xp: Any = np) -> Array:
    """Numbers start to stop, in [0, 1), of the stream that TensorFlow draws for a seed pair.

    Random bits become the mantissa of a number in [1, 2), less 1: 23 bits of one word for float32,
    52 bits of two words for float64.
    """
    k0, k1, c2, c3 = _scrambled(seed)
    words = 1 if np.dtype(dtype) == np.float32 else 2  # a number
    return _mantissas(_stream((k0, k1), (c2, c3), words * start, words * stop, xp), dtype, xp)


def uniform01_of_blocks(seed: tuple[int, int], blocks: Array, dtype: Any) -> Array:
    """What `uniform01` makes of these blocks of the stream, uint64: 4 numbers of each in float32, 2 in float64."""
    k0, k1, c2, c3 = _scrambled(seed)
    ones = np.ones_like(blocks)
    words = philox((blocks & _MASK32, blocks >> 32, ones * c2, ones * c3), (k0, k1))
    return _mantissas(words, dtype, np).reshape(len(blocks), -1)


def _mantissas(words: Array, dtype: Any, xp: Any) -> Array:
    if np.dtype(dtype) == np.float32:
        numbers: Array = ((words & 0x7FFFFF) | 0x3F800000).view(xp.float32)
    else:
        words = words.astype(xp.uint64)
        numbers = (((words[0::2] & 0xFFFFF) << 32) | words[1::2] | (0x3FF << 52)).view(xp.float64)
    numbers -= 1
    return numbers


def mask_words(seed: tuple[int, int], first: int) -> Array:
    """What `fused_mask` needs of a seed pair's stream from number `first` on: five words, (5, 1), uint64."""
    return np.array([first, *_scrambled(seed)], np.uint64).reshape(5, 1)


def fused_mask(xp: Any, words: Array, dtype: Any, rate: float, mask: Array) -> None:
    """`dropout_mask` in one kernel, whose words lie on the GPU."""
    formula = _mask_of_float32 if np.dtype(dtype) == np.float32 else _mask_of_float64
    formula.into(xp, mask, ENTRY, *words, rate, 1 / (1 - rate))


def dropout_mask(xp: Any, seed: tuple[int, int], first: int, dtype: Any, rate: float, mask: Array) -> None:
    """mask[i] = 0 where number first + i of the seed pair's stream is below the rate, else 1 / (1 - rate).

    dtype: the numbers', which decides the bits that they are made of.
    """
    numbers = uniform01(seed, first, first + mask.size, dtype, xp)
    xp.greater_equal(numbers.reshape(mask.shape), rate, out=mask)
    mask *= 1 / (1 - rate)


# The same for a GPU's kernel, in which each number works out the block of its words for itself.


@elementwise
def _mask_of_float32(entry: Any, first: Any, k0: Any, k1: Any, c2: Any, c3: Any, rate: Any, scale: Any) -> Any:
    word = first + entry
    x0, x1, x2, x3 = _block_of(word, k0, k1, c2, c3)
    lane = word & 3
    drawn = np.where(lane == 0, x0, np.where(lane == 1, x1, np.where(lane == 2, x2, x3)))
    number = (drawn & 0x7FFFFF) * 2.0**-23
    return (number >= rate) * scale


@elementwise
def _mask_of_float64(entry: Any, first: Any, k0: Any, k1: Any, c2: Any, c3: Any, rate: Any, scale: Any) -> Any:
    word = 2 * (first + entry)
    x0, x1, x2, x3 = _block_of(word, k0, k1, c2, c3)
    first_half = (word & 3) == 0
    drawn = ((np.where(first_half, x0, x2) & 0xFFFFF) << 32) | np.where(first_half, x1, x3)
    number = drawn * 2.0**-52
    return (number >= rate) * scale


def _block_of(word: Any, k0: Any, k1: Any, c2: Any, c3: Any) -> tuple[Any, Any, Any, Any]:
    block = word >> 2
    return _mixed(block & _MASK32, block >> 32, c2, c3, k0, k1)


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float, dtype: Any) -> Array:
    """Numbers of the given shape in [low, high), as `keras.random.uniform(seed=seed)` draws them.

    The bounds are rounded to float32 first, in float64 too, as Keras does.
    """
    low, high = float(np.float32(low)), float(np.float32(high))
    numbers = uniform01((seed, 0), 0, math.prod(shape), dtype).reshape(shape)
    numbers *= high - low
    numbers += low
    return numbers


def normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers of the given shape, as `keras.random.normal(seed=seed)` draws them."""
    return normal_numbers((seed, 0), 0, math.prod(shape), mean, stddev, dtype).reshape(shape)


def normal_numbers(seed: tuple[int, int], start: int, stop: int, mean: float, stddev: float, dtype: Any) -> Array:
    """Numbers start to stop of the stream that `keras.random.normal` draws for a seed pair."""
    first = start - start % 2  # of a pair
    numbers = _box_muller(uniform01(seed, first, stop + stop % 2, dtype))[start - first :][: stop - start]
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
        for numbers in _box_muller(uniform01_of_blocks((seed, 0), blocks, groups.dtype)).T:
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
    radius = np.sqrt(-2 * c_library.by_element("log", u))
    angle = (2 * math.pi * v.astype(np.float64)).astype(v.dtype)
    numbers = np.empty_like(uniform)
    numbers[..., 0::2] = c_library.by_element("sin", angle) * radius
    numbers[..., 1::2] = c_library.by_element("cos", angle) * radius
    return numbers


@functools.lru_cache(maxsize=2)  # one for each model that trains in turn with another
def permutation(seed: int, n: int) -> Array:
    """The order of n samples that the seed of `set_random_seed` gives, (n,), int64."""
    seed %= _INT32_MAX
    words = _stream((seed, 0), (0, 0) if seed else (_INT32_MAX, 0), 0, max(n - 1, 0), np)
    found = fisher_yates(words, n)
    found.flags.writeable = False  # the next epoch gets it too
    return found
