"""Losses and metrics in whole trainings, next to Keras'; and files that name them, from one engine to the other."""

import os

import numpy as np
import pytest
from in_turn import in_float64
from tolerances import KERAS_FLOAT32

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(203, 8))  # a smaller last batch
BINARY = (X.sum(axis=1) > 0).astype(float)
SEVERAL = (X[:, :3] > 0).astype(float)
NUMBERS = 2 * X[:, :2]
ONE_HOT = np.eye(3)[RNG.integers(0, 3, len(X))]
COUNTS = RNG.poisson(2, (len(X), 2)).astype(float)

# The activation of the last layer, the loss, the metrics, and the targets.
CASES = {
    "two classes": ("sigmoid", "binary_crossentropy", ["accuracy", "mae", "MeanSquaredError()"], BINARY),
    "two classes, targets as a column": (
        "sigmoid", "BinaryCrossentropy()", ["acc", "binary_accuracy"], BINARY[:, np.newaxis]
    ),
    "logits of two classes": (None, "BinaryCrossentropy(from_logits=True)", ["accuracy"], BINARY),
    "several labels": ("sigmoid", "binary_crossentropy", ["binary_accuracy", "accuracy", "mse"], SEVERAL),
    "a softmax, whose logits Keras takes for a sigmoid's": (
        "softmax", "binary_crossentropy", ["accuracy", "categorical_accuracy"], ONE_HOT
    ),
    "probabilities of another activation, clipped": ("relu", "binary_crossentropy", ["accuracy"], BINARY),
    "absolute error": (None, "mae", ["mse", "mae"], NUMBERS),
    "absolute error as an object": (
        None, "MeanAbsoluteError()", ["mean_squared_error", "MeanAbsoluteError()"], NUMBERS
    ),
    "squared error and absolute error": (None, "mse", ["mean_absolute_error"], NUMBERS),
    "one-hot classes": ("softmax", "categorical_crossentropy", ["CategoricalAccuracy()", "mae"], ONE_HOT),
    "integer classes": (
        "softmax", "sparse_categorical_crossentropy", ["sparse_categorical_accuracy", "accuracy"], ONE_HOT.argmax(1)
    ),
    "counts of a binary classifier": (
        "sigmoid", "binary_crossentropy",
        ["AUC", "AUC(curve='PR')", "Precision()", "recall", "TruePositives()", "FalseNegatives(name='missed')",
         "F1Score('micro', threshold=0.5)", "bce"], BINARY[:, np.newaxis]
    ),
    "counts of classes": (
        "softmax", "CategoricalCrossentropy(label_smoothing=0.1)",
        ["AUC()", "auc", "Precision(class_id=1)", "Recall(top_k=2)", "F1Score(average='macro')",
         "TopKCategoricalAccuracy(k=2)", "categorical_crossentropy", "kl_divergence"], ONE_HOT
    ),
    "integer classes, the largest k": (
        "softmax", "sparse_categorical_crossentropy",
        ["SparseTopKCategoricalAccuracy(2)", "sparse_categorical_crossentropy"], ONE_HOT.argmax(1)
    ),
    "one name twice": (None, "mse", ["mae", "mae", "mse", "MeanAbsoluteError(name='mae')"], NUMBERS),
    "functions": (None, "mean_squared_error", ["mean_absolute_error", "huber", "log_cosh", "r2_score"], NUMBERS),
    "numbers": (
        None, "Huber()", ["RootMeanSquaredError()", "R2Score()", "cosine_similarity", "LogCoshError()"], NUMBERS
    ),
    "log_cosh": (None, "log_cosh", ["mape"], NUMBERS),
    "counts": ("exponential", "poisson", ["msle", "Poisson()"], COUNTS),
    "squared logarithms": ("softplus", "msle", ["mean_squared_logarithmic_error"], COUNTS),
    "percentages": (None, "mape", ["MeanAbsolutePercentageError()"], COUNTS + 1),
    "divergence": ("softmax", "kl_divergence", ["KLDivergence()", "accuracy"], ONE_HOT),
    "directions": (None, "CosineSimilarity()", ["CosineSimilarity()"], NUMBERS),
    "sides": ("tanh", "hinge", ["Hinge()", "squared_hinge"], SEVERAL),
    "squared sides": ("tanh", "SquaredHinge()", ["hinge"], 2 * SEVERAL - 1),
    "the largest wrong class": (None, "CategoricalHinge()", ["categorical_hinge", "categorical_accuracy"], ONE_HOT),
    "smoothed labels": ("sigmoid", "BinaryCrossentropy(label_smoothing=0.2)", ["binary_crossentropy"], SEVERAL),
}  # fmt: skip


def made(module, name):
    """A name as it is, or an object of a module: "MeanAbsoluteError()"; a long name may be a function's."""
    if name in ("huber", "log_cosh", "mean_absolute_error", "mean_squared_error"):
        return getattr(module, name)
    return eval(name, vars(module).copy()) if name.endswith(")") else name


def compiled(keras, case, dtype):
    activation, loss, metrics, y = CASES[case]
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    keras.config.set_floatx(dtype)
    if keras is real_keras:
        keras.config.set_dtype_policy(dtype)
    layers = keras.layers
    units = y.shape[1] if y.ndim > 1 else 3 if "sparse" in loss else 1
    model = keras.Sequential([layers.Input((8,)), layers.Dense(12, "tanh"), layers.Dense(units, activation)])
    if dtype == "float64":  # which TensorFlow's in_top_k doesn't take
        metrics = [each for each in metrics if "TopK" not in each]
    loss, metrics = made(keras.losses, loss), [made(keras.metrics, each) for each in metrics]
    model.compile(keras.optimizers.Adam(0.01), loss, metrics=metrics)
    return model


@pytest.mark.parametrize(("case", "dtype"), in_float64(CASES))
def test_trainings_log_and_learn_the_same(case, dtype):
    y = CASES[case][3]
    found = {}
    for keras in (real_keras, tinydnn):
        model = compiled(keras, case, dtype)
        history = model.fit(X.astype(dtype), y, batch_size=32, epochs=3, verbose=0).history
        found[keras] = history, model.get_weights(), model.evaluate(X.astype(dtype), y, verbose=0)
    (theirs, their_weights, their_result), (ours, our_weights, our_result) = found[real_keras], found[tinydnn]
    tolerance = KERAS_FLOAT32 if dtype == "float32" else 1e-12
    assert list(ours) == list(theirs)
    for name in theirs:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=tolerance, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(our_result, their_result, rtol=tolerance, atol=tolerance)
    for one, other in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize("case", CASES)
def test_files_go_both_ways(case, tmp_path):
    y = CASES[case][3]
    for source, target in ((real_keras, tinydnn), (tinydnn, real_keras)):
        model = compiled(source, case, "float32")
        path = str(tmp_path / f"{source.__name__}.keras")
        model.fit(X.astype("float32"), y, verbose=0)
        model.save(path)
        again = target.models.load_model(path)
        expected = model.evaluate(X.astype("float32"), y, verbose=0)
        found = again.evaluate(X.astype("float32"), y, verbose=0)
        np.testing.assert_allclose(found, expected, rtol=10 * KERAS_FLOAT32, atol=KERAS_FLOAT32)
        again.fit(X.astype("float32"), y, verbose=0)


@pytest.mark.parametrize(
    ("loss", "metric"), [("mse", "sparse_categorical_accuracy"), ("sparse_categorical_crossentropy", "mae")]
)
def test_a_metric_of_other_targets_is_refused(loss, metric):
    model = tinydnn.Sequential([tinydnn.layers.Input((3,)), tinydnn.layers.Dense(2)])
    with pytest.raises(ValueError, match=f"{metric!r} can't be measured with this loss"):
        model.compile("sgd", loss, metrics=[metric])
