"""What arrays and numbers of tinydnn have of Keras' tensors and variables besides: numpy, assign, a name."""

import copy

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import backend, layers, losses, metrics, optimizers

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


@pytest.fixture
def model():
    return keras.Sequential([layers.Input((3,)), layers.BatchNormalization(), layers.Dense(2, name="last")])


def test_weights_know_their_names_and_whether_they_are_trained(model):
    named = [(weight.name, weight.path, weight.trainable) for weight in model.weights]
    normalizing = model.layers[0].name
    assert named == [
        ("gamma", f"{normalizing}/gamma", True),
        ("beta", f"{normalizing}/beta", True),
        ("moving_mean", f"{normalizing}/moving_mean", False),
        ("moving_variance", f"{normalizing}/moving_variance", False),
        ("kernel", "last/kernel", True),
        ("bias", "last/bias", True),
    ]
    model.layers[-1].trainable = False
    assert [weight.trainable for weight in model.weights] == [True, True, False, False, False, False]


def test_what_is_assigned_to_a_weight_counts(model):
    model.compile("sgd", "mse")
    model.fit(X, X[:, :2], verbose=0)  # the weights lie in the model's vector from here on
    kernel = model.layers[-1].kernel
    assert type(kernel.numpy()) is np.ndarray
    model.layers[-1].bias.assign([3, 4])
    kernel.assign(np.zeros((3, 2)))
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.tile(np.float32([3, 4]), (4, 1)))
    with pytest.raises(ValueError, match=r"assign expects values of shape \(3, 2\)"):
        kernel.assign(0)


def test_what_is_called_gives_tensors(model):
    for outputs in (model(X), model.layers[-1](X)):
        assert type(outputs.numpy()) is np.ndarray
    np.testing.assert_array_equal(model(X).numpy(), model.predict(X, verbose=0))
    loss = losses.MeanSquaredError()(X, X + 2)
    assert (loss, loss.numpy(), loss.numpy().dtype) == (4, 4, np.float32)
    assert losses.mean_squared_error(X, X + 1).numpy().shape == (4,)
    metric = metrics.MeanAbsoluteError()
    assert metric.result().numpy() == 0
    metric.update_state(X, X + 0.5)
    assert metric.result().numpy() == pytest.approx(0.5)
    assert type(model(X).mean()) is np.float32  # a number, not an array without axes


def test_a_learning_rate_can_be_assigned(model):
    optimizer = optimizers.SGD(0.1)
    model.compile(optimizer, "mse")
    optimizer.learning_rate.assign(0.02)
    assert optimizer.learning_rate == 0.02
    backend.set_value(optimizer.learning_rate, 0.5)
    assert backend.get_value(optimizer.learning_rate) == optimizer.learning_rate.numpy() == 0.5
    assert repr(optimizer.learning_rate) == "0.5"
    assert type(copy.deepcopy(optimizer.learning_rate)) is float
    with pytest.raises(ValueError, match="learning_rate"):
        optimizer.learning_rate.assign(-1)
    scheduled = optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 1, 0.5))
    with pytest.raises(TypeError, match="set_value expects a weight or optimizer"):
        backend.set_value(scheduled.learning_rate, 0.5)


def test_a_weight_is_set_and_read_as_by_keras_1(model):
    backend.set_value(model.layers[-1].bias, [1, 2])
    np.testing.assert_array_equal(backend.get_value(model.layers[-1].bias), [1, 2])
