"""The random numbers that Keras on TensorFlow draws from a seed, without TensorFlow.

One function makes all of them: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
1, 2, 3", 2011). It is no sequence but a mixing function: a counter and a key go in, four random
32-bit words come out. Word i of a stream is word i mod 4 of the block whose counter is i // 4, so
any part of a stream can be drawn on its own; that is how threads draw their rows of one dropout mask.

Three things are drawn here, each from its own stream; normal.py makes normal numbers of the uniform ones:

- Seeds. A layer that is given no seed asks Python's global generator for one, when it is made.
- Uniform numbers (initial weights, dropout masks). TensorFlow scrambles the seed pair (s0, s1) by
  one Philox block under a fixed key: its words 0 and 1 are the key of the stream, 2 and 3 the upper
  half of its counter.
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

Mirrors keras/src/utils/rng_utils.py, keras/src/random/seed_generator.py and TensorFlow's
random_seed, stateless_random_ops_v2 and shuffle_op.
"""

import functools
import math
import random
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.device.elementwise import ENTRY, elementwise
from tinydnn.names import not_offered

__all__ = ["set_random_seed"]  # of what Keras has; the rest draws what its layers and initializers draw

_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85  # the golden ratio and sqrt(3) - 1, as 32-bit fractions
_SCRAMBLE_KEY = 0x3EC8F720, 0x02461E29
_MASK32 = 0xFFFFFFFF
_INT32_MAX = 2**31 - 1
_BLOCKS_AT_ONCE = 4096  # keeps the working arrays of a round within a core's cache

_global_seed: int | None = None


def set_random_seed(seed: int) -> None:
    """Seed everything that tinydnn, Python's `random` and `numpy.random` draw from here on.

    Args:
        seed: a non-negative integer. The same seed gives Keras' initial weights bit for bit, its
            dropout masks, and its order of samples.

    Raises:
        ValueError: the seed is no integer, or outside 0 .. 2**32 - 1, what numpy.random takes.
    """
    global _global_seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed expects an integer from 0 to 2**32 - 1. Received: {seed!r}")
    _global_seed = int(seed)
    random.seed(_global_seed)
    np.random.seed(_global_seed)


def global_seed() -> int | None:
    """What `set_random_seed` was last given; None where it never was."""
    return _global_seed


def get_state() -> dict[str, Any]:
    """What tinydnn, Python's `random` and `numpy.random` will draw next, as numbers, lists and arrays."""
    version, words, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "seed": _global_seed,
        "python": [version, np.array(words, np.uint32), gauss],
        "numpy": [name, keys, position, has_gauss, cached],
    }


def set_state(state: dict[str, Any]) -> None:
    """Draw next what would have been drawn when this state was taken.

    Raises:
        ValueError, TypeError: it is none.
    """
    global _global_seed
    seed, (version, words, gauss), (name, keys, position, has_gauss, cached) = (
        state["seed"], state["python"], state["numpy"]
    )  # fmt: skip
    if not (seed is None or (isinstance(seed, int) and 0 <= seed < 2**32)) or not 0 <= position <= len(keys) == 624:
        raise ValueError(f"expected the state of random numbers. Found: seed {seed!r}, position {position!r}")
    random.setstate((version, tuple(words.tolist()), gauss))
    np.random.set_state((name, keys, position, has_gauss, cached))
    _global_seed = seed


def draw_seed() -> int:
    """A seed for a layer that was given none: the next one of Python's global generator."""
    return random.randint(1, 10**9)


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


def permutation(n: int) -> Array:
    """The order in which an epoch visits n samples: shape (n,), int64.

    Once seeded, every epoch gets the same one, because Keras' data iterator starts anew with the same
    seed; never seeded, each call draws another one.
    """
    return np.random.default_rng().permutation(n) if _global_seed is None else _seeded_permutation(_global_seed, n)


@functools.lru_cache(maxsize=2)  # one for each model that trains in turn with another
def _seeded_permutation(seed: int, n: int) -> Array:
    """Fisher-Yates: for i = 0 .. n-2, swap p[i] with p[i + u_i mod (n - i)]."""
    seed %= _INT32_MAX
    words = _stream((seed, 0), (0, 0) if seed else (_INT32_MAX, 0), 0, max(n - 1, 0), np).astype(np.int64)
    position = np.arange(len(words))
    partners = (position + words % (n - position)).tolist()
    order = list(range(n))  # a list: swapping single elements of an array is ten times slower
    for i, j in enumerate(partners):
        order[i], order[j] = order[j], order[i]
    found = np.array(order, dtype=np.int64)
    found.flags.writeable = False  # the next epoch gets it too
    return found


__getattr__ = not_offered(__name__, globals())
