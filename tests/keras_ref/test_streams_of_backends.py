"""The same seed on Keras with JAX and with PyTorch: what tinydnn draws and trains beside what they do.

Each Keras runs in a process of its own, where its backend is installed; .ci/run has JAX and PyTorch after the
benchmarks, and runs this file there once more. What they drew on 27 November 2026 is kept for elsewhere:

    KERAS_BACKEND=jax python tests/helpers/drawn_by_keras.py tests/keras_ref/drawn_by_jax.npz
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import drawn_by_keras
import numpy as np
import pytest

import tinydnn as keras
from keras_ref.known import known_differences
from tinydnn import random
from tinydnn.random import mersenne_twister, threefry

HERE = Path(__file__).parent


@pytest.fixture(scope="module", params=["jax", "torch"])
def backend(request):
    return request.param


def installed(backend):
    return all(map(importlib.util.find_spec, ("keras", backend)))


def run_on(backend, *arguments):
    """What Python prints with these arguments, with Keras on this backend."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, env=environment, check=True, timeout=300, stdout=subprocess.PIPE, text=True).stdout


@pytest.fixture(scope="module")
def theirs(backend, tmp_path_factory):
    """What Keras drew and trained, now where it is installed, or else when the file was made."""
    path = HERE / f"drawn_by_{backend}.npz"
    if installed(backend):
        path = tmp_path_factory.mktemp("drawn") / "by_keras.npz"
        run_on(backend, drawn_by_keras.__file__, path)
    return np.load(path)


@pytest.fixture(scope="module")
def ours(backend):
    keras.config.set_keras_backend(backend)
    try:
        return drawn_by_keras.everything(keras, lambda on: None)
    finally:
        keras.config.set_keras_backend(None)
        keras.config.set_floatx("float32")


def test_initial_weights_are_keras_own_bits(ours, theirs):
    names = [name for name in ours if name.split()[0] in drawn_by_keras.INITIALIZERS]
    assert len(names) == 72
    differing = [name for name in names if not np.array_equal(ours[name], theirs[name])]
    assert not differing
    assert all(ours[name].dtype == theirs[name].dtype for name in names)


@pytest.mark.parametrize("name", drawn_by_keras.NETS)
def test_masks_and_trainings_are_keras_own(name, ours, theirs):
    for dtype, allowed in (("float64", 1e-13), ("float32", 1e-5)):
        a, b = (each[f"trained {name} {dtype}"] for each in (ours, theirs))
        assert np.abs(a - b).max() <= allowed, dtype


def test_fit_visits_the_samples_in_keras_order(ours, theirs):
    for n, batch_size in drawn_by_keras.ORDERS:
        np.testing.assert_allclose(ours[f"order {n} {batch_size}"], theirs[f"order {n} {batch_size}"], rtol=1e-12)


def test_parity_finds_everything_within_tolerance(backend):
    if not installed(backend):
        pytest.skip(f"there is no Keras on {backend} here")
    options = ["--steps", "2", "--dtype", "float64", "--hidden", "9", "--batch-size", "256"]
    assert "All is within tolerance" in run_on(backend, "-m", "tinydnn", "parity", *options)


@pytest.mark.parametrize(
    ("activation", "last", "loss", "dtype", "expected"),
    [
        ("tanh", "linear", "mse", "float64", []),
        ("tanh", "softmax", "kl_divergence", "float64", []),
        ("gelu", "linear", "mse", "float32", []),
        ("gelu", "linear", "mse", "float64", ["gelu by"]),
        ("tanh", "linear", "log_cosh", "float64", ["log_cosh by"]),
        ("tanh", "softmax", "categorical_crossentropy", "float32", ["categorical_crossentropy where"]),
        ("tanh", "sigmoid", "binary_crossentropy", "float32", ["binary_crossentropy where"]),
        ("tanh", "sigmoid", "categorical_crossentropy", "float32", ["categorical_crossentropy behind a sigmoid"]),
    ],
)
def test_what_is_known_to_differ_is_named(monkeypatch, backend, activation, last, loss, dtype, expected):
    keras.config.set_floatx(dtype)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, activation), keras.layers.Dense(2, last)])
    model.compile("sgd", loss)
    for name, wanted in ((backend, expected), ("tensorflow", [])):
        monkeypatch.setenv("KERAS_BACKEND", name)
        found = known_differences(model)
        assert len(found) == len(wanted)
        assert all(each.startswith(start) for each, start in zip(found, wanted, strict=True))


def test_orthogonal_kernels_are_named(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, kernel_initializer="orthogonal", name="of")])
    model.compile("sgd", "mse")
    (found,) = known_differences(model)
    assert found.startswith("The last bits of of/kernel: JAX")


def test_any_part_of_a_stream_of_threefry_is_the_same_as_in_the_whole():
    for dtype in ("float32", "float64"):
        whole = threefry.uniform01((5, 3), 0, 40_000, dtype)
        for start, stop in ((0, 1), (7, 7), (16_380, 16_390), (39_999, 40_000)):
            np.testing.assert_array_equal(threefry.uniform01((5, 3), start, stop, dtype), whole[start:stop])


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # the known answers of threefry2x32 with 20 rounds in Random123's kat_vectors
        ((0, 0), (0, 0), "6b200159 99ba4efe"),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), "1cb996fc bb002be7"),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), "c4923a9c 483df7a0"),
    ],
)
def test_threefry_gives_the_published_words(counter, key, expected):
    high, low = (np.array([word], np.uint32) for word in counter)
    assert " ".join(f"{words[0]:08x}" for words in threefry.threefry((high, low), key)) == expected


def test_threads_share_a_mask_that_is_drawn_as_a_whole(backend):
    keras.config.set_keras_backend(backend)
    weights = []
    for threads in (1, 3):
        keras.utils.set_random_seed(2)
        layers = [keras.layers.Dropout(0.5), keras.layers.GaussianNoise(0.1), keras.layers.Dense(5)]
        model = keras.Sequential([keras.Input((5,)), *layers], threads=threads)
        model.compile("sgd", "mse")
        model.fit(np.ones((20, 5)), np.ones((20, 5)), batch_size=10, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(*weights, rtol=1e-5)


def test_first_order_draws_nothing_for_good(backend):
    keras.config.set_keras_backend(backend)
    keras.utils.set_random_seed(9)
    order = random.first_order(100)
    for _ in range(2):
        random.start_iterator()
        second = random.permutation(100)
    np.testing.assert_array_equal(order, second)


def test_the_state_has_pytorchs_generator():
    keras.config.set_keras_backend("torch")
    keras.utils.set_random_seed(9)
    state = random.get_state()
    first = random.permutation(50)
    random.set_state(state)
    np.testing.assert_array_equal(random.permutation(50), first)


def test_whole_masks_of_the_mersenne_twister_begin_with_its_first_number():
    with pytest.raises(AssertionError):
        mersenne_twister.uniform01((1, 0), 5, 9, "float32")


def test_a_resumed_training_ends_in_the_same_bits(backend, tmp_path):
    keras.config.set_keras_backend(backend)

    def stop(batch, logs):
        stops.append(batch)
        if len(stops) == 4:
            raise KeyboardInterrupt

    def train(*callbacks):
        keras.utils.set_random_seed(4)
        layers = [keras.layers.Dropout(0.3), keras.layers.GaussianNoise(0.1), keras.layers.Dense(3, "softmax")]
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(9, "tanh"), *layers])
        model.compile("rmsprop", "categorical_crossentropy")
        x, y = np.random.default_rng(0).normal(size=(50, 6)), np.eye(3)[np.arange(50) % 3]
        model.fit(x, y, batch_size=16, epochs=4, verbose=0, validation_split=0.1, callbacks=callbacks)
        return model.get_weights()

    stops = []
    whole = train()
    backup = keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(KeyboardInterrupt):
        train(backup, keras.callbacks.LambdaCallback(on_train_batch_end=stop))
    for ours, expected in zip(train(keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)), whole, strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("value", ["openvino", "numpy", "nonsense"])
def test_a_backend_whose_numbers_are_not_known_is_an_error(monkeypatch, value):
    monkeypatch.setenv("KERAS_BACKEND", value)
    with pytest.raises(ValueError, match=f"KERAS_BACKEND expects 'tensorflow', 'jax' or 'torch'.*Received: '{value}'"):
        keras.config.keras_backend()
    with pytest.raises(ValueError, match=f"set_keras_backend expects .*Received: '{value}'"):
        keras.config.set_keras_backend(value)


def test_the_backend_is_that_of_the_environment_unless_it_was_set(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert keras.config.keras_backend() == "tensorflow"
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert keras.config.keras_backend() == "jax"
    keras.config.set_keras_backend("torch")
    assert keras.config.keras_backend() == "torch"
