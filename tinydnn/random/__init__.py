"""The random numbers that Keras draws from a seed, without the libraries that it draws them with.

Each of Keras' backends has another generator, and a file here: TensorFlow Philox (philox.py), JAX Threefry
(threefry.py), PyTorch the Mersenne Twister (mersenne_twister.py). `config.keras_backend()` says whose numbers come.

What the backends have in common is the seeds. A layer that is given none asks Python's global generator for one, when
it is made: random.randint(1, 10**9) is 686579304 for the first kernel after set_random_seed(42), on every backend.

Mirrors keras/src/utils/rng_utils.py and keras/src/random/seed_generator.py.
"""

import random
from typing import Any

import numpy as np

from tinydnn import config
from tinydnn.device.backend import Array
from tinydnn.names import not_offered
from tinydnn.random import mersenne_twister, philox, threefry

__all__ = ["set_random_seed"]  # of what Keras has; the rest draws what its layers and initializers draw

Seed = tuple[int, int]  # a layer's seed, and how many training steps it has seen

_GENERATORS: dict[str, Any] = {"tensorflow": philox, "jax": threefry, "torch": mersenne_twister}

_global_seed: int | None = None


def set_random_seed(seed: int) -> None:
    """Seed everything that tinydnn, Python's `random` and `numpy.random` draw from here on.

    Args:
        seed: a non-negative integer. The same seed gives the initial weights, dropout masks and order of samples of
            Keras on the backend that `config.keras_backend()` names.

    Raises:
        ValueError: the seed is no integer, or outside 0 .. 2**32 - 1, what numpy.random takes.
    """
    global _global_seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed expects an integer from 0 to 2**32 - 1. Received: {seed!r}")
    _global_seed = int(seed)
    random.seed(_global_seed)
    np.random.seed(_global_seed)
    mersenne_twister.set_seed(_global_seed)


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
    } | ({"torch": mersenne_twister.get_state()} if config.keras_backend() == "torch" else {})


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
    if "torch" in state:
        mersenne_twister.set_state(*state["torch"])
    _global_seed = seed


def draw_seed() -> int:
    """A seed for a layer that was given none: the next one of Python's global generator."""
    return random.randint(1, 10**9)


# -- initial weights ---------------------------------------------------------------------------------


def uniform(seed: int, shape: tuple[int, ...], low: float, high: float, dtype: Any) -> Array:
    """Numbers of the given shape in [low, high), as `keras.random.uniform(seed=seed)` draws them."""
    return _generator().uniform(seed, shape, low, high, dtype)


def normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers of the given shape, as `keras.random.normal(seed=seed)` draws them."""
    return _generator().normal(seed, shape, mean, stddev, dtype)


def truncated_normal(seed: int, shape: tuple[int, ...], mean: float, stddev: float, dtype: Any) -> Array:
    """Normal numbers less than two stddev from the mean, as `keras.random.truncated_normal(seed=seed)` draws them."""
    return _generator().truncated_normal(seed, shape, mean, stddev, dtype)


# -- the order of the samples ------------------------------------------------------------------------


def permutation(n: int) -> Array:
    """The order in which an epoch visits n samples: shape (n,), int64.

    Once seeded, on TensorFlow every epoch gets the same one, because Keras' data iterator starts anew with the same
    seed; on JAX and PyTorch each epoch gets the next one of a generator, as on all of them where never seeded.
    """
    if config.keras_backend() == "jax":
        return np.random.permutation(n)
    if config.keras_backend() == "torch":
        return mersenne_twister.permutation(n)
    return np.random.default_rng().permutation(n) if _global_seed is None else philox.permutation(_global_seed, n)


def start_iterator() -> None:
    """Draw what Keras' iterator of batches draws when it is made: on PyTorch something, elsewhere nothing."""
    if config.keras_backend() == "torch":
        mersenne_twister.start_iterator()


def first_order(n: int) -> Array:
    """The order in which the first `fit` after this visits n samples; nothing is drawn for good.

    On JAX and PyTorch it is the second permutation: the first is for a batch from which Keras learns the shapes.
    """
    state = get_state()
    for _ in range(2):
        start_iterator()
        order = permutation(n)
    set_state(state)
    return order


# -- masks -------------------------------------------------------------------------------------------


def draws_on_device() -> bool:
    """Whether a GPU can draw dropout masks itself: TensorFlow's alone; others are drawn on the host and sent."""
    return config.keras_backend() == "tensorflow"


def draws_in_turn() -> bool:
    """Whether a mask can be drawn only as a whole, from its first number on: PyTorch's."""
    return config.keras_backend() == "torch"


def kept(seed: Seed | None, start: int, stop: int, dtype: Any, rate: float) -> Array:
    """Which of the numbers start to stop of its batch Dropout keeps, booleans; for masks that are drawn on the host.

    start: 0 where it `draws_in_turn`.
    seed: None on PyTorch alone, for a layer without a seed of its own.
    """
    return _generator().kept(seed, start, stop, dtype, rate)


def uniform01(seed: Seed, start: int, stop: int, dtype: Any) -> Array:
    """Numbers start to stop in [0, 1) of what a layer draws for its batch; start is 0 where it `draws_in_turn`."""
    return _generator().uniform01(seed, start, stop, dtype)


def normal_numbers(seed: Seed, start: int, stop: int, mean: float, stddev: float, dtype: Any) -> Array:
    """The same of normal numbers."""
    return _generator().normal_numbers(seed, start, stop, mean, stddev, dtype)


def _generator() -> Any:
    return _GENERATORS[config.keras_backend()]


__getattr__ = not_offered(__name__, globals())
