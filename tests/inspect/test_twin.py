"""A model's twin: the same net in another dtype, which takes the same steps."""

import random

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, optimizers
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.snapshot import snapshot
from tinydnn.inspect.twin import twin


def trained_net(dtype, data, optimizer=None):
    """A net with dropout, after two steps."""
    model = keras.Sequential([keras.Input((2, 3), dtype=dtype)], threads=2)
    model.add(layers.Rescaling(0.5, dtype=dtype))
    model.add(layers.Flatten(dtype=dtype))
    model.add(layers.Dense(6, "tanh", kernel_regularizer="l1", dtype=dtype))
    model.add(layers.Dropout(0.5, dtype=dtype))
    model.add(layers.Dense(2, "softmax", use_bias=False, dtype=dtype))
    model.add(layers.Dropout(0.4, seed=4, dtype=dtype))
    model.compile(optimizer or "adam", "mse")
    model.fit(*data, batch_size=4, verbose=0)
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(8, 2, 3)), np.eye(2)[rng.integers(0, 2, 8)]


def masks(model, data):
    """What the dropout layers keep in two steps, (steps, rows, numbers)."""
    found = []
    with OneBatch(model, *data) as batch:
        for _ in range(2):
            passes = batch.gradients()
            found.append(np.vstack([np.hstack(_masks(each)) for each in passes]) > 0)
            batch.update()
    return np.array(found)


def _masks(passed):
    return [t.mask for layer, t in zip(passed.layers, passed.traces, strict=True) if isinstance(layer, layers.Dropout)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("other", ["float32", "float64"])
def test_a_twin_has_the_same_weights_and_the_same_dropout_masks_to_come(dtype, other, data):
    model = trained_net(dtype, data)
    copy = twin(model, other)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert copy.dtype == other
    assert {weight.dtype.name for weight in copy.get_weights()} == {other}
    for ours, theirs in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs.astype(other))
    of_twins_twin, of_model = masks(twin(copy, dtype), data), masks(model, data)
    assert 0.3 < of_model.mean() < 0.7
    np.testing.assert_array_equal(of_twins_twin, of_model)
    np.testing.assert_array_equal(masks(copy, data), of_model)


def test_a_twin_in_the_same_dtype_takes_the_same_step(data):
    """With SGD, which keeps nothing of the steps before."""
    model = trained_net("float64", data, optimizers.SGD(0.1, clipnorm=0.5, weight_decay=0.01))
    copy = twin(model, "float64")
    assert copy.train_on_batch(*data) == model.train_on_batch(*data)
    np.testing.assert_array_equal(copy.parameters, model.parameters)


def test_a_twin_in_float64_takes_the_same_step_but_for_roundings(data):
    model = trained_net("float32", data, "sgd")
    copy, before = twin(model, "float64"), model.get_weights()
    assert copy.train_on_batch(*data) == pytest.approx(model.train_on_batch(*data), rel=1e-6)
    for ours, theirs, start in zip(copy.get_weights(), model.get_weights(), before, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
        assert np.abs(theirs - start).max() > 1e-4


def test_a_twins_optimizer_has_the_same_settings_and_has_taken_no_step(data):
    model = trained_net("float32", data, optimizers.RMSprop(0.02, rho=0.7, momentum=0.3, centered=True))
    copy = twin(model, "float64")
    assert copy.optimizer is not model.optimizer
    assert copy.optimizer.get_config() == model.optimizer.get_config()
    assert (model.optimizer.iterations, copy.optimizer.iterations) == (2, 0)
    assert {slot.dtype.name for slot in copy.optimizer.slots.values()} == {"float64"}
    assert not any(slot.any() for slot in copy.optimizer.slots.values())


def test_making_a_twin_leaves_the_model_the_names_and_the_random_numbers_alone(data):
    model = trained_net("float32", data)
    state, before = random.getstate(), snapshot(model)
    name = layers.Dense(1, kernel_initializer="zeros").name
    copy = twin(model, "float64", threads=1)
    copy.train_on_batch(*data)
    assert random.getstate() == state
    assert layers.Dense(1, kernel_initializer="zeros").name == f"dense_{int(name.rpartition('_')[2]) + 1}"
    np.testing.assert_array_equal(model.parameters, before["parameters"])
    assert snapshot(model)["streams"] == before["streams"]
    assert (copy.threads, twin(model, "float64").threads) == (1, 2)


def test_a_twins_loss_has_the_same_factor(data):
    model = trained_net("float64", data)
    model.compile("sgd", "mse", loss_weights=2.5)
    copy = twin(model, "float64")
    with OneBatch(model, *data) as batch, OneBatch(copy, *data) as of_copy:
        gradient, of_twin = (sum(each.gradient for each in of.gradients()) for of in (batch, of_copy))
        np.testing.assert_allclose(of_twin, gradient, rtol=1e-12)
