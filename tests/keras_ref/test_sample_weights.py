"""Trainings whose samples count differently, next to Keras': sample_weight, class_weight, weighted_metrics."""

import os

import numpy as np
import pytest
from tolerances import KERAS_FLOAT32

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

RNG = np.random.default_rng(0)
N = 83
X = RNG.normal(size=(N, 6)).astype("float32")
CLASSES = RNG.integers(0, 3, N)
ONE_HOT = np.eye(3)[CLASSES]
BINARY = (X.sum(axis=1) > 0).astype(float)
WEIGHTS = RNG.random(N) * 3
HELD_OUT = X[:20], ONE_HOT[:20], WEIGHTS[:20]
OF_CLASSES = {0: 1.0, 2: 5.0}

# The activation of the last layer, what compile and fit are given, and the targets.
CASES = {
    "weights of classes, binary": (
        "sigmoid", lambda k: {"loss": "binary_crossentropy", "metrics": ["accuracy", "AUC"]},
        {"class_weight": {0: 1, 1: 3.5}}, BINARY,
    ),
    "weights of classes, one-hot": (
        "softmax",
        lambda k: {"loss": k.losses.CategoricalCrossentropy(label_smoothing=0.1), "weighted_metrics": ["accuracy"]},
        {"class_weight": OF_CLASSES, "validation_split": 0.25}, ONE_HOT,
    ),
    "weights of classes, integer labels": (
        "softmax",
        lambda k: {"loss": "sparse_categorical_crossentropy", "metrics": ["acc"], "weighted_metrics": ["acc"]},
        {"class_weight": OF_CLASSES, "shuffle": False}, CLASSES,
    ),
    "weights of samples": (
        "softmax",
        lambda k: {
            "loss": "categorical_crossentropy", "metrics": ["mae", "mse"],
            "weighted_metrics": ["mae", k.metrics.AUC(), k.metrics.Precision(class_id=1), "mse", "mae"],
        },
        {"sample_weight": WEIGHTS, "validation_data": HELD_OUT}, ONE_HOT,
    ),
    "weights of samples, some 0, held out from the end": (
        None,
        lambda k: {
            "loss": k.losses.Huber(0.3), "metrics": ["mae"],
            "weighted_metrics": [k.metrics.RootMeanSquaredError(), k.metrics.R2Score(), "cosine_similarity"],
        },
        {"sample_weight": np.where(WEIGHTS > 1, WEIGHTS, 0)[:, np.newaxis], "validation_split": 0.3}, ONE_HOT,
    ),
    "a factor of the loss": (
        None, lambda k: {"loss": "mse", "loss_weights": 0.25, "metrics": ["mse"]}, {"sample_weight": WEIGHTS}, ONE_HOT,
    ),
    "a list of one": (
        "softmax",
        lambda k: {"loss": ["mse"], "loss_weights": [3.0], "metrics": [["mae"]], "weighted_metrics": {"out": ["mae"]}},
        {}, ONE_HOT,
    ),
}  # fmt: skip


def compiled(keras, case, threads):
    activation, options, _, y = CASES[case]
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(1)
    layers = keras.layers
    first = layers.Dense(8, "tanh", activity_regularizer=keras.regularizers.L2(0.01), kernel_regularizer="l1")
    last = layers.Dense(1 if y is BINARY else 3, activation, name="out")
    own = {} if keras is real_keras else {"threads": threads}
    model = keras.Sequential([layers.Input((6,)), first, last], **own)
    model.compile(keras.optimizers.Adam(0.01), **options(keras))
    return model


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_weighted_trainings_log_and_learn_the_same(case, threads):
    _, _, fit, y = CASES[case]
    weights = fit.get("sample_weight")
    found = {}
    for keras in (real_keras, tinydnn):
        model = compiled(keras, case, threads)
        history = model.fit(X, y, batch_size=16, epochs=3, verbose=0, **fit).history
        results = [
            model.evaluate(X, y, verbose=0, sample_weight=weights),
            sorted(model.evaluate(X, y, batch_size=7, verbose=0, return_dict=True).values()),
        ]
        found[keras] = history, model.get_weights(), results
    (theirs, their_weights, their_results), (ours, our_weights, our_results) = found[real_keras], found[tinydnn]
    assert list(ours) == list(theirs)
    close = {"rtol": 10 * KERAS_FLOAT32, "atol": 10 * KERAS_FLOAT32}
    for name in theirs:
        np.testing.assert_allclose(ours[name], theirs[name], **close, err_msg=name)
    for one, other in zip(our_results, their_results, strict=True):
        np.testing.assert_allclose(one, other, **close)
    for one, other in zip(our_weights, their_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=10 * KERAS_FLOAT32)


def test_single_batches_are_weighted():
    for arguments in ({"sample_weight": WEIGHTS}, {"class_weight": OF_CLASSES}):
        found = []
        for keras in (real_keras, tinydnn):
            model = compiled(keras, "weights of samples", 2)
            found.append([model.train_on_batch(X, ONE_HOT, **arguments)])
            if keras is real_keras:
                model.reset_metrics()
            found[-1].append(model.test_on_batch(X, ONE_HOT, WEIGHTS))
        np.testing.assert_allclose(found[1], found[0], rtol=10 * KERAS_FLOAT32, atol=KERAS_FLOAT32)


@pytest.mark.parametrize("case", CASES)
def test_files_say_which_metrics_are_weighted(case, tmp_path):
    y = CASES[case][3]
    for source, target in ((real_keras, tinydnn), (tinydnn, real_keras)):
        model = compiled(source, case, 1)
        model.fit(X, y, verbose=0)
        model.save(tmp_path / f"{source.__name__}.keras")
        again = target.models.load_model(tmp_path / f"{source.__name__}.keras")
        if "Huber" in str(again.loss) or case.startswith("weights of samples, some 0"):  # Keras forgets its delta
            model.compile(loss="huber", metrics=["mae"], weighted_metrics=[])
            again.compile(loss="huber", metrics=["mae"], weighted_metrics=[])
        expected, result = (
            each.evaluate(X, y, verbose=0, sample_weight=WEIGHTS, return_dict=True) for each in (model, again)
        )
        assert list(result) == list(expected)
        for name in expected:
            assert result[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"class_weight": {0: 1.0}, "sample_weight": WEIGHTS}, ValueError, "Received: both"),
        ({"class_weight": "balanced"}, TypeError, "class_weight expects"),
        ({"sample_weight": WEIGHTS[:-1]}, ValueError, "one number for each of the 83 samples"),
        ({"sample_weight": WEIGHTS[:-1], "validation_split": 0.2}, ValueError, "for each of the 83 samples"),
        ({"sample_weight": np.full(N, np.nan)}, ValueError, "sample_weight expects finite numbers"),
        ({"validation_data": (X,)}, ValueError, r"\(x, y, sample_weight\)"),
    ],
)
def test_wrong_weights_are_refused_before_anything_changes(arguments, error, message):
    model = compiled(tinydnn, "weights of samples", 1)
    before = model.get_weights()
    with pytest.raises(error, match=message):
        model.fit(X, ONE_HOT, verbose=0, **arguments)
    assert model.optimizer.iterations == 0
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
