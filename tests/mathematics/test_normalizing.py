"""Layers that normalize, standardize or draw: textbook formulas, gradients, moving averages, and bad arguments."""

from contextlib import nullcontext

import numpy as np
import pytest
from tolerances import FINITE_DIFFERENCE, SAME_FLOAT64

import tinydnn as keras
from tinydnn import callbacks, layers
from tinydnn.engine import shards, stack
from tinydnn.engine.one_batch import OneBatch

X = np.random.default_rng(0).normal(2, 3, size=(9, 6))
Y = np.random.default_rng(1).normal(size=(9, 3))


@pytest.fixture(autouse=True)
def _float64():
    keras.config.set_floatx("float64")
    keras.utils.set_random_seed(3)


def net(*middle, threads=None, optimizer="sgd"):
    model = keras.Sequential([keras.Input((6,)), *middle, layers.Dense(3)], threads=threads)
    model.compile(optimizer, "mse")
    return model


def alone(layer, x=X, training=False):
    """What the layer gives, by itself."""
    model = keras.Sequential([keras.Input(x.shape[1:]), layer])
    if not training:
        return model.predict(x, verbose=0)
    model.add(layers.Dense(1))
    model.compile("sgd", "mse")
    with OneBatch(model, x, np.zeros((len(x), 1))) as batch:
        return np.vstack([each.traces[1].x for each in batch.gradients()])


# -- textbook --------------------------------------------------------------------------------------------


def test_batch_normalization_takes_the_batchs_moments_in_training_and_their_averages_after():
    layer = layers.BatchNormalization(momentum=0.9, epsilon=0.01)
    expected = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 0.01)
    np.testing.assert_allclose(alone(layer, training=True), expected, rtol=0, atol=SAME_FLOAT64)
    model = net(layer := layers.BatchNormalization(momentum=0.9, epsilon=0.01))
    model.train_on_batch(X, Y)
    mean, variance = 0.1 * X.mean(axis=0), 0.9 + 0.1 * X.var(axis=0)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=0, atol=SAME_FLOAT64)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=0, atol=SAME_FLOAT64)
    expected = layer.gamma * (X - mean) / np.sqrt(variance + 0.01) + layer.beta
    np.testing.assert_allclose(
        keras.Sequential([layer]).predict(X, verbose=0), expected, rtol=0, atol=10 * SAME_FLOAT64
    )


def test_layer_normalization_takes_the_rows_moments():
    x = X.reshape(9, 2, 3)
    expected = (x - x.mean(axis=2, keepdims=True)) / np.sqrt(x.var(axis=2, keepdims=True) + 1e-3)
    np.testing.assert_allclose(alone(layers.LayerNormalization(), x), expected, rtol=0, atol=SAME_FLOAT64)


def test_unit_normalization_gives_rows_of_length_1_and_leaves_zeros():
    x = np.vstack([X, np.zeros(6)])
    with np.errstate(divide="ignore"):
        y = alone(layers.UnitNormalization(), x)
    np.testing.assert_allclose(np.linalg.norm(y[:-1], axis=1), 1, rtol=0, atol=SAME_FLOAT64)
    assert not y[-1].any()


def test_normalization_adapts_to_columns_or_to_all_numbers():
    for axis, over in ((-1, 0), (None, None)):
        layer = layers.Normalization(axis=axis)
        layer.adapt(X)
        np.testing.assert_allclose(alone(layer), (X - X.mean(axis=over)) / X.std(axis=over), rtol=0, atol=SAME_FLOAT64)
        back = layers.Normalization(mean=layer.mean, variance=layer.variance, invert=True, axis=axis)
        np.testing.assert_allclose(alone(back, alone(layer)), X, rtol=0, atol=10 * SAME_FLOAT64)
    layer = layers.Normalization(axis=None, input_shape=(1,))
    layer.adapt(X[:, 0])  # a column by itself
    np.testing.assert_allclose(alone(layer, X[:, :1]).mean(), 0, rtol=0, atol=SAME_FLOAT64)


def test_unit_normalization_takes_its_axis_in_a_list_as_keras_does():
    np.testing.assert_array_equal(alone(layers.UnitNormalization([-1])), alone(layers.UnitNormalization()))


def test_backward_leaves_the_moments_of_a_trace():
    layer = layers.LayerNormalization()
    layer.build(X.shape[1:])
    t = layer.trace(lambda name, shape: np.zeros(shape), len(X), training=True, needs_dx=True)
    t.gradients = [np.zeros(X.shape[1:]), np.zeros(X.shape[1:])]
    layer.forward(X, t)
    layer.backward(X**2, t)
    np.testing.assert_allclose(t.mean[:, 0], X.mean(axis=1))
    np.testing.assert_allclose(t.variance[:, 0], X.var(axis=1))


def test_normalization_adapts_again_under_a_model_that_has_it():
    layer = layers.Normalization()
    layer.adapt(X)
    model = net(layer)
    before = model.predict(X, verbose=0)
    layer.adapt(2 * X)
    assert not np.array_equal(model.predict(X, verbose=0), before)
    assert model.count_params() == 13 + 21


@pytest.mark.parametrize("layer", [layers.AlphaDropout, layers.GaussianDropout])
def test_dropouts_keep_the_mean_and_are_nothing_in_inference(layer):
    x = np.ones((200, 50))
    drawn = alone(layer(0.3, seed=1), x, training=True)
    assert np.unique(drawn).size > 1
    if layer is layers.GaussianDropout:
        assert abs(drawn.mean() - 1) < 0.02
    np.testing.assert_array_equal(alone(layer(0.3, seed=1), x), x)
    np.testing.assert_array_equal(alone(layer(0, seed=1), x, training=True), x)


def test_noise_is_added_in_training_alone():
    drawn = alone(layers.GaussianNoise(0.5, seed=1), np.zeros((200, 50)), training=True)
    assert abs(drawn.std() - 0.5) < 0.01
    np.testing.assert_array_equal(alone(layers.GaussianNoise(0.5)), X)
    np.testing.assert_array_equal(alone(layers.GaussianNoise(0.0), training=True), X)


# -- gradients -------------------------------------------------------------------------------------------

MIDDLES = {
    "batch normalization": lambda: [layers.Dense(4), layers.BatchNormalization(), layers.Activation("tanh")],
    "of images": lambda: [layers.Reshape((2, 3)), layers.Rescaling(0.5), layers.BatchNormalization(), layers.Flatten()],
    "without gamma": lambda: [layers.Dense(4), layers.BatchNormalization(scale=False)],
    "without beta": lambda: [layers.Dense(4, "tanh"), layers.BatchNormalization(center=False)],
    "frozen": lambda: [layers.Dense(4), layers.BatchNormalization(trainable=False), layers.Activation("tanh")],
    "frozen Dense": lambda: [layers.Dense(4), layers.Dense(4, "tanh", trainable=False), layers.Dense(3, "tanh")],
    "layer normalization": lambda: [layers.Dense(4), layers.LayerNormalization(), layers.Activation("tanh")],
    "layer normalization without gamma": lambda: [layers.Dense(4), layers.LayerNormalization(scale=False)],
    "layer normalization frozen": lambda: [layers.Dense(4), layers.LayerNormalization(trainable=False)],
    "unit normalization": lambda: [layers.Dense(4), layers.UnitNormalization()],
    "normalization": lambda: [layers.Dense(4, "tanh"), layers.Normalization(mean=0.3, variance=0.2)],
    "inverted": lambda: [layers.Dense(4, "tanh"), layers.Normalization(mean=0.3, variance=0.2, invert=True)],
    "noise": lambda: [layers.Dense(4, "tanh"), layers.GaussianNoise(0.4), layers.Dense(3, "tanh")],
    "gaussian dropout": lambda: [layers.Dense(4, "tanh"), layers.GaussianDropout(0.4)],
    "alpha dropout": lambda: [layers.Dense(4, "selu"), layers.AlphaDropout(0.4)],
    "activity": lambda: [layers.Dense(4, "tanh"), layers.ActivityRegularization(0.0, 0.3), layers.Dense(3, "tanh")],
    "a layer as an activation": lambda: [layers.Dense(4, layers.ELU(0.5)), layers.Activation(layers.Softmax())],
}


def gap(model):
    """The largest difference between an entry of the gradient and the slope of the loss along it."""
    with OneBatch(model, X, Y) as batch:
        batch.gradients()
        gradient, slopes, step = sum(each.gradient for each in batch._passes), [], 1e-6
        gradient = gradient.copy()
        for i, w in enumerate(model.parameters.copy()):
            losses = []
            for moved in (w + step, w - step):
                model.parameters[i] = moved
                batch.gradients()
                losses.append(batch.logs()["loss"])
            model.parameters[i] = w
            slopes.append((losses[0] - losses[1]) / (2 * step))
        return np.abs(gradient - slopes).max()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", MIDDLES)
def test_gradients_are_slopes(name, threads):
    model = net(*MIDDLES[name](), threads=threads)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization | layers.LayerNormalization):
            rng = np.random.default_rng(5)
            layer.set_weights([np.abs(rng.normal(1, 0.3, weight.shape)) for weight in layer.weights])
    assert gap(model) < 10 * FINITE_DIFFERENCE


def test_a_gradient_that_takes_the_moments_for_constants_is_caught(monkeypatch):
    monkeypatch.setattr(
        layers.BatchNormalization,
        "backward",
        lambda self, dy, t: (self._parameter_gradients(dy, t), np.multiply(dy * self.gamma, t.inverse, out=t.dx))[1],
    )
    assert gap(net(layers.Dense(4), layers.BatchNormalization())) > 1000 * FINITE_DIFFERENCE


# -- moving averages are part of the state -----------------------------------------------------------------


def normalizing(**settings):
    keras.utils.set_random_seed(3)
    return net(layers.Dense(4), layers.BatchNormalization(), layers.GaussianNoise(0.1), layers.Dropout(0.2), **settings)


def test_threads_take_a_batch_whole_and_draw_the_same_noise():
    models = [normalizing(threads=threads) for threads in (1, 3)]
    for model in models:
        model.fit(X, Y, batch_size=6, epochs=2, verbose=0)
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    models = [net(layers.GaussianNoise(0.1, seed=4), threads=threads) for threads in (1, 3)]
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.fit(X, Y, batch_size=7, epochs=2, verbose=0, shuffle=False)
    assert models[1].threads_for(7) == 3
    for ours, theirs in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=SAME_FLOAT64)


def test_a_large_batch_that_is_taken_whole_leaves_the_threads_to_blas(monkeypatch):
    monkeypatch.setattr(stack, "worthwhile", lambda work: work // 1000)
    held = []
    monkeypatch.setattr(shards, "single_threaded_blas", lambda: held.append(True) or nullcontext())
    for model, expected in [(normalizing(), 0), (normalizing(threads=2), 1), (net(layers.Dense(4), threads=1), 1)]:
        held.clear()
        model.fit(np.tile(X, (9, 1)), np.tile(Y, (9, 1)), batch_size=81, verbose=0)
        assert len(held) == expected
    model.fit(X, Y, batch_size=3, verbose=0)  # a small one does not
    normalizing().fit(X, Y, batch_size=3, verbose=0)
    assert len(held) == 3


def test_a_step_that_is_refused_leaves_the_averages():
    model = normalizing()
    before = model.get_weights()
    with pytest.raises(FloatingPointError, match="left as they are"):
        model.train_on_batch(X, Y * 1e200)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_training_that_diverges_goes_back_to_the_averages_of_its_last_good_weights():
    model, good = normalizing(), []

    def spoil(epoch, logs):
        if epoch == 2:
            model.optimizer.learning_rate = 1e200

    look = callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: good.append(model.get_weights()))
    late = callbacks.LambdaCallback(on_epoch_begin=spoil)
    with pytest.raises(FloatingPointError):
        model.fit(X, Y, batch_size=3, epochs=5, verbose=0, callbacks=[look, late])
    for ours, theirs in zip(model.get_weights(), good[2], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_early_stopping_brings_back_the_averages_too():
    model, seen = normalizing(), []
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(model.get_weights()))
    stop = callbacks.EarlyStopping(monitor="epochs", mode="max", patience=1, restore_best_weights=True)
    count = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(epochs=[3, 1, 0, 0][epoch]))
    model.fit(X, Y, batch_size=3, epochs=4, verbose=0, callbacks=[look, count, stop])
    for ours, theirs in zip(model.get_weights(), seen[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


class CutOffError(Exception): ...


@pytest.mark.parametrize("save_freq", ["epoch", 2])
def test_a_training_that_was_cut_off_goes_on_to_the_same_bits(save_freq, tmp_path):
    whole = normalizing(optimizer="adam")
    whole.fit(X, Y, batch_size=2, epochs=4, verbose=0)

    def cut_off(epoch, logs):
        if epoch == 2:
            raise CutOffError

    for cut in (cut_off, None):
        model = normalizing(optimizer="adam")
        backup = callbacks.BackupAndRestore(tmp_path / "backup", save_freq=save_freq)
        others = [callbacks.LambdaCallback(on_epoch_end=cut)] if cut else []
        try:
            model.fit(X, Y, batch_size=2, epochs=4, verbose=0, callbacks=[backup, *others])
        except CutOffError:
            continue
    for ours, theirs in zip(model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


# -- bad arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: net(layers.BatchNormalization(axis=0)), ValueError, "expects the last axis, axis=-1"),
        (lambda: net(layers.LayerNormalization(axis=[1, 2])), ValueError, "expects the last axis, axis=-1"),
        (lambda: net(layers.UnitNormalization(axis=2)), ValueError, "expects the last axis, axis=-1"),
        (lambda: net(layers.Normalization(axis=(1, 2))), ValueError, "expects the last axis, axis=-1"),
        (lambda: layers.Normalization(mean=1.0), ValueError, "Give mean and variance, or neither"),
        (lambda: layers.Normalization(mean=[1.0, 2], variance=1.0), ValueError, "a number, or one for each column"),
        (lambda: net(layers.Normalization(mean=[1.0, 2], variance=[1.0, 2])), ValueError, "6 columns. Received: 2"),
        (lambda: layers.Normalization(mean=1.0, variance=2.0).adapt(X), ValueError, "was given its mean"),
        (lambda: layers.Normalization().adapt(X * np.nan), ValueError, "adapt expects finite numbers"),
        (lambda: layers.Normalization().adapt([["a"]]), ValueError, "adapt expects real numbers"),
        (lambda: layers.BatchNormalization(renorm=True), TypeError, "no argument 'renorm': Keras has it"),
        (lambda: layers.LayerNormalization(rms_scaling=True), TypeError, "no argument 'rms_scaling'"),
        (lambda: layers.BatchNormalization(momentum="much"), ValueError, "momentum"),
        (lambda: layers.GaussianNoise(2), ValueError, "stddev from 0 to 1"),
        (lambda: layers.GaussianDropout(1), ValueError, "rate from 0 to below 1"),
        (lambda: layers.AlphaDropout(1), ValueError, "rate below 1"),
        (lambda: net(layers.Reshape((2, 3)), layers.ActivityRegularization(0.1)), ValueError, "put a Flatten before"),
        (lambda: layers.Dense(3, activation=layers.Dropout(0.5)), TypeError, "activation expects a name"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()
