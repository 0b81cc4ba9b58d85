"""Optimizers: known single steps, and the textbook's over many, whole or in shares."""

import numpy as np
import pytest
import textbook
from tolerances import GOLDEN_SIX_DIGITS, SAME_FLOAT32, SAME_FLOAT64

import tinydnn as keras
from tinydnn import optimizers
from tinydnn.device.backend import Backend
from tinydnn.device.memory import Layout, share
from tinydnn.optimizers import schedules

# All numbers that Keras casts have an exact float32, so that the textbook's are the same.
OPTIONS = [
    (optimizers.RMSprop, textbook.RMSprop, {}),
    (optimizers.RMSprop, textbook.RMSprop, {"rho": 0.5, "epsilon": 1e-3, "learning_rate": 0.1}),
    (optimizers.RMSprop, textbook.RMSprop, {"momentum": 0.9}),
    (optimizers.RMSprop, textbook.RMSprop, {"centered": True}),
    (optimizers.RMSprop, textbook.RMSprop, {"centered": True, "momentum": 0.3}),
    (optimizers.SGD, textbook.SGD, {}),
    (optimizers.SGD, textbook.SGD, {"momentum": 0.875}),
    (optimizers.SGD, textbook.SGD, {"momentum": 0.875, "nesterov": True}),
    (optimizers.SGD, textbook.SGD, {"nesterov": True}),
    (optimizers.Adam, textbook.Adam, {"beta_1": 0.875, "beta_2": 0.9990234375}),
    (optimizers.Adam, textbook.Adam, {"beta_1": 0.5, "beta_2": 0.75, "epsilon": 1e-3}),
]


@pytest.fixture(autouse=True)
def _float64():
    keras.config.set_floatx("float64")  # the learning rate has this dtype


def steps(optimizer, w, gradients, parts=1, shapes=None):
    layout = Layout(shapes or [w.shape])
    optimizer.build(layout, w.dtype.name, Backend())
    w = w.copy()
    for g in gradients:
        g = g.copy()
        optimizer.begin_step()
        optimizer.clip(g)
        for i in range(parts):
            optimizer.update(w, g, share(w.size, parts, i))
    return w


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("ours", "theirs", "options"), OPTIONS)
def test_thirty_steps_as_in_the_textbook(ours, theirs, options, parts, rng):
    w, gradients = rng.normal(size=40), rng.normal(size=(30, 40))
    expected, reference = w, theirs(**options)
    for g in gradients:
        expected = reference.step(expected, g)
    np.testing.assert_allclose(steps(ours(**options), w, gradients, parts), expected, rtol=0, atol=SAME_FLOAT64)


def test_rmsprops_epsilon_is_inside_the_root():
    """w = 0, v = 0, g = 1e-4: inside gives 3.14658e-4, outside 3.15231e-3."""
    (w,) = steps(optimizers.RMSprop(), np.zeros(1), np.full((1, 1), 1e-4))
    assert -w == pytest.approx(1e-3 * 1e-4 / np.sqrt(0.1 * 1e-8 + 1e-7), rel=SAME_FLOAT64)
    assert -w == pytest.approx(3.14658e-4, rel=GOLDEN_SIX_DIGITS)


def test_one_step_of_each_by_hand():
    w, g = np.array([1.0]), np.array([[2.0]])
    assert steps(optimizers.SGD(0.1), w, g) == pytest.approx([0.8], rel=SAME_FLOAT64)
    assert steps(optimizers.SGD(0.1, momentum=0.5, nesterov=True), w, g) == pytest.approx([0.7], rel=SAME_FLOAT64)
    assert steps(optimizers.Adam(0.1, beta_1=0.5, beta_2=0.75, epsilon=0), w, g) == pytest.approx(
        [0.9], rel=SAME_FLOAT64
    )
    assert steps(optimizers.RMSprop(0.1, rho=0.75, epsilon=0), w, g) == pytest.approx([0.8], rel=SAME_FLOAT64)


def test_clipping_by_value_by_the_norm_of_each_weight_and_by_the_whole_norm():
    shapes = [(2,), (1, 2)]
    w, g = np.zeros(4), np.array([[3.0, 4, 0.3, 0.4]])  # norms 5 and 0.5

    def clipped(**how):
        return -steps(optimizers.SGD(1.0, **how), w, g, shapes=shapes)

    np.testing.assert_allclose(clipped(clipvalue=1), [1, 1, 0.3, 0.4], rtol=SAME_FLOAT64)
    np.testing.assert_allclose(clipped(clipnorm=1), [0.6, 0.8, 0.3, 0.4], rtol=SAME_FLOAT64)
    np.testing.assert_allclose(clipped(global_clipnorm=np.sqrt(25.25) / 2), g[0] / 2, rtol=SAME_FLOAT64)
    np.testing.assert_allclose(clipped(global_clipnorm=100), g[0], rtol=SAME_FLOAT64)


def test_weight_decay_comes_before_the_update_and_is_scaled_by_the_learning_rate():
    w = steps(optimizers.SGD(0.5, weight_decay=0.125), np.array([2.0]), np.array([[1.0]]))
    assert w == pytest.approx([2 - 2 * 0.125 * 0.5 - 0.5], rel=SAME_FLOAT64)


def test_the_learning_rate_is_rounded_to_floatx_as_in_keras():
    keras.config.set_floatx("float32")
    assert optimizers.RMSprop(0.001).rate == 0.0010000000474974513
    keras.config.set_floatx("float64")
    assert optimizers.RMSprop(0.001).rate == 0.001


def test_the_learning_rate_can_be_set_between_steps():
    optimizer = optimizers.SGD(1.0)
    w, g = np.zeros(1), np.ones(1)
    optimizer.build(Layout([(1,)]), "float64", Backend())
    for rate in (1.0, 0.25):
        optimizer.learning_rate = rate
        optimizer.update(w, g, slice(0, 1))
    assert w == [-1.25]


def test_float32_vectors_stay_float32(rng):
    w, g = rng.normal(size=20).astype(np.float32), rng.normal(size=(3, 20)).astype(np.float32)
    for ours, theirs, options in OPTIONS:
        expected, reference = w.astype(np.float64), theirs(**options)
        for each in g.astype(np.float64):
            expected = reference.step(expected, each)
        got = steps(ours(**options), w, g)
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=0, atol=SAME_FLOAT32)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.SGD(-1), ValueError, "learning_rate expects a finite number that is not negative"),
        (lambda: optimizers.SGD(None), ValueError, "learning_rate expects"),
        (lambda: optimizers.SGD(float("nan")), ValueError, "learning_rate expects"),
        (lambda: optimizers.SGD(lambda step: 0.1), ValueError, "learning_rate expects"),
        (lambda: optimizers.SGD(momentum=1.5), ValueError, "momentum expects a number from 0 to 1"),
        (lambda: optimizers.RMSprop(rho=2), ValueError, "rho expects"),
        (lambda: optimizers.Adam(beta_1=-1), ValueError, "beta_1 expects"),
        (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), ValueError, "Only one of clipnorm"),
        (lambda: optimizers.Adam(clipnorm=-1), ValueError, "clipnorm expects a finite number that is not negative"),
        (lambda: optimizers.Adam(use_ema=True), TypeError, "use_ema"),
        (lambda: optimizers.get("rmsprob"), ValueError, "Did you mean 'rmsprop'"),
        (lambda: optimizers.get(3), TypeError, "optimizer expects a name"),
        (lambda: optimizers.Adafactor, AttributeError, "no 'Adafactor'"),
        (lambda: optimizers.AdamW(weight_decay=None), ValueError, "weight_decay expects a number"),
        (lambda: optimizers.Lion(beta_1=0), ValueError, "beta_1 expects a number above 0"),
        (lambda: optimizers.Adagrad(initial_accumulator_value=-1), ValueError, "initial_accumulator_value expects"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.9), ValueError, "decay_steps expects a finite number above 0"),
        (lambda: schedules.ExponentialDecay(-0.1, 9, 0.9), ValueError, "initial_learning_rate expects"),
        (lambda: schedules.PiecewiseConstantDecay([5], [0.1]), ValueError, "boundaries, none below the one before it"),
        (lambda: schedules.PiecewiseConstantDecay([5, 2], [3, 2, 1]), ValueError, "boundaries, none below the one"),
        (lambda: optimizers.SGD(schedules.LearningRateSchedule()).learning_rate, NotImplementedError, "__call__"),
        (lambda: schedules.LinearDecay, AttributeError, "no 'LinearDecay'"),
    ],
)
def test_bad_settings_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_names_of_optimizers_are_keras_own():
    for name, kind in [("rmsprop", optimizers.RMSprop), ("RMSprop", optimizers.RMSprop), ("SGD", optimizers.SGD)]:
        assert type(optimizers.get(name)) is kind
    defaults = optimizers.RMSprop()
    assert (defaults.learning_rate, defaults.rho, defaults.momentum, defaults.epsilon) == (0.001, 0.9, 0, 1e-7)
    assert optimizers.SGD().learning_rate == 0.01
    assert (optimizers.Adam().beta_1, optimizers.Adam().beta_2) == (0.9, 0.999)


def test_an_optimizer_with_a_past_does_not_move_to_another_model():
    optimizer = optimizers.RMSprop()
    steps(optimizer, np.zeros(3), np.ones((1, 3)))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    with pytest.raises(ValueError, match="has trained another model"):
        model.fit(np.ones((2, 2)), np.ones((2, 1)), verbose=0)
