"""Philox and what Keras draws from a seed."""

import hashlib
import random as python_random

import numpy as np
import pytest
from tolerances import SAME_FLOAT32

import tinydnn as keras
from tinydnn import random
from tinydnn.engine.data import Data
from tinydnn.engine.shards import Shards
from tinydnn.random import philox

# From Keras 3.15.1 on TensorFlow 2.21: initializers.GlorotUniform(seed=42)((3, 2)), as hexadecimal floats,
GLOROT_42_FLOAT32 = [
    "-0x1.e81ae40000000p-2", "-0x1.c69c000000000p-9", "0x1.e360080000000p-2",
    "-0x1.0d1a700000000p+0", "-0x1.d8b39a0000000p-1", "0x1.1beeb00000000p-2",
]  # fmt: skip
GLOROT_42_FLOAT64 = [
    "-0x1.0dd0f49998f86p-1", "0x1.f5cb5b82eefd0p-2", "0x1.20ed480576e48p-2",
    "-0x1.0201ae6e6edc5p+0", "-0x1.07c6689a3a7abp+0", "0x1.690d5764f3b60p-4",
]  # fmt: skip
# RandomNormal and TruncatedNormal with (stddev=1.0, seed=42), the same; what they share is within two stddev of 0,
NORMAL_42_FLOAT32 = [
    "0x1.0325a00000000p-6", "-0x1.970ff00000000p+0", "0x1.a852aa0000000p-4",
    "0x1.9f9d2a0000000p-1", "-0x1.9c403a0000000p+0", "-0x1.9440320000000p+0",
]  # fmt: skip
NORMAL_42_FLOAT64 = [
    "-0x1.9ec60a3ecfe5fp+0", "-0x1.15052ce6f8f5ap-2", "0x1.ea76b1e4c602bp-3",
    "0x1.ddb85e0bbf62fp-1", "-0x1.539b55753b565p-1", "-0x1.48aa9efd9501dp+1",
]  # fmt: skip
TRUNCATED_42_FLOAT32 = [*NORMAL_42_FLOAT32[:4], "-0x1.5ebf080000000p-6", "0x1.e3a4aa0000000p-4"]
TRUNCATED_42_FLOAT64 = [
    *NORMAL_42_FLOAT64[:2], "-0x1.edaeaf40714dap-1", "0x1.cd929805ac6e1p+0", "-0x1.60e80ee9e7c21p-3",
    "0x1.30aa4defa80ecp-2",
]  # fmt: skip
# the kernels of the walkthrough's net after set_random_seed(42), as the first 16 digits of their SHA-256,
KERNELS_42 = {
    "float32": ["6ee642a5b681338c", "3de6d12e30ee2242", "c4145529f5c801c8"],
    "float64": ["7799eed7526cabc3", "dfa2fe52a06977f0", "5a40157bde5c07e2"],
}
# two masks of Dropout(0.5, seed=11) on (3, 5), one after the other,
MASKS_11 = [
    [[1, 0, 1, 1, 1], [0, 0, 0, 0, 1], [0, 1, 1, 0, 1]],
    [[0, 0, 0, 1, 0], [1, 1, 0, 1, 1], [1, 1, 1, 1, 1]],
]
# and the first ten of 83 samples that fit visits after set_random_seed(3).
ORDER_83_SEED_3 = [6, 63, 44, 76, 0, 18, 7, 78, 58, 80]


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers that Random123 publishes for philox4x32-10
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_the_published_words(counter, key, expected):
    words = philox.philox(tuple(np.array([c], np.uint64) for c in counter), key)
    assert " ".join(f"{word:08x}" for word in words) == expected


def test_any_part_of_a_stream_is_the_same_as_in_the_whole():
    for dtype in ("float32", "float64"):
        whole = philox.uniform01((5, 3), 0, 20_000, dtype)
        for start, stop in [(0, 1), (1, 4), (3, 5), (17, 801), (16_380, 16_390), (19_999, 20_000), (7, 7)]:
            np.testing.assert_array_equal(philox.uniform01((5, 3), start, stop, dtype), whole[start:stop])
        assert whole.dtype == dtype
        assert whole.min() >= 0
        assert whole.max() < 1


def test_the_walkthroughs_kernels_get_keras_seeds():
    keras.utils.set_random_seed(42)
    assert [random.draw_seed() for _ in range(3)] == [686579304, 119540832, 26855093]


def test_initial_weights_are_keras_own_bits():
    initializer = keras.initializers.GlorotUniform(seed=42)
    assert [float(w).hex() for w in initializer((3, 2)).ravel()] == GLOROT_42_FLOAT32
    assert [float(w).hex() for w in initializer((3, 2), "float64").ravel()] == GLOROT_42_FLOAT64


@pytest.mark.parametrize(
    ("kind", "dtype", "expected"),
    [
        ("RandomNormal", "float32", NORMAL_42_FLOAT32),
        ("RandomNormal", "float64", NORMAL_42_FLOAT64),
        ("TruncatedNormal", "float32", TRUNCATED_42_FLOAT32),
        ("TruncatedNormal", "float64", TRUNCATED_42_FLOAT64),
    ],
)
def test_normal_numbers_are_keras_own_up_to_the_c_librarys_rounding(kind, dtype, expected):
    drawn = getattr(keras.initializers, kind)(stddev=1.0, seed=42)((3, 2), dtype)
    expected = np.array([float.fromhex(number) for number in expected], dtype).reshape(3, 2)
    np.testing.assert_array_max_ulp(drawn, expected, maxulp=3)  # test_parity.py compares the bits, on one machine


def test_initializers_take_floatx_and_any_shape():
    keras.config.set_floatx("float64")
    try:
        for name in ("Zeros", "Constant", "Identity", "GlorotUniform", "RandomNormal", "Orthogonal"):
            assert getattr(keras.initializers, name)()((2, 2)).dtype == "float64"
            assert getattr(keras.initializers, name)()((2, 2), dtype=None).dtype == "float64"
    finally:
        keras.config.set_floatx("float32")
    assert keras.initializers.HeNormal(seed=np.int64(1)).seed == 1
    assert keras.initializers.GlorotUniform(1)(()).shape == ()
    flat, deep = (keras.initializers.HeUniform(1)(shape) for shape in ((12, 5), (3, 4, 5)))
    np.testing.assert_array_equal(flat, deep.reshape(12, 5))  # fan_in is 3 * 4


def test_truncated_numbers_are_drawn_anew_until_each_is_near_enough():
    drawn = keras.initializers.TruncatedNormal(stddev=0.5, seed=1)((70_001,))
    assert 0.999 < np.abs(drawn).max() < 1
    assert len(np.unique(drawn)) > 69_000
    assert abs(drawn.std() - 0.5 * 0.8796) < 0.005


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_walkthroughs_kernels_are_keras_own_bits(dtype):
    keras.utils.set_random_seed(42)
    model = keras.Sequential([keras.Input((784,), dtype=dtype)])
    for units in (324, 36, 10):
        model.add(keras.layers.Dense(units, dtype=dtype))
    hashes = [hashlib.sha256(kernel.tobytes()).hexdigest()[:16] for kernel in model.get_weights()[::2]]
    assert hashes == KERNELS_42[dtype]


def test_the_worked_example_of_the_module():
    """Each number of its docstring, computed as it says."""
    zero = np.zeros(1, np.uint64)

    def words(counter, key):
        return [f"{word:08x}" for word in philox.philox(tuple(zero + c for c in counter), key)]

    keras.utils.set_random_seed(42)
    seed = python_random.randint(1, 10**9)
    scrambled = words((seed, 0, 0, 0), philox._SCRAMBLE_KEY)
    first = words((0, 0, int(scrambled[2], 16), int(scrambled[3], 16)), (int(scrambled[0], 16), int(scrambled[1], 16)))
    u = (int(first[0], 16) & 0x7FFFFF) / 2**23
    limit = np.sqrt(6 / (784 + 324))
    order = int(words((0, 0, 0, 0), (42, 0))[0], 16)
    keras.utils.set_random_seed(42)
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(324)])
    numbers = [seed, *scrambled, first[0], f"{u:.7f}", f"{2 * limit * u - limit:.7f}", f"{limit:.7f}", order]
    for number in [*numbers, order % 48_000]:
        assert str(number) in philox.__doc__
    assert model.get_weights()[0][0, 0] == pytest.approx(2 * limit * u - limit, rel=SAME_FLOAT32)
    assert random.permutation(48_000)[0] == order % 48_000 == 34643


def test_dropout_masks_are_keras_own_whatever_the_threads():
    ones = np.ones((3, 5), np.float32)
    for threads in (1, 3):
        layer = keras.layers.Dropout(0.5, seed=11)
        model = keras.Sequential([keras.Input((5,)), layer, keras.layers.Dense(5)], threads=threads)
        model.compile("sgd", "mse")
        masks = []
        for _ in MASKS_11:
            with Shards(model, data_of(model, ones), 3, training=True) as shards:
                shards.begin()
                passes = shards.gradients(0, 3)
                masks.append(np.concatenate([p.traces[0].y for p in passes]))
                shards.update(passes)
        np.testing.assert_array_equal(masks, 2.0 * np.array(MASKS_11))


def data_of(model, x):
    data = Data(model, x, np.zeros_like(x))
    model.prepare_training(x.shape[1:])
    return data


def test_seeding_reaches_python_and_numpy_too():
    keras.utils.set_random_seed(9)
    first = python_random.random(), np.random.random()
    keras.utils.set_random_seed(9)
    assert (python_random.random(), np.random.random()) == first


def test_once_seeded_every_permutation_is_the_same_and_follows_the_published_rule():
    keras.utils.set_random_seed(3)
    order = random.permutation(83)
    assert sorted(order) == list(range(83))
    np.testing.assert_array_equal(random.permutation(83), order)
    with pytest.raises(ValueError, match="read-only"):  # the next epoch gets this one too
        order[0] = 0
    assert order[:10].tolist() == ORDER_83_SEED_3  # what Keras' fit visited


def test_never_seeded_every_permutation_is_another():
    random._global_seed = None
    assert random.permutation(100).tolist() != random.permutation(100).tolist()


@pytest.mark.parametrize(
    ("seed", "first"),  # of 50 samples in Keras' fit
    [(0, [22, 18, 13]), (2**31 - 1, [22, 18, 13]), (2**31, [32, 4, 34]), (2**32 - 1, [32, 4, 34])],
)
def test_seeds_count_modulo_tensorflows_largest(seed, first):
    keras.utils.set_random_seed(seed)
    assert random.permutation(50)[:3].tolist() == first


@pytest.mark.parametrize("n", [0, 1, 2])
def test_permutations_of_few(n):
    assert sorted(random.permutation(n)) == list(range(n))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, "42", True, None])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(ValueError, match="set_random_seed expects an integer"):
        keras.utils.set_random_seed(seed)
