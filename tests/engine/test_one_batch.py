"""OneBatch: the step that fit takes, one part at a time."""

import signal

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.engine.one_batch import OneBatch


def net(threads=2):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(5, "tanh"), layers.Dropout(0.4)], threads=threads)
    model.add(layers.Dense(2, "softmax", kernel_regularizer="l2"))
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(7, 3)), np.eye(2)[rng.integers(0, 2, 7)]


@pytest.mark.parametrize("threads", [1, 3])
def test_its_steps_are_those_of_fit(threads, data):
    model, other = net(threads), net(threads)
    log = other.fit(*data, batch_size=7, epochs=4, shuffle=False, verbose=0).history
    found = []
    with OneBatch(model, *data) as batch:
        for _ in range(4):
            batch.gradients()
            found.append(batch.logs())
            batch.update()
    np.testing.assert_array_equal(model.parameters, other.parameters)
    assert model.optimizer.iterations == 4
    assert {name: [each[name] for each in found] for name in log} == log


def test_without_an_update_the_same_batch_gives_the_same_gradients(data):
    model = net()
    before = model.get_weights()

    def gradient():
        return sum(each.gradient.copy() for each in batch.gradients())

    with OneBatch(model, *data) as batch:
        first, logs = gradient(), batch.logs()
        np.testing.assert_array_equal(gradient(), first)
        assert batch.logs() == logs
        model.parameters[0] += 1
        assert not np.array_equal(gradient(), first)
        assert batch.logs() != logs
        model.parameters[0] = before[0].flat[0]
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert model.optimizer.iterations == 0


def test_what_it_can_not_train_on_is_refused_in_the_callers_name(data):
    x, y = data
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="this test needs a loss"):
        OneBatch(model, x, y, "this test")
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="this test needs targets"):
        OneBatch(model, x, None, "this test")
    with pytest.raises(ValueError, match="x expects samples of shape"):
        OneBatch(model, x[:, :2], y)


def test_ctrl_c_waits_for_the_end_of_the_block(data):
    model, done = net(), []

    def interrupted():
        with OneBatch(model, *data) as batch:
            batch.gradients()
            signal.raise_signal(signal.SIGINT)
            batch.update()
            done.append("the step")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done
    assert model.optimizer.iterations == 1
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
