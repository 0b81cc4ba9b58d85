"""Losses and accuracy at known values, near their limits, and with probabilities in place of logits."""

import numpy as np
import pytest
from tolerances import FINITE_DIFFERENCE, SAME_FLOAT64

import tinydnn as keras
from tinydnn import losses
from tinydnn.device.backend import Backend
from tinydnn.losses import LossTrace
from tinydnn.metrics import ChosenAccuracy, labels_of


def run(loss, x, y, logits):
    """The losses of the rows, and the gradient of their mean."""
    x = np.asarray(x, np.float64)
    t = LossTrace(lambda name, shape: np.empty(shape), *x.shape)
    t.y[...] = y
    loss.forward(np, x, t, logits)
    return t.l.copy(), loss.backward(np, x, t, logits, len(x)).copy()


def test_cross_entropy_by_hand():
    z = np.log([[1.0, 2, 5], [6, 3, 1]])  # probabilities 1/8, 2/8, 5/8 and 6/10, 3/10, 1/10
    y = np.array([[0, 0, 1], [1, 0, 0]])
    l, dz = run(losses.CategoricalCrossentropy(), z, y, logits=True)
    np.testing.assert_allclose(l, [np.log(8 / 5), np.log(10 / 6)], rtol=SAME_FLOAT64)
    np.testing.assert_allclose(dz, np.array([[1 / 8, 2 / 8, -3 / 8], [-4 / 10, 3 / 10, 1 / 10]]) / 2, rtol=SAME_FLOAT64)


def test_a_gap_of_100_between_logits_costs_100_not_16():
    """From probabilities clipped at 1e-7 it would be 16.118."""
    l, dz = run(losses.CategoricalCrossentropy(), [[0, 100]], [[1, 0]], logits=True)
    np.testing.assert_allclose(l, [100], rtol=SAME_FLOAT64)
    np.testing.assert_allclose(dz, [[-1, 1]], rtol=SAME_FLOAT64)
    clipped, _ = run(losses.CategoricalCrossentropy(), [[0, 1]], [[1, 0]], logits=False)
    np.testing.assert_allclose(clipped, [-np.log(1e-7)], rtol=SAME_FLOAT64)


def test_a_row_without_a_label_costs_nothing_and_has_the_gradient_p():
    l, dz = run(losses.CategoricalCrossentropy(), np.log([[1.0, 3]]), [[0, 0]], logits=True)
    assert l == [0]
    np.testing.assert_allclose(dz, [[0.25, 0.75]], rtol=SAME_FLOAT64)


def test_mean_squared_error_by_hand():
    l, dx = run(losses.MeanSquaredError(), [[1, 2], [3, 5]], [[0, 0], [3, 1]], logits=False)
    np.testing.assert_array_equal(l, [2.5, 8])
    np.testing.assert_array_equal(dx, [[0.5, 1], [0, 2]])  # 2 (x - y) / 2 outputs / 2 rows


@pytest.mark.parametrize("loss", [losses.CategoricalCrossentropy(), losses.SparseCategoricalCrossentropy()])
@pytest.mark.parametrize("logits", [True, False])
def test_gradients_of_cross_entropy_are_its_slopes(loss, logits, rng):
    x = rng.random((4, 5)) + 0.1  # as probabilities they don't add up to 1
    y = np.eye(5)[[0, 2, 4, 2]]
    _, gradient = run(loss, x, y, logits)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        slope = (run(loss, up, y, logits)[0].mean() - run(loss, down, y, logits)[0].mean()) / 2e-6
        assert gradient[i] == pytest.approx(slope, abs=FINITE_DIFFERENCE)


# A loss, whether its outputs are positive, and whether its targets are 0 and 1.
OF_OUTPUTS = {
    "MeanSquaredError()": (False, False), "MeanAbsoluteError()": (False, False), "Huber(0.7)": (False, False),
    "LogCosh()": (False, False), "MeanAbsolutePercentageError()": (False, False), "Hinge()": (False, True),
    "SquaredHinge()": (False, True), "CategoricalHinge()": (False, True), "CosineSimilarity()": (False, False),
    "MeanSquaredLogarithmicError()": (True, True), "Poisson()": (True, True), "KLDivergence()": (True, True),
    "BinaryCrossentropy(label_smoothing=0.2)": (True, True),
    "CategoricalCrossentropy(label_smoothing=0.2)": (True, True),
}  # fmt: skip


@pytest.mark.parametrize("make", OF_OUTPUTS)
def test_gradients_of_losses_are_their_slopes(make, rng):
    loss = eval(make, vars(losses).copy())
    positive, one_hot = OF_OUTPUTS[make]
    x, y = rng.normal(size=(6, 5)), rng.normal(size=(6, 5))
    x = np.abs(x) % 0.9 + 0.05 if positive else x
    y = np.eye(5)[rng.integers(0, 5, 6)] if one_hot else y
    _, gradient = run(loss, x, y, False)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        slope = (run(loss, up, y, False)[0].mean() - run(loss, down, y, False)[0].mean()) / 2e-6
        assert gradient[i] == pytest.approx(slope, rel=FINITE_DIFFERENCE, abs=FINITE_DIFFERENCE)


def test_losses_by_hand():
    x, y = [[1.0, -3.0]], [[0.5, 1.0]]
    for make, expected, slope in [
        ("Huber(1.0)", (0.5 * 0.25 + 3.5) / 2, [[0.25, -0.5]]),
        ("LogCosh()", np.log(np.cosh([0.5, 4])).mean(), np.tanh([[0.5, -4]]) / 2),
        ("MeanAbsolutePercentageError()", 250, [[100, -50]]),
        ("Hinge()", (0.5 + 4) / 2, [[-0.25, -0.5]]),
        ("SquaredHinge()", (0.25 + 16) / 2, [[-0.25, -4]]),
        (
            "CosineSimilarity()",
            2.5 / np.sqrt(10 * 1.25),
            [[-1.5 / 10 / np.sqrt(12.5) * 5, -0.5 / 10 / np.sqrt(12.5) * 5]],
        ),
    ]:
        l, dx = run(eval(make, vars(losses).copy()), x, y, False)
        np.testing.assert_allclose(l, [expected], rtol=1e-7, err_msg=make)
        np.testing.assert_allclose(dx, slope, rtol=1e-7, err_msg=make)


def test_a_row_of_zeros_has_no_direction_and_no_gradient_that_is_infinite():
    with Backend().quiet():
        l, dx = run(losses.CosineSimilarity(), [[0.0, 0.0]], [[1.0, 1.0]], False)
    assert l == [0]
    assert np.isfinite(dx).all()


def test_the_largest_wrong_class_shares_its_gradient_between_ties():
    l, dx = run(losses.CategoricalHinge(), [[0.5, 0.75, 0.75]], [[1, 0, 0]], False)
    assert l == [1.25]
    np.testing.assert_array_equal(dx, [[-1, 0.5, 0.5]])
    assert not run(losses.CategoricalHinge(), [[3.0, 0.5, 0.5]], [[1, 0, 0]], False)[1].any()


def test_losses_can_be_called_on_arrays():
    y, p = [[0, 1], [1, 0]], np.array([[0.25, 0.75], [0.5, 0.5]])
    expected = -(np.log(0.75) + np.log(0.5)) / 2
    assert losses.CategoricalCrossentropy()(y, p) == pytest.approx(expected, rel=SAME_FLOAT64)
    assert losses.SparseCategoricalCrossentropy()([1, 0], p) == pytest.approx(expected, rel=SAME_FLOAT64)
    assert losses.SparseCategoricalCrossentropy(from_logits=True)([1, 0], np.log(p)) == pytest.approx(
        expected, rel=SAME_FLOAT64
    )
    assert losses.MeanSquaredError()(y, p) == pytest.approx((2 * 0.25**2 + 2 * 0.5**2) / 4, rel=SAME_FLOAT64)


SPARSE, ONE_HOT, SQUARED = (
    losses.SparseCategoricalCrossentropy(),
    losses.CategoricalCrossentropy(),
    losses.MeanSquaredError(),
)
P = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])


@pytest.mark.parametrize(
    ("loss", "y", "p", "message"),
    [
        (SPARSE, [3, 0], P, "y_true expects labels from 0 to 2, one for each output. Received: from 0 to 3"),
        (SPARSE, [-1, 0], P, "Received: from -1 to 0"),
        (SPARSE, [0.5, 0], P, "y_true expects integer labels"),
        (SPARSE, [np.nan, 0], P, "y_true expects integer labels"),
        (SPARSE, ["2", "0"], P, "y_true expects real numbers"),
        (SPARSE, np.zeros((2, 3), int), np.tile(P, (3, 1)), "y_true expects one target for each of the 6 samples"),
        (SPARSE, [2, 0, 1], P, "one target for each of the 2 samples. Received: 3"),
        (SPARSE, [2j, 0], P, "y_true expects real numbers"),
        (ONE_HOT, [[np.nan, 0, 1], [0, 1, 0]], P, "y_true expects finite numbers"),
        (ONE_HOT, [2, 0], P, "y_true expects 3 targets a sample.*to_categorical"),
        (SQUARED, [[1.0]], P, "one target for each of the 2 samples"),
        (SQUARED, [[1.0], [2.0]], P, "y_true expects 3 targets a sample"),
        (SQUARED, [[1.0]], [["1.0"]], "y_pred expects real numbers"),
        (SQUARED, 1.0, 1.0, r"y_pred \(…, outputs\)"),
        (SQUARED, np.ones((0, 3)), np.ones((0, 3)), r"y_pred \(…, outputs\)"),
        (SQUARED, np.ones((3, 2, 1)), np.ones((2, 3, 1)), r"y_true expects shape \(2, 3, 1\)"),
        (SPARSE, np.zeros((3, 2), int), np.ones((2, 3, 4)), r"y_true expects shape \(2, 3\)"),
    ],
)
def test_losses_called_on_arrays_check_them_as_fit_does(loss, y, p, message):
    with pytest.raises(ValueError, match=message):
        loss(y, p)


def test_functions_have_no_reduction_and_no_name():
    y, p = np.zeros((2, 3)), np.ones((2, 3))
    for given in [("sum",), {"reduction": "sum"}, {"name": "mine"}]:
        args, options = ((), given) if isinstance(given, dict) else (given, {})
        with pytest.raises(TypeError, match="gives the loss of each row"):
            losses.mean_squared_error(y, p, *args, **options)
    with pytest.raises(TypeError, match="takes y_true, y_pred, delta, and"):
        losses.huber(y, p, 1.0, "sum")


def test_a_method_that_training_would_not_run_is_refused():
    for base, method in [
        (losses.BinaryCrossentropy, "call"),
        (keras.optimizers.Adam, "update_step"),
        (keras.optimizers.Optimizer, "apply_gradients"),
        (keras.regularizers.L2, "__call__"),
    ]:
        with pytest.raises(TypeError, match=f"Mine defines {method}, which tinydnn does not run"):
            type("Mine", (base,), {method: lambda self, *args: 0})


def test_a_metric_that_overrides_what_training_does_not_run_is_refused():
    class Root(keras.metrics.MeanSquaredError):
        def result(self):
            return super().result() ** 0.5

    metric = Root()
    assert metric([[0.0]], [[2.0]]) == 2  # called by a user it does
    with pytest.raises(TypeError, match="Root overrides result, which a training does not run"):
        keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]).compile("sgd", "mse", metrics=[metric])


@pytest.mark.parametrize("y", [np.ones((2, 3)), np.ones(6), np.ones((3, 2, 2))])
def test_a_metric_refuses_targets_of_another_shape(y):
    for metric in (keras.metrics.MeanSquaredError(), keras.metrics.AUC()):
        with pytest.raises(ValueError, match="y_true expects targets of shape"):
            metric.update_state(y, np.ones((3, 2)))


@pytest.mark.parametrize("label", [-1, 3, 0.7])
def test_accuracies_refuse_labels_that_are_none(label):
    for function in (keras.metrics.sparse_categorical_accuracy, keras.metrics.sparse_top_k_categorical_accuracy):
        with pytest.raises(ValueError, match="labels"):
            function([label, 0], P)


def test_a_prediction_that_is_nan_gives_such_a_loss():
    assert np.isnan(SQUARED([1.0, 2.0], [[np.nan], [1.0]]))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        ("mean_squared_error", losses.MeanSquaredError),
        ("mse", losses.MeanSquaredError),
    ],
)
def test_losses_by_name(name, kind):
    assert type(losses.get(name)) is kind
    assert type(losses.get(kind.__name__)) is kind


def test_unknown_losses_are_named_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean 'categorical_crossentropy'"):
        losses.get("categorical_crossentropie")
    with pytest.raises(TypeError, match="loss expects a name"):
        losses.get(3)
    with pytest.raises(TypeError, match="label_smoothing"):
        losses.SparseCategoricalCrossentropy(label_smoothing=0.1)
    with pytest.raises(TypeError, match="has no gradient"):
        losses.get(lambda y, p: (y - p) ** 2)


def test_accuracy_of_classes_and_of_one_output():
    outputs = np.array([[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.7, 0.3]])
    assert hits(outputs, np.eye(2)[[1, 0, 0, 1]]) == [1, 1, 1, 0]  # a tie is the first
    assert hits(np.array([[0.4], [0.6], [0.5], [0.1]]), np.array([[0.0], [1.0], [0.0], [1.0]])) == [1, 1, 1, 0]


def hits(outputs, targets):
    out = np.empty(len(outputs), np.int64)
    ChosenAccuracy().measure(np, outputs, None, False, out)
    return (out == labels_of(targets)).tolist()


def test_unknown_metrics_are_named():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="Did you mean 'Accuracy'"):
        model.compile("sgd", "mse", metrics=["acuracy"])
    with pytest.raises(TypeError, match="list of names"):
        model.compile("sgd", "mse", metrics="accuracy")
    assert not model.compiled
