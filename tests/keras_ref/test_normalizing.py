"""Layers that normalize, draw or standardize, and frozen ones, next to Keras: every step of trainings from one seed."""

import numpy as np
import pytest
from in_turn import in_float64
from tolerances import KERAS_FLOAT32, KERAS_FLOAT64

pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from keras_ref import parity  # noqa: E402
from keras_ref.engines import seed_both  # noqa: E402
from keras_ref.verdict import verdict  # noqa: E402

BOTH = (tinydnn, keras)
RNG = np.random.default_rng(0)
X, Y = RNG.normal(2, 3, size=(37, 6)), RNG.normal(size=(37, 4))


def adapted(k, **settings):
    layer = k.layers.Normalization(**settings)
    layer.adapt(X)
    return layer


def given(k, **settings):
    return k.layers.Normalization(mean=[1, 2, 0.3, 0.4, 0.5], variance=[1, 2, 0.3, 0.4, 0.5], **settings)


# The layers between the Input and the last Dense(4).
NETS = {
    "batch normalization in the middle": lambda k, l: [l.Dense(8), l.BatchNormalization(), l.Activation("relu")],
    "batch normalization behind it": lambda k, l: [l.Dense(8, "tanh"), l.BatchNormalization(momentum=0.8)],
    "batch normalization first": lambda k, l: [l.BatchNormalization(epsilon=0.01), l.Dense(5, "tanh")],
    "no beta": lambda k, l: [l.Dense(5), l.BatchNormalization(center=False, gamma_initializer="he_normal")],
    "no gamma": lambda k, l: [l.Dense(5), l.BatchNormalization(scale=False, moving_mean_initializer="ones")],
    "neither": lambda k, l: [l.Dense(5, "tanh"), l.BatchNormalization(center=False, scale=False), l.Dense(3, "tanh")],
    "regularized": lambda k, l: [l.Dense(5), l.BatchNormalization(beta_regularizer="l2", gamma_regularizer="l1")],
    "constrained": lambda k, l: [l.Dense(5), l.BatchNormalization(beta_constraint="non_neg")],
    "of images": lambda k, l: [l.Dense(12), l.Reshape((3, 4)), l.BatchNormalization(), l.Flatten(), l.Dense(3)],
    "batch normalization frozen": lambda k, l: [l.Dense(5), l.BatchNormalization(trainable=False)],
    "all else frozen": lambda k, l: [l.Dense(5, trainable=False), l.BatchNormalization(), l.Activation("tanh")],
    "with dropout": lambda k, l: [l.Dense(8, "relu"), l.BatchNormalization(), l.Dropout(0.3), l.Dense(6, "relu")],
    "layer normalization": lambda k, l: [l.Dense(5, "tanh"), l.LayerNormalization(), l.Dense(5, "tanh")],
    "layer normalization first": lambda k, l: [l.LayerNormalization(scale=False, epsilon=0.1), l.Dense(5, "tanh")],
    "layer normalization of images": lambda k, l: [l.Dense(12), l.Reshape((3, 4)), l.LayerNormalization(), l.Flatten()],
    "layer normalization frozen": lambda k, l: [l.Dense(5, "tanh"), l.LayerNormalization(trainable=False)],
    "unit normalization": lambda k, l: [l.Dense(5, "tanh"), l.UnitNormalization(), l.Dense(5, "tanh")],
    "adapted": lambda k, l: [adapted(k), l.Dense(5, "tanh")],
    "adapted to all numbers": lambda k, l: [adapted(k, axis=None), l.Dense(5, "tanh")],
    "adapted, inverted": lambda k, l: [adapted(k, invert=True), l.Dense(5, "tanh")],
    "given moments": lambda k, l: [l.Dense(5, "tanh"), given(k), l.Dense(5, "tanh")],
    "given moments, inverted": lambda k, l: [l.Dense(5, "tanh"), given(k, invert=True)],
    "noise": lambda k, l: [l.GaussianNoise(0.3), l.Dense(5, "tanh"), l.GaussianNoise(0.1, seed=7)],
    "gaussian dropout": lambda k, l: [l.Dense(5, "tanh"), l.GaussianDropout(0.3)],
    "alpha dropout": lambda k, l: [l.Dense(5, "selu", kernel_initializer="lecun_normal"), l.AlphaDropout(0.3)],
    "activity": lambda k, l: [l.Dense(5, "relu"), l.ActivityRegularization(l1=0.01, l2=0.02)],
    "a layer as an activation": lambda k, l: [l.Dense(5, l.LeakyReLU(negative_slope=0.1)), l.Activation(l.ELU(0.5))],
}  # fmt: skip


def net(name, optimizer="rmsprop"):
    def build(k):
        model = k.Sequential([k.Input((6,)), *NETS[name](k, k.layers), k.layers.Dense(4)])
        model.compile(optimizer, "mse")
        return model

    return build


@pytest.mark.parametrize(("name", "dtype"), in_float64(NETS))
def test_every_step_is_keras(name, dtype):
    """10 steps of 12, 12, 12 and 1 rows a piece; every tensor of the first is under the microscope."""
    x, y = X.astype(dtype), Y.astype(dtype)
    report = parity.compare(net(name), x, y, dtype=dtype, epochs=3, batch_size=12, validation_split=0.1)
    assert report.beyond is None, verdict(report)


def test_moving_averages_that_forget_the_epsilon_of_keras_are_caught(monkeypatch):
    from tinydnn.layers import BatchNormalization

    monkeypatch.setattr(BatchNormalization, "finish_step", lambda self, t: None)
    report = parity.compare(net("batch normalization first"), X, Y, dtype="float64", batch_size=12)
    assert "moving_mean" in report.beyond.tensor


@pytest.mark.parametrize("name", ["batch normalization frozen", "all else frozen", "neither", "adapted"])
def test_summary_counts_what_keras_counts(name):
    counts = []
    for k in BOTH:
        model, lines = net(name)(k), []
        model.summary(print_fn=lambda text, lines=lines, **_: lines.append(text))
        counts.append([line for line in "\n".join(lines).splitlines() if "params" in line])
    assert counts[0] == counts[1]


FILES = [
    "batch normalization in the middle", "no beta", "no gamma", "regularized", "batch normalization frozen",
    "layer normalization of images", "unit normalization", "adapted", "given moments, inverted", "noise",
    "gaussian dropout", "alpha dropout", "activity", "a layer as an activation",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("there_and_back", [BOTH, BOTH[::-1]], ids=["from tinydnn", "from Keras"])
def test_models_travel_in_files(name, there_and_back, tmp_path):
    here, there = there_and_back
    seed_both(3)
    model = net(name)(here)
    model.fit(X, Y, batch_size=12, epochs=2, verbose=0)
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    other = there.models.load_model(tmp_path / "m.keras")
    third = net(name)(there)
    third.train_on_batch(X, Y)  # so that the optimizer has slots
    third.load_weights(tmp_path / "m.weights.h5")
    for each in (other, third):
        for ours, theirs in zip(each.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype
        predictions = (np.asarray(every.predict(X, verbose=0)) for every in (each, model))
        np.testing.assert_allclose(*predictions, rtol=0, atol=KERAS_FLOAT32)
    assert [layer.trainable for layer in other.layers] == [layer.trainable for layer in model.layers]
    configs = (without_noise(layer.get_config()) for layer in other.layers)
    for ours, theirs in zip(configs, model.layers, strict=True):
        assert ours == without_noise(theirs.get_config()) or here is not there


def without_noise(config):
    return {key: value for key, value in config.items() if isinstance(value, bool | int | float | str)}


def fine_tuning(k, dtype):
    """A base is trained, its layers are frozen under a new head, and all of it is trained on in the end."""
    k.config.set_floatx(dtype)
    seed_both(3)
    l, x, y = k.layers, X.astype(dtype), Y.astype(dtype)
    base = k.Sequential([k.Input((6,)), l.Dense(7, "tanh"), l.BatchNormalization(), l.Dense(5, "tanh"), l.Dense(4)])
    base.compile("adam", "mse")
    losses = base.fit(x, y, batch_size=12, epochs=2, verbose=0).history["loss"]
    model = k.Sequential([k.Input((6,)), *base.layers[:-1], l.Dense(4)])
    for layer in model.layers[:3]:
        layer.trainable = False
    model.compile("adam", "mse")
    losses += model.fit(x, y, batch_size=12, epochs=2, verbose=0).history["loss"]
    for layer in model.layers:
        layer.trainable = True
    losses += model.fit(x, y, batch_size=12, epochs=1, verbose=0).history["loss"]  # not compiled: still frozen
    model.compile(k.optimizers.SGD(0.01), "mse")
    losses += model.fit(x, y, batch_size=12, epochs=2, verbose=0).history["loss"]
    losses += base.fit(x, y, batch_size=12, epochs=1, verbose=0).history["loss"]  # on what the other has left
    return [np.array(losses), *model.get_weights(), *base.get_weights()]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 10 * KERAS_FLOAT32), ("float64", KERAS_FLOAT64)])
def test_fine_tuning_goes_as_in_keras(dtype, tolerance):
    for ours, theirs in zip(fine_tuning(tinydnn, dtype), fine_tuning(keras, dtype), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def gan(k):
    """A generator that learns through a discriminator that is frozen in their common model."""
    seed_both(3)
    l = k.layers
    generator = [l.Dense(8, l.LeakyReLU(negative_slope=0.2)), l.BatchNormalization(momentum=0.8), l.Dense(6)]
    critic = [l.Dense(8, "relu"), l.Dropout(0.3), l.Dense(1, "sigmoid")]
    discriminator = k.Sequential([k.Input((6,)), *critic])
    discriminator.compile("adam", "binary_crossentropy")
    k.Sequential([k.Input((3,)), *generator])
    real, noise, logs = X[:8].astype("float32"), X[:8, :3].astype("float32"), []
    logs.append(discriminator.train_on_batch(real, np.ones((8, 1))))  # which fixes that it learns
    discriminator.trainable = False
    both = k.Sequential([k.Input((3,)), *generator, *critic])
    both.compile("adam", "binary_crossentropy")
    for _ in range(3):
        logs.append(discriminator.train_on_batch(real, np.ones((8, 1))))
        logs.append(both.train_on_batch(noise, np.ones((8, 1))))
    return [np.array(logs), *discriminator.get_weights(), *both.get_weights()]


def test_an_adversary_goes_as_in_keras():
    for ours, theirs in zip(gan(tinydnn), gan(keras), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=10 * KERAS_FLOAT32)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_noise_has_keras_bits(dtype):
    """Whichever part of a batch a thread draws."""
    from tinydnn.random import philox

    generator = keras.random.SeedGenerator(7)
    for step in range(3):
        theirs = keras.random.normal((5, 7), 0.0, 0.3, dtype, generator).numpy().ravel()
        for start, stop in [(0, 35), (0, 1), (7, 21), (8, 35), (33, 35)]:
            ours = philox.normal_numbers((7, step), start, stop, 0.0, 0.3, dtype)
            np.testing.assert_array_equal(ours, theirs[start:stop])


@pytest.mark.parametrize("name", ["no beta", "batch normalization frozen", "all else frozen", "layer normalization"])
def test_files_of_keras_2_hold_moving_averages_and_what_is_frozen(name, tmp_path):
    """A whole model from Keras, and weights both ways."""
    seed_both(3)
    theirs, ours = net(name)(keras), net(name)(tinydnn)
    theirs.fit(X, Y, batch_size=12, verbose=0)
    theirs.save(tmp_path / "m.h5")
    loaded = tinydnn.models.load_model(tmp_path / "m.h5")
    assert [layer.trainable for layer in loaded.layers] == [layer.trainable for layer in theirs.layers]
    ours.fit(X, Y, batch_size=12, verbose=0)
    weights = ours.get_weights()
    ours.save_weights(tmp_path / "ours.h5")
    theirs.save(tmp_path / "theirs.h5")
    ours.load_weights(tmp_path / "theirs.h5")
    for each in (loaded, ours):
        for one, other in zip(each.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    theirs.load_weights(tmp_path / "ours.h5")
    for one, other in zip(theirs.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_json_of_keras_2_has_the_axis_in_a_list():
    text = """{"class_name": "Sequential", "keras_version": "2.11.0", "backend": "tensorflow", "config": {"name": "old",
    "layers": [{"class_name": "Dense", "config": {"name": "d", "trainable": false, "dtype": "float32", "units": 3,
    "batch_input_shape": [null, 6], "activation": "linear", "use_bias": true}}, {"class_name": "BatchNormalization",
    "config": {"name": "bn", "trainable": true, "dtype": "float32", "axis": [1], "momentum": 0.99, "epsilon": 0.001,
    "center": true, "scale": true, "beta_initializer": {"class_name": "Zeros", "config": {}}, "beta_regularizer": null,
    "moving_mean_initializer": {"class_name": "Zeros", "config": {}}, "gamma_constraint": null}}]}}"""
    model = tinydnn.models.model_from_json(text)
    assert [layer.trainable for layer in model.layers] == [False, True]
    assert keras.models.model_from_json(model.to_json()).layers[1].axis == 1
