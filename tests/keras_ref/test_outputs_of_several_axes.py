"""Models whose samples have outputs of several axes, as an autoencoder of images that ends in a Reshape."""

import os

import numpy as np
import pytest
from tolerances import KERAS_FLOAT64

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from keras_ref.engines import seed_both  # noqa: E402

IMAGES = np.random.default_rng(3).random((50, 4, 3))

LOSSES = {
    "of probabilities": ("sigmoid", "binary_crossentropy", ["mae", "binary_accuracy"]),
    "of numbers": (None, "mse", ["mae", "mse"]),
    "of large numbers": ("softplus", "msle", []),
}


def trained(k, activation, loss, metrics):
    k.config.set_floatx("float64")
    real_keras.config.set_dtype_policy("float64")
    seed_both(4)
    encoder = k.Sequential([k.layers.Input((4, 3)), k.layers.Flatten(), k.layers.Dense(5, "tanh")])
    decoder = k.Sequential([k.layers.Input((5,)), k.layers.Dense(12, activation), k.layers.Reshape((4, 3))])
    model = k.Sequential([encoder, decoder])
    model.compile(k.optimizers.SGD(0.5), loss, metrics=metrics)
    log = model.fit(IMAGES, IMAGES, batch_size=16, epochs=3, validation_split=0.2, shuffle=False, verbose=0)
    return log.history, model.get_weights(), np.asarray(model.predict(IMAGES, verbose=0))


@pytest.mark.parametrize("case", LOSSES)
def test_they_are_trained_as_by_keras(case):
    (log, weights, outputs), (k_log, k_weights, k_outputs) = (trained(k, *LOSSES[case]) for k in (tinydnn, real_keras))
    assert list(log) == list(k_log)
    for name in log:
        np.testing.assert_allclose(log[name], k_log[name], rtol=3e-6, err_msg=name)  # Keras counts in float32
    for ours, theirs in zip(weights, k_weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=KERAS_FLOAT64)
    assert outputs.shape == (50, 4, 3)
    np.testing.assert_allclose(outputs, k_outputs, rtol=0, atol=KERAS_FLOAT64)


@pytest.mark.parametrize(
    ("loss", "metrics"), [("categorical_crossentropy", []), ("kl_divergence", []), ("mse", ["accuracy"])]
)
def test_what_is_of_a_row_needs_one(loss, metrics):
    model = tinydnn.Sequential([tinydnn.Input((4, 3)), tinydnn.layers.Rescaling(2), tinydnn.layers.Reshape((2, 6))])
    model.compile("sgd", loss, metrics=metrics)
    with pytest.raises(ValueError, match=r"end the model with a Dense or Flatten layer. Received: .*\(2, 6\)"):
        model.evaluate(IMAGES, IMAGES.reshape(-1, 2, 6), verbose=0)


def test_targets_have_the_shape_of_the_outputs():
    model = tinydnn.Sequential([tinydnn.Input((4, 3)), tinydnn.layers.Reshape((3, 4))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"y expects samples of shape \(3, 4\)"):
        model.evaluate(IMAGES, IMAGES, verbose=0)
