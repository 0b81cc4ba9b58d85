"""What Keras' files say of how a model was compiled: functions, objects, and what tinydnn lacks."""

import os

import numpy as np
import pytest
from tolerances import KERAS_FLOAT32

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

X, LABELS = np.random.default_rng(0).random((8, 4)), np.arange(8) % 3
FUNCTIONS = "categorical_crossentropy", "sparse_categorical_crossentropy", "mean_squared_error"


def trained(loss, metrics=None, optimizer="adam"):
    model = real_keras.Sequential([real_keras.Input((4,)), real_keras.layers.Dense(3, activation="softmax")])
    model.compile(optimizer, loss, metrics=metrics)
    sparse = "sparse" in getattr(loss, "__name__", loss)
    y = LABELS if sparse else np.eye(3)[LABELS]
    model.fit(X, y, verbose=0)
    return model, y


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_loss_that_was_given_as_a_function_opens_and_trains_on(tmp_path, name, ending):
    theirs, y = trained(getattr(real_keras.losses, name), ["accuracy"])
    theirs.save(tmp_path / f"m.{ending}")
    ours = tinydnn.models.load_model(tmp_path / f"m.{ending}")
    for model in (ours, theirs):
        model.fit(X, y, epochs=2, shuffle=False, verbose=0)
    close = {"rel": KERAS_FLOAT32, "abs": KERAS_FLOAT32}
    assert ours.evaluate(X, y, verbose=0) == pytest.approx(theirs.evaluate(X, y, verbose=0), **close)


LACKING = {
    "a metric object": ("mse", lambda: [real_keras.metrics.PearsonCorrelation()], "PearsonCorrelation"),
    "a metric's function": (
        "mse",
        lambda: [real_keras.metrics.categorical_focal_crossentropy],
        "categorical_focal_crossentropy",
    ),
    "another metric": ("mse", lambda: ["accuracy", "concordance_correlation"], "concordance_correlation"),
    "another loss": ("categorical_focal_crossentropy", lambda: None, "categorical_focal_crossentropy"),
}


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("what", LACKING)
def test_what_tinydnn_lacks_is_named_beside_the_way_out(tmp_path, what, ending):
    loss, metrics, named = LACKING[what]
    path = tmp_path / f"m.{ending}"
    theirs, _ = trained(loss, metrics())
    theirs.save(path)
    with pytest.raises(tinydnn.FileFormatError, match=rf"{path.name}: .*{named}.* compile=False$"):
        tinydnn.models.load_model(path)
    ours = tinydnn.models.load_model(path, compile=False)
    np.testing.assert_allclose(
        ours.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=KERAS_FLOAT32, atol=KERAS_FLOAT32
    )


def test_weights_are_taken_from_a_whole_model_as_keras_takes_them(tmp_path):
    theirs, _ = trained("mse")
    theirs.save(tmp_path / "m.keras")
    models = [k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="softmax")]) for k in (tinydnn, real_keras)]
    for model in models:
        model.load_weights(tmp_path / "m.keras")
        for a, b in zip(model.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
