"""MT19937, the Mersenne Twister (Matsumoto and Nishimura, 1998): what Keras on PyTorch draws on a CPU from a seed.

It is a sequence: 624 words of state, from which a word of 32 bits comes after the other. PyTorch seeds it as NumPy's
RandomState does, so that one's words are the same, and this file only says what PyTorch makes of them:

- a uniform number: the lower 24 bits of a word in float32, the lower 53 bits of two words in float64
- a normal number: by Box and Muller from two uniform ones, 16 at a time (`_box_muller`)
- an order: by Fisher and Yates, from words

There are two kinds of generators. An initializer or a layer with a seed makes a new one for each call, of its seed plus
the number of calls before. The global one, seeded by `set_random_seed`, is for the rest: DataLoader takes two words for
each iterator, its RandomSampler two more for the seed of the order, and Dropout without a seed of its own two for each
number. So what comes next depends on all that was drawn before, and a mask is drawn for a whole batch, whose threads
share it.

Measured beside PyTorch 2.13 on x86-64 with AVX2: every bit is the same. On a CPU without AVX2 PyTorch draws other last
bits of normal numbers in float32. On a GPU it has another generator.

Mirrors keras/src/backend/torch/random.py, torch/utils/data/sampler.py, and of PyTorch's ATen
core/MT19937RNGEngine.h, core/DistributionsHelper.h and native/cpu/DistributionTemplates.h.
"""

import math
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.random import c_library, cephes
from tinydnn.random.fma import fma
from tinydnn.random.shuffle import fisher_yates

_AT_ONCE = 16  # normal numbers
_TRIALS = 4  # for a truncated number
_CUT = 2.0  # standard deviations

Generator = Any  # np.random.RandomState, which `import tinydnn` does not load

_global: Generator = None


def set_seed(seed: int) -> None:
    """Seed the global generator, as `torch.manual_seed` does."""
    global _global
    _global = np.random.RandomState(seed)


def get_state() -> list[Any]:
    """The global generator's 624 words, and how many of them are drawn."""
    _, words, position, *_ = _the_global().get_state(legacy=True)
    return [words, position]


def set_state(words: Array, position: int) -> None:
    """Go on where the global generator had this state."""
    _the_global().set_state(("MT19937", words, position, 0, 0.0))


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float, dtype: Any) -> Array:
    """Numbers of the given shape in [low, high), as `keras.random.uniform(seed=seed)` draws them."""
    scalar = np.dtype(dtype).type
    return (scalar(high - low) * uniform01((seed, 0), 0, math.prod(shape), dtype) + scalar(low)).reshape(shape)


def normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers of the given shape, as `keras.random.normal(seed=seed)` draws them."""
    return normal_numbers((seed, 0), 0, math.prod(shape), mean, stddev, dtype).reshape(shape)


def truncated_normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Of four normal numbers the first less than two stddev from the mean, as `keras.random.truncated_normal` has it.

    Where none of the four is (one time in 230,000), it is the first.
    """
    trials = normal(seed, (*shape, _TRIALS), 0.0, 1.0, dtype)
    first = (np.abs(trials) < _CUT).argmax(axis=-1)
    numbers: Array = np.take_along_axis(trials, first[..., np.newaxis], axis=-1)[..., 0]
    numbers *= stddev
    numbers += mean
    return numbers


def uniform01(seed: tuple[int, int], start: int, stop: int, dtype: Any) -> Array:
    """The first numbers, in [0, 1), of the generator that Keras makes for a layer's seed and number of calls.

    start: 0, since what comes later can't be drawn on its own.
    """
    assert start == 0
    return _uniform01(_seeded(seed), stop, dtype)


def normal_numbers(seed: tuple[int, int], start: int, stop: int, mean: float, stddev: float, dtype: Any) -> Array:
    """As many normal numbers of such a generator; of less than 16, each pair is made in float64."""
    assert start == 0
    generator, n = _seeded(seed), stop
    if n < _AT_ONCE:
        u = _uniform01(generator, n + n % 2, np.float64).reshape(-1, 2)
        radius = np.sqrt(-2 * c_library.by_element("log1p", -u[:, 1]))
        angle = 2 * math.pi * u[:, 0]
        pairs = radius * np.array([c_library.by_element(name, angle) for name in ("cos", "sin")])
        return fma(pairs.T.reshape(-1)[:n], stddev, mean).astype(dtype)
    u = _uniform01(generator, n, dtype)
    whole = n - n % _AT_ONCE
    numbers = np.empty_like(u)
    numbers[:whole] = _box_muller(u[:whole], mean, stddev)
    if whole < n:  # PyTorch draws the last 16 anew, of which some were whole already
        numbers[-_AT_ONCE:] = _box_muller(_uniform01(generator, _AT_ONCE, dtype), mean, stddev)
    return numbers


def kept(seed: tuple[int, int] | None, start: int, stop: int, dtype: Any, rate: float) -> Array:
    """Which of as many numbers Dropout keeps, booleans; without a seed the global generator says.

    The numbers are float32 with a seed and float64 without, whatever the layer computes in.
    """
    assert start == 0
    keep = 1.0 - rate
    if seed is None:
        return _uniform01(_the_global(), stop, np.float64) < keep
    return uniform01(seed, 0, stop, np.float32) < np.float32(keep)


def start_iterator() -> None:
    """Draw what an iterator of DataLoader draws: a seed for workers, of which Keras has none."""
    _words(_the_global(), 2)


def permutation(n: int) -> Array:
    """The order of n samples, (n,), int64: RandomSampler draws the seed of a generator, and that one the order."""
    high, low = _words(_the_global(), 2).tolist()
    return fisher_yates(_words(_seeded((high << 32 | low, 0)), max(n - 1, 0)), n)


def _the_global() -> Generator:
    """The global generator; where nobody has seeded it, from here on a random one."""
    global _global
    if _global is None:
        _global = np.random.RandomState()
    return _global


def _seeded(seed: tuple[int, int]) -> Generator:
    return np.random.RandomState(sum(seed) & 0xFFFFFFFF)


def _words(generator: Generator, n: int) -> Array:
    return generator.randint(0, 2**32, n, dtype=np.uint32)


def _uniform01(generator: Generator, n: int, dtype: Any) -> Array:
    if np.dtype(dtype) == np.float32:
        return (_words(generator, n) & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)
    words = _words(generator, 2 * n).astype(np.uint64)
    return (((words[0::2] << 32) | words[1::2]) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53


def _box_muller(uniform: Array, mean: float, stddev: float) -> Array:
    """Normal numbers from as many uniform ones: of each 16, the first 8 are u, the others v.

    sqrt(-2 log (1-u)) * cos(2πv)  and  sqrt(-2 log (1-u)) * sin(2πv)
    """
    parts = uniform.reshape(-1, 2, _AT_ONCE // 2)
    scalar = uniform.dtype.type
    u, angle = scalar(1) - parts[:, 0], scalar(2 * math.pi) * parts[:, 1]
    if scalar is np.float32:
        logs, (sin, cos) = cephes.log(u), cephes.sin_and_cos(angle)
    else:
        logs, sin, cos = (c_library.by_element(name, x) for name, x in (("log", u), ("sin", angle), ("cos", angle)))
    radius = np.sqrt(scalar(-2) * logs)
    return fma(np.stack([radius * cos, radius * sin], axis=1).reshape(-1), stddev, mean)
