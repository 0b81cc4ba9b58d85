"""Metrics and losses on arrays: what Keras gives, over several batches, with and without weights."""

import os
import warnings

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow", "ignore:More independent")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

RNG = np.random.default_rng(0)
N, K = 41, 6
P = RNG.random((N, K))
LABELS = RNG.integers(0, K, N)
ONE_HOT = np.eye(K)[LABELS]
SEVERAL = (RNG.random((N, K)) > 0.6).astype(float)
NUMBERS, OTHERS = RNG.normal(size=(N, K)), RNG.normal(size=(N, K))
SIDES = 2 * SEVERAL - 1
ONE, OF_ONE = (RNG.random(N) > 0.4).astype(float), RNG.random((N, 1))
ROUGH = np.round(P * 4) / 4  # many at a threshold
WEIGHTS = RNG.random(N) * 2

# The metric, the targets and the predictions.
CASES = {
    "AUC()": (ONE, OF_ONE), "AUC(curve='PR')": (ONE, OF_ONE), "AUC(num_thresholds=7)": (SEVERAL, ROUGH),
    "AUC(num_thresholds=5, curve='PR')": (SEVERAL, ROUGH), "AUC(summation_method='minoring')": (SEVERAL, P),
    "AUC(summation_method='majoring', curve='PR')": (SEVERAL, P), "AUC(thresholds=[0.5, 0.1, 0.8])": (SEVERAL, P),
    "AUC(thresholds=[0.25, 0.5, 0.75])": (SEVERAL, ROUGH), "AUC(from_logits=True)": (SEVERAL, OTHERS),
    "AUC(num_thresholds=2)": (SEVERAL, P),
    "Precision()": (ONE, OF_ONE), "Precision(thresholds=[0.9, 0.2])": (SEVERAL, P), "Precision(0.3)": (SEVERAL, P),
    "Precision(top_k=2)": (ONE_HOT, P), "Precision(class_id=3)": (SEVERAL, P),
    "Precision(top_k=3, class_id=1)": (SEVERAL, ROUGH), "Precision(thresholds=[0, 0.5, 1])": (SEVERAL, ROUGH),
    "Recall()": (SEVERAL, P), "Recall(thresholds=[0.9, 0.2])": (SEVERAL, P), "Recall(top_k=2)": (ONE_HOT, P),
    "TruePositives()": (SEVERAL, P), "FalsePositives(0.3)": (SEVERAL, P),
    "TrueNegatives([0.25, 0.5])": (SEVERAL, ROUGH), "FalseNegatives()": (SEVERAL, ROUGH),
    "F1Score()": (ONE_HOT, P), "F1Score(threshold=0.5)": (SEVERAL, P), "F1Score(average='micro')": (ONE_HOT, P),
    "F1Score(average='macro')": (ONE_HOT, P), "F1Score('weighted', 0.4)": (SEVERAL, P),
    "FBetaScore(beta=2.0)": (ONE_HOT, P), "FBetaScore('weighted', 0.5)": (ONE_HOT, P),
    "R2Score()": (NUMBERS, OTHERS), "R2Score(None)": (NUMBERS, OTHERS), "R2Score(num_regressors=3)": (NUMBERS, OTHERS),
    "R2Score('variance_weighted_average')": (NUMBERS, OTHERS), "R2Score(num_regressors=999)": (NUMBERS, OTHERS),
    "RootMeanSquaredError()": (NUMBERS, OTHERS), "MeanSquaredError()": (NUMBERS, OTHERS),
    "MeanAbsoluteError()": (NUMBERS, OTHERS), "MeanAbsolutePercentageError()": (NUMBERS, OTHERS),
    "MeanSquaredLogarithmicError()": (SEVERAL, P), "LogCoshError()": (NUMBERS, 5 * OTHERS),
    "CosineSimilarity()": (NUMBERS, OTHERS), "Hinge()": (SIDES, OTHERS), "SquaredHinge()": (SEVERAL, OTHERS),
    "CategoricalHinge()": (ONE_HOT, OTHERS), "KLDivergence()": (P, ROUGH), "Poisson()": (SEVERAL, P),
    "BinaryCrossentropy()": (SEVERAL, P), "BinaryCrossentropy(from_logits=True)": (SEVERAL, OTHERS),
    "BinaryCrossentropy(label_smoothing=0.2)": (SEVERAL, ROUGH), "CategoricalCrossentropy()": (ONE_HOT, P),
    "CategoricalCrossentropy(label_smoothing=0.2)": (ONE_HOT, ROUGH),
    "SparseCategoricalCrossentropy()": (LABELS, P), "SparseCategoricalCrossentropy(from_logits=True)": (LABELS, OTHERS),
    "Accuracy()": (LABELS[:, np.newaxis], ROUGH[:, :1] * 4), "BinaryAccuracy()": (SEVERAL, P),
    "BinaryAccuracy(threshold=0.25)": (ROUGH, ROUGH), "CategoricalAccuracy()": (ONE_HOT, P),
    "SparseCategoricalAccuracy()": (LABELS, P), "TopKCategoricalAccuracy()": (ONE_HOT, P),
    "TopKCategoricalAccuracy(k=2)": (ONE_HOT, ROUGH), "SparseTopKCategoricalAccuracy(3)": (LABELS, ROUGH),
}  # fmt: skip


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    for keras in (real_keras, tinydnn):
        keras.config.set_floatx(request.param)
    yield request.param
    for keras in (real_keras, tinydnn):
        keras.config.set_floatx("float32")


def close(dtype):
    """Keras adds up in float32, tinydnn always in float64."""
    return {"rtol": 2e-5, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-6, "atol": 1e-9}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_metrics_of_arrays(case, weighted, dtype):
    y, p = CASES[case]
    p = p.astype("float32" if "TopK" in case else dtype)  # TensorFlow's in_top_k takes no other
    theirs, ours = (eval(case, vars(keras.metrics).copy()) for keras in (real_keras, tinydnn))
    assert ours.result() == 0
    for _ in range(2):
        for part in (slice(0, 16), slice(16, 32), slice(32, N)):
            weights = {"sample_weight": WEIGHTS[part]} if weighted else {}
            for metric in (theirs, ours):
                metric.update_state(y[part], p[part], **weights)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                np.testing.assert_allclose(ours.result(), np.array(theirs.result()), **close(dtype), err_msg=case)
        for metric in (theirs, ours):
            metric.reset_state()
    assert ours.result() == 0


@pytest.mark.parametrize("case", CASES)
def test_names_directions_and_settings(case):
    for keras in (real_keras, tinydnn):
        keras.utils.clear_session(free_memory=False)
    theirs, ours = (eval(case, vars(keras.metrics).copy()) for keras in (real_keras, tinydnn))
    assert ours.name == theirs.name
    assert repr(ours) == repr(theirs)
    assert ours.mode == {"up": "max", "down": "min", None: None}[getattr(theirs, "_direction", None)]
    settings = theirs.get_config()
    for name, value in ours.get_config().items():
        assert settings[name] == value, name
    again = type(ours)(**ours.get_config())
    assert again.get_config() == ours.get_config()


FUNCTIONS = {
    "mean_squared_error": (NUMBERS, OTHERS), "mean_absolute_error": (NUMBERS, OTHERS),
    "mean_absolute_percentage_error": (NUMBERS, OTHERS), "mean_squared_logarithmic_error": (SEVERAL, P),
    "huber": (NUMBERS, OTHERS), "log_cosh": (NUMBERS, OTHERS), "hinge": (SIDES, OTHERS),
    "squared_hinge": (SIDES, OTHERS), "categorical_hinge": (ONE_HOT, OTHERS), "kl_divergence": (P, ROUGH),
    "poisson": (SEVERAL, P), "binary_crossentropy": (SEVERAL, P), "categorical_crossentropy": (ONE_HOT, P),
    "sparse_categorical_crossentropy": (LABELS, P), "binary_accuracy": (SEVERAL, P),
    "categorical_accuracy": (ONE_HOT, P), "sparse_categorical_accuracy": (LABELS, P),
    "top_k_categorical_accuracy": (ONE_HOT, P), "sparse_top_k_categorical_accuracy": (LABELS, P),
}  # fmt: skip


@pytest.mark.parametrize("name", [*FUNCTIONS, "cosine_similarity"])
def test_functions_of_arrays(name):
    y, p = FUNCTIONS.get(name, (NUMBERS, OTHERS))
    for module in ("losses", "metrics"):
        theirs, ours = (getattr(getattr(keras, module), name, None) for keras in (real_keras, tinydnn))
        if theirs is None:
            continue
        assert ours.__name__ == theirs.__name__
        expected = np.array(theirs(y, p.astype("float32")))
        found = ours(y, p.astype("float32"))
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("y", "p"),
    [
        (ONE, OF_ONE), (ONE, OF_ONE[:, 0]), (ONE[:, np.newaxis], OF_ONE[:, 0]), (P[..., np.newaxis], ROUGH),
        (P, ROUGH[..., np.newaxis]), (P.reshape(-1, 2, 3), ROUGH.reshape(-1, 2, 3)),
    ],
)  # fmt: skip
def test_functions_and_losses_take_other_shapes(y, p):
    for name in ("mean_squared_error", "mean_absolute_error", "binary_crossentropy" if y.ndim == 3 else "huber"):
        if name in ("binary_crossentropy",) and y.ndim != p.ndim:
            continue  # which Keras' function does not take
        theirs, ours = (getattr(keras.losses, name)(y, p) for keras in (real_keras, tinydnn))
        assert ours.shape == tuple(theirs.shape)
        np.testing.assert_allclose(ours, np.array(theirs), rtol=1e-5, atol=1e-6)
    for loss in ("MeanSquaredError()", "BinaryCrossentropy(from_logits=True)", "Huber(reduction='none')"):
        theirs, ours = (eval(f"keras.losses.{loss}")(y, p) for keras in (real_keras, tinydnn))
        np.testing.assert_allclose(ours, np.array(theirs), rtol=1e-5, atol=1e-6)
    theirs, ours = (keras.metrics.binary_accuracy(y, p) for keras in (real_keras, tinydnn))
    np.testing.assert_array_equal(ours, np.array(theirs))


def test_losses_take_weights_of_rows_that_have_several_axes():
    y, p, weights = P.reshape(-1, 2, 3), ROUGH.reshape(-1, 2, 3), RNG.random((N, 2))
    theirs, ours = (keras.losses.MeanSquaredError()(y, p, weights) for keras in (real_keras, tinydnn))
    assert ours == pytest.approx(float(theirs), rel=1e-5)


@pytest.mark.parametrize("name", tinydnn.losses.__all__)
def test_losses_have_keras_names(name):
    if isinstance(getattr(tinydnn.losses, name), type) and name != "Loss":
        theirs, ours = (getattr(keras.losses, name)() for keras in (real_keras, tinydnn))
        assert ours.name == theirs.name == ours.get_config()["name"]


def test_lists_become_floatx():
    for keras in (real_keras, tinydnn):
        found = keras.losses.mean_squared_error([[0.0, 1.0]], [[0.25, 0.5]])
        assert np.array(found).dtype == "float32"


@pytest.mark.parametrize("values", [3.0, [1.0, 2.0, 6.0], np.arange(12.0).reshape(4, 3)])
@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_means_and_sums(name, values):
    weights = [None, 2.0 if np.ndim(values) == 0 else np.arange(1.0, 1 + len(values))]
    for each in weights:
        found = []
        for keras in (real_keras, tinydnn):
            metric = getattr(keras.metrics, name)()
            metric.update_state(values, sample_weight=each)
            metric.update_state(1.5)
            found.append(float(metric.result()))
        assert found[1] == pytest.approx(found[0], rel=1e-6)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "none", None, "mean_with_sample_weight"])
def test_losses_take_weights_and_reductions(reduction):
    for weights in (None, WEIGHTS):
        found = [
            np.array(keras.losses.Huber(0.5, reduction=reduction)(NUMBERS, OTHERS, weights))
            for keras in (real_keras, tinydnn)
        ]
        np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_a_training_refuses_a_sum():
    model = tinydnn.Sequential([tinydnn.layers.Input((3,)), tinydnn.layers.Dense(2)])
    with pytest.raises(ValueError, match="takes the mean"):
        model.compile("sgd", tinydnn.losses.MeanSquaredError(reduction="sum"))
    assert not model.compiled
