"""tinydnn next to Keras from the same seed: what is drawn, steps, whole trainings, and mistakes caught."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_turn import in_float64
from keras_cases import LOSSES, OPTIMIZERS
from matplotlib import rc_context
from PIL import Image
from tolerances import FINITE_DIFFERENCE_FLOAT32, RAW_STEP

pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from keras_ref import parity  # noqa: E402
from keras_ref.engines import seed_both  # noqa: E402
from keras_ref.order import keras_order  # noqa: E402
from keras_ref.tolerances import STEP, TRAINING, WALKTHROUGH  # noqa: E402
from keras_ref.verdict import verdict  # noqa: E402
from tinydnn import layers, optimizers, random  # noqa: E402
from tinydnn.app.cli import main  # noqa: E402
from tinydnn.engine import shards  # noqa: E402
from tinydnn.inspect import mistakes, net  # noqa: E402
from tinydnn.inspect.mistakes import GALLERY  # noqa: E402

BOTH = (tinydnn, keras)
ROOT = Path(__file__).resolve().parents[2]


# -- what is drawn -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", [0, 1, 42, 686579304, 10**9, 2**31 - 2, 2**31 - 1, 2**32 - 1])
def test_initial_weights_are_keras_bit_for_bit(seed, dtype):
    for shape in [(784, 324), (36, 10), (1, 1), (3, 2), (1, 7), (4097, 3)]:
        ours, theirs = (k.initializers.GlorotUniform(seed=seed)(shape, dtype) for k in BOTH)
        np.testing.assert_array_equal(ours, theirs.numpy())
        assert ours.dtype == dtype


DRAWN = {
    "RandomUniform": {"minval": -0.3, "maxval": 0.7}, "RandomNormal": {"mean": 0.1, "stddev": 0.3},
    "TruncatedNormal": {"mean": 0.1, "stddev": 0.3}, "GlorotNormal": {}, "HeUniform": {}, "HeNormal": {},
    "LecunUniform": {}, "LecunNormal": {},
    "VarianceScaling": {"scale": 0.3, "mode": "fan_out", "distribution": "untruncated_normal"},
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", DRAWN)
def test_every_initializer_draws_keras_bits(name, dtype):
    for seed in (0, 42, 2**31 - 1, 2**32 - 1):
        for shape in [(784, 100), (36, 10), (1, 1), (1, 7), (4097, 3), (5,), (12,)]:
            ours, theirs = (getattr(k.initializers, name)(**DRAWN[name], seed=seed)(shape, dtype) for k in BOTH)
            np.testing.assert_array_equal(ours, theirs.numpy())
            assert ours.dtype == dtype


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["normal", "truncated_normal", "untruncated_normal", "uniform", "Uniform"])
def test_every_kind_of_variance_scaling_draws_keras_bits(mode, distribution):
    ours, theirs = (k.initializers.VarianceScaling(0.7, mode, distribution, seed=3)((31, 5)) for k in BOTH)
    np.testing.assert_array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_drawn_is_keras_too(dtype):
    for make in (
        lambda k: k.initializers.Constant(0.1),
        lambda k: k.initializers.Constant(3),
        lambda k: k.initializers.Identity(0.1),
        lambda k: k.initializers.Ones(),
        lambda k: k.initializers.Zeros(),
    ):
        for shape in [(4, 4), (3, 7), (7, 3)]:
            ours, theirs = (make(k)(shape, dtype) for k in BOTH)
            np.testing.assert_array_equal(ours, theirs.numpy())
            assert ours.dtype == dtype


@pytest.mark.parametrize(("dtype", "off"), [("float32", 2e-6), ("float64", 4e-15)])
@pytest.mark.parametrize("shape", [(5, 5), (300, 100), (10, 40), (1, 3)])
def test_orthogonal_is_keras_matrix_up_to_rounding(shape, dtype, off):
    ours, theirs = (k.initializers.Orthogonal(1.5, seed=3)(shape, dtype) for k in BOTH)
    np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=off)
    assert ours.dtype == dtype
    few = ours if shape[0] < shape[1] else ours.T
    np.testing.assert_allclose(few @ few.T, 1.5**2 * np.eye(len(few)), rtol=0, atol=off)


def test_initializers_go_by_every_name_that_keras_has_for_them():
    from keras.src import initializers

    lacking = ("initializer", "stft", "constant")  # the base class, what no Dense takes, what Keras needs a value for
    names = [
        name
        for name in initializers.ALL_OBJECTS_DICT
        if not name.lower().startswith(lacking) and not name.endswith("Initializer")
    ]
    assert len(names) > 30
    for name in names:
        ours, theirs = (k.initializers.get(name) for k in BOTH)
        assert type(ours).__name__ == type(theirs).__name__, name
        shared = {key: value for key, value in theirs.get_config().items() if not key.endswith("_axes")}
        lost = {"gain": 1.0} if type(ours).__name__ == "Identity" else {}  # Keras forgets to write it
        assert ours.get_config() == shared | lost, name
        if hasattr(keras.initializers, name):
            assert getattr(tinydnn.initializers, name) is type(ours)


@pytest.mark.parametrize("name", ["he_normal", "uniform", "normal", "truncated_normal", "lecun_uniform"])
def test_layers_that_are_given_an_initializer_by_name_get_keras_weights(name):
    weights = []
    for k in BOTH:
        k.utils.set_random_seed(11)
        first = k.layers.Dense(5, kernel_initializer=name, bias_initializer="normal")
        model = k.Sequential([k.Input((6,)), first, k.layers.Dense(4, kernel_initializer=name)])
        weights.append(model.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("seed", [0, 7, 123456, 2**32 - 1])
def test_layers_of_a_seeded_program_get_keras_weights_in_any_number_and_order(seed):
    weights = []
    for k in BOTH:
        k.utils.set_random_seed(seed)
        spare = k.layers.Dense(3)  # made first, and so it takes the first seed
        explicit = k.layers.Dense(4, kernel_initializer=k.initializers.GlorotUniform(seed=5))
        model = k.Sequential([k.Input((6,)), k.layers.Dropout(0.5), k.layers.Dense(5), explicit, spare])
        weights.append(model.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("seed", [3, 2**31, 2**32 - 1])
@pytest.mark.parametrize("n", [1, 2, 3, 80, 83, 511, 512, 513, 10_000])
def test_fit_visits_the_samples_in_keras_order_in_every_epoch(n, seed):
    seed_both(seed)
    ours = random.permutation(n)
    for batch_size in (32, 512):
        theirs = keras_order(n, batch_size, epochs=2).reshape(2, n)
        np.testing.assert_array_equal(theirs, [ours, ours])


def test_the_walkthroughs_order_is_keras():
    seed_both(42)
    np.testing.assert_array_equal(random.permutation(48_000), keras_order(48_000))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("rate", "seed", "shape"), [(0.5, 11, (3, 5)), (0.1, 0, (64, 33)), (0.9, 2**31 - 1, (7, 128))])
def test_dropout_masks_are_keras_step_by_step(rate, seed, shape, dtype):
    theirs = keras.layers.Dropout(rate, seed=seed, dtype=dtype)
    layer = layers.Dropout(rate, seed=seed, dtype=dtype)
    layer.build(shape[1:])
    x = np.ones(shape, dtype)
    t = layer.trace(lambda name, size: np.empty(size, dtype), len(x), training=True, needs_dx=False)
    for step in range(3):
        layer.steps_seen = step
        np.testing.assert_array_equal(layer.forward(x, t) > 0, theirs(x, training=True).numpy() > 0)


# -- one step ----------------------------------------------------------------------------------------


def samples(rows=41, inputs=(2, 3), outputs=4, scale=1.0, seed=3):
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(rows, *inputs)), np.eye(outputs)[rng.integers(0, outputs, rows)]


def small_net(optimizer=lambda k: "rmsprop", loss=lambda k: "categorical_crossentropy", last="softmax", **first):
    """The same lines for both: they differ in what k is."""

    def build(k):
        model = k.Sequential([k.Input((2, 3))])
        model.add(k.layers.Flatten())
        model.add(k.layers.Rescaling(0.5, offset=0.1))
        model.add(k.layers.Dense(7, **{"activation": "sigmoid"} | {name: make(k) for name, make in first.items()}))
        model.add(k.layers.Dropout(0.3))
        model.add(k.layers.Dense(5))
        model.add(k.layers.Activation("relu"))
        model.add(k.layers.Dense(4, activation=last))
        model.compile(optimizer(k), loss(k), metrics=["accuracy"])
        return model

    return build


def assert_same(build, x, y, dtype, **options):
    report = parity.compare(build, x, y, dtype=dtype, **options)
    assert report.beyond is None, verdict(report)
    return report


@pytest.mark.parametrize(("optimizer", "dtype"), in_float64(OPTIMIZERS))
def test_every_optimizer_trains_as_in_keras(optimizer, dtype):
    x, y = samples()
    report = assert_same(small_net(OPTIMIZERS[optimizer]), x, y, dtype, epochs=2, batch_size=8, validation_split=0.2)
    assert [epoch.steps for epoch in report.epochs] == [4, 4]


@pytest.mark.parametrize(("loss", "dtype"), in_float64(LOSSES))
def test_every_loss_trains_as_in_keras(loss, dtype):
    x, y = samples()
    last, make = LOSSES[loss]
    y = y.argmax(axis=1) if loss.startswith("sparse") else y
    assert_same(small_net(loss=make, last=last), x, y, dtype, epochs=2, batch_size=8, validation_split=0.2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "regularizer",
    [lambda k: "l1", lambda k: "l2", lambda k: k.regularizers.L1L2(0.003, 0.02)],
    ids=["l1", "l2", "both"],
)
def test_every_regularizer_trains_as_in_keras(regularizer, dtype):
    x, y = samples()
    assert_same(small_net(kernel_regularizer=regularizer), x, y, dtype, epochs=2, batch_size=8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_regularizer_of_the_bias_trains_as_in_keras(dtype):
    x, y = samples()
    both = {"kernel_regularizer": lambda k: "l2", "bias_regularizer": lambda k: k.regularizers.L1L2(0.003, 0.02)}
    assert_same(small_net(**both, bias_initializer=lambda k: "normal"), x, y, dtype, epochs=2, batch_size=8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "linear"])
def test_a_regularizer_of_the_outputs_trains_as_in_keras(activation, dtype):
    x, y = samples()
    assert len(x) * 0.8 % 7  # the last batch is smaller, and so is what its penalty is divided by
    penalty = {"activity_regularizer": lambda k: k.regularizers.L1L2(0.03, 0.02), "activation": lambda k: activation}
    assert_same(small_net(**penalty), x, y, dtype, epochs=2, batch_size=7, validation_split=0.2)


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        ("softmax", "categorical_crossentropy"),
        ("sigmoid", "categorical_crossentropy"),
        ("softmax", "mse"),
        ("linear", "mse"),
    ],
)
def test_a_regularizer_of_the_last_outputs_trains_as_in_keras(last, loss):
    x, y = samples()

    def build(k):
        model = k.Sequential([k.Input((2, 3)), k.layers.Flatten(), k.layers.Dense(5, activation="tanh")])
        model.add(k.layers.Dense(4, activation=last, activity_regularizer=k.regularizers.L1L2(0.2, 0.3)))
        model.compile("sgd", loss, metrics=["accuracy"])
        return model

    assert_same(build, x, y, "float64", epochs=2, batch_size=8, validation_split=0.2)


CONSTRAINTS = {
    "max_norm": lambda k: k.constraints.MaxNorm(0.9),
    "max_norm of inputs": lambda k: k.constraints.max_norm(0.9, axis=-1),
    "min_max_norm": lambda k: k.constraints.MinMaxNorm(0.5, 0.8, rate=0.7),
    "min_max_norm of inputs": lambda k: k.constraints.MinMaxNorm(axis=1),
    "non_neg": lambda k: "non_neg",
    "unit_norm": lambda k: "UnitNorm",
}


@pytest.mark.parametrize(("constraint", "dtype"), in_float64(CONSTRAINTS))
def test_every_constraint_trains_as_in_keras(constraint, dtype):
    x, y = samples()
    build = small_net(kernel_constraint=CONSTRAINTS[constraint])
    assert_same(build, x, y, dtype, epochs=2, batch_size=8, validation_split=0.2)


@pytest.mark.parametrize("constraint", ["max_norm", "min_max_norm", "non_neg", "unit_norm"])
def test_a_constraint_of_the_bias_trains_as_in_keras(constraint):
    x, y = samples()
    build = small_net(bias_constraint=lambda k: constraint, bias_initializer=lambda k: "normal")
    assert_same(build, x, y, "float64", epochs=2, batch_size=8)


def test_constraints_are_keras_own_on_weights_of_norm_zero_too():
    w = np.random.default_rng(3).normal(size=(5, 4))
    w[:, 1] = 0
    for make in CONSTRAINTS.values():
        ours, theirs = (k.constraints.get(make(k))(k_w) for k, k_w in zip(BOTH, (w, w), strict=True))
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_that_come_late_are_clipped_as_in_keras(dtype):
    """A softmax that another layer follows leaves the loss no logits to look at."""

    def build(k):
        model = k.Sequential([k.Input((2, 3)), k.layers.Flatten(), k.layers.Dense(4, activation="softmax")])
        model.add(k.layers.Rescaling(1.0))
        model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
        return model

    x, y = samples()
    assert_same(build, x, y, dtype, epochs=1, batch_size=8)
    x, y = samples(scale=30.0)  # some probabilities are below the clip at 1e-7
    assert_same(build, x, y, dtype, epochs=1, batch_size=41)


@pytest.mark.parametrize(("learning_rate", "step"), [(0.001, 3.14658e-4), (0.01, 3.14658e-3)])
def test_epsilon_is_inside_the_root_as_in_keras(learning_rate, step):
    """w = 0, v = 0 and a gradient of 1e-4 separate the two places; outside gives ten times as much."""
    moved = []
    for k in BOTH:
        model = k.Sequential([k.Input((1,)), k.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
        model.compile(k.optimizers.RMSprop(learning_rate), "mse")
        model.train_on_batch(np.array([[1.0]]), np.array([[-0.5e-4]]))  # 2 (w x - y) x = 1e-4
        moved.append(float(model.get_weights()[0][0, 0]))
    assert moved[0] == pytest.approx(moved[1], rel=WALKTHROUGH.float32)
    assert moved[0] == pytest.approx(-step, rel=1e-5)


# -- random nets ---------------------------------------------------------------------------------------


@st.composite
def nets(draw):
    """What a net and its training are made from."""
    loss = draw(st.sampled_from(list(LOSSES)))
    # Behind a single unit all outputs are multiples of one row, so that where they tie, whole batches do; and of this
    # loss, which does not depend on the multiple, only roundings arrive below.
    narrowest = 2 if loss == "cosine similarity" else 1
    widths = draw(st.lists(st.integers(narrowest, 9), min_size=0, max_size=4))
    kinds = [
        draw(st.sampled_from(["sigmoid", "tanh", "relu", "linear", "softmax", "elu", "selu", "gelu", "silu"]))
        for _ in widths
    ]
    rows = draw(st.integers(2, 30))
    return {
        "hidden": list(zip(widths, kinds, strict=True)),
        "loss": loss,
        "optimizer": draw(st.sampled_from(["rmsprop", "sgd", "adam"])),
        "use_bias": draw(st.booleans()),
        "dropout": draw(st.sampled_from([0.0, 0.4])),
        "rows": rows,
        "batch_size": draw(st.integers(1, rows)),
        "dtype": draw(st.sampled_from(["float32", "float64"])),
        "seed": draw(st.integers(0, 2**32 - 1)),
        "threads": draw(st.integers(1, 3)),
    }


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nets())
def test_random_nets_train_as_in_keras(net):
    last, make_loss = LOSSES[net["loss"]]

    def build(k):
        model = k.Sequential(threads=net["threads"]) if k is tinydnn else k.Sequential()
        model.add(k.Input((2, 3)))
        model.add(k.layers.Reshape((6,)))
        for units, kind in net["hidden"]:
            model.add(k.layers.Dense(units, activation=kind, use_bias=net["use_bias"]))
            model.add(k.layers.Dropout(net["dropout"]))
        model.add(k.layers.Dense(4, activation=last))
        model.compile(net["optimizer"], make_loss(k), metrics=["accuracy"])
        return model

    x, y = samples(net["rows"], seed=net["seed"])
    y = y.argmax(axis=1) if net["loss"].startswith("sparse") else y
    steps = min(6, 2 * -(-net["rows"] // net["batch_size"]))
    assert_same(build, x, y, net["dtype"], seed=net["seed"], batch_size=net["batch_size"], epochs=2, steps=steps)


# -- what a comparison tells -----------------------------------------------------------------------------


def test_a_comparison_has_the_differences_of_every_step_and_epoch():
    x, y = samples()
    seen = []
    report = parity.compare(
        small_net(), x, y, epochs=3, batch_size=10, validation_split=0.2, steps=9, on_epoch=seen.append
    )
    assert [step.number for step in report.steps] == list(range(1, 10))
    assert [epoch.steps for epoch in report.epochs] == [4, 4, 1]  # floor(41 * 0.8) = 32 samples
    assert seen == report.epochs
    assert list(report.epochs[0].logs["tinydnn"]) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    first = report.epochs[0]
    assert first.differences["weights"].absolute == max(
        step.differences["weights"].absolute for step in report.steps[:4]
    )
    assert report.printed() == (12, [])
    assert "Keras" in report.versions["keras"]


def test_a_rounding_at_relus_kink_is_told_from_a_mistake(monkeypatch):
    """A unit's z are moved off 0 by a rounding: the outputs are the same, the gradients are not."""
    forward = layers.Dense.forward

    def nearly(self, x, t):
        z = forward(self, x, t)
        z[z == 0] = 1e-9
        return z

    def build(k):
        model = k.Sequential([k.Input((2, 3)), k.layers.Flatten()])
        model.add(k.layers.Dense(5, activation="relu"))
        model.add(k.layers.Dense(4, activation="softmax"))
        model.compile("sgd", "categorical_crossentropy")
        weights = model.get_weights()
        weights[0][:, 0] = 0  # so the first unit's z is 0
        model.set_weights(weights)
        return model

    monkeypatch.setattr(layers.Dense, "forward", nearly)
    report = parity.compare(build, *samples(), steps=1)
    assert (report.beyond.tensor, report.beyond.kink) == ("dense/dz", "dense/a")
    assert "that is relu's kink" in verdict(report)


def test_a_comparison_leaves_the_default_dtype_as_it_was():
    x, y = samples()
    assert_same(small_net(), x, y, "float64", batch_size=41)
    assert [k.config.floatx() for k in BOTH] == ["float32", "float32"]


def test_a_model_without_weights_can_not_be_compared():
    def build(k):
        model = k.Sequential([k.layers.Dense(4)])
        model.compile("sgd", "mse")
        return model

    with pytest.raises(ValueError, match="starts with an Input"):
        parity.compare(build, *samples())


@pytest.mark.parametrize("batch_size", [8, 41])
@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_a_training_that_diverges_in_both_is_no_disparity(device, batch_size, gpu_stand_in):
    """On a GPU tinydnn itself finds out at the epoch's end only."""
    tinydnn.config.set_device(device)

    def build(k):
        model = k.Sequential([k.Input((2, 3)), k.layers.Flatten(), k.layers.Dense(4)])
        model.compile(k.optimizers.SGD(1e12), "mse")
        return model

    x, y = samples(scale=1e3)
    report = parity.compare(build, x, y, epochs=9, batch_size=batch_size)
    assert report.beyond is None, verdict(report)
    assert "The loss of both engines became infinite or NaN in step" in verdict(report)


def test_a_training_that_diverges_in_tinydnn_alone_is_one(monkeypatch):
    def update(self, w, g, part):
        w[part] = np.nan if self.iterations == 3 else w[part] - self.rate * g[part]

    monkeypatch.setattr(optimizers.SGD, "update", update)
    report = parity.compare(small_net(lambda k: "sgd"), *samples(), batch_size=8)
    assert (report.beyond.step, report.beyond.tensor) == (3, "dense/kernel change")
    assert "The loss became nan" in verdict(report)
    assert "Keras' loss is" in verdict(report)


@pytest.mark.parametrize("kind", ["int64", "uint8", "bool"])
def test_targets_may_have_any_dtype(kind):
    x, y = samples()
    assert_same(small_net(), x, y.astype(kind), "float32", batch_size=20)


def test_samples_and_targets_of_one_number_need_no_axis():
    def build(k):
        model = k.Sequential([k.Input((1,)), k.layers.Dense(3, activation="tanh"), k.layers.Dense(1)])
        model.compile("rmsprop", "mse")
        return model

    x = np.linspace(-1, 1, 40)
    assert_same(build, x, np.sin(x), "float64", epochs=2, batch_size=16)


def test_steps_that_the_epochs_do_not_have_are_refused():
    with pytest.raises(ValueError, match="steps expects a number from 1 to 12"):
        parity.compare(small_net(), *samples(), epochs=2, batch_size=8, steps=13)


def test_an_error_in_either_training_comes_out():
    def build(k):
        model = small_net()(k)
        if k is tinydnn:
            model.optimizer.slot_names = lambda: ["velocity", "surprise"]
        return model

    with pytest.raises((ValueError, KeyError)):
        parity.compare(build, *samples())


# -- mistakes, planted one at a time ---------------------------------------------------------------------


def digits(n=60):
    (x, y), _ = tinydnn.datasets.mnist.load_data()
    return x[:n], np.eye(10)[y[:n]]


def net_on_digits(optimizer=lambda k: "rmsprop", hidden=(12,), scaled=True):
    def build(k):
        model = k.Sequential([k.Input((28, 28))])
        if scaled:
            model.add(k.layers.Rescaling(1 / 255))
        model.add(k.layers.Flatten())
        for units in hidden:
            model.add(k.layers.Dense(units, activation="sigmoid"))
        model.add(k.layers.Dense(10, activation="softmax"))
        model.compile(optimizer(k), "categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


NET = net_on_digits()
LOUD = net_on_digits(hidden=(), scaled=False)  # its logits are hundreds apart


def evaluated_afterwards(original):
    def logs(self):
        if not self.training:
            return original(self)
        x, y = self.data.x, self.data.targets
        return self.network.evaluate(x, y, verbose=0, return_dict=True)

    return logs


def one_norm_for_all(self, g):
    self._clip_norm(g, self.clipnorm)


def own_numbers(original):
    return lambda seed, shape, low, high, dtype: np.random.default_rng(seed).uniform(low, high, shape).astype(dtype)


def instead(wrong):
    """A replacement that has no use for what it replaces."""
    return lambda original: wrong


OTHERS = {  # what is replaced, by what is made of it, in which net, and the step and tensor that must be named
    "loss of an evaluation": (shards.Shards, "logs", evaluated_afterwards, NET, 1, "loss"),
    "clipnorm over all weights": (
        optimizers.Optimizer, "clip", instead(one_norm_for_all),
        net_on_digits(lambda k: k.optimizers.SGD(clipnorm=0.01)), 1, "dense/kernel change",
    ),
    "initial weights of its own": (random, "uniform", own_numbers, NET, 0, "initial dense/kernel"),
}  # fmt: skip


@pytest.mark.parametrize("net", [NET, LOUD, net_on_digits(lambda k: k.optimizers.SGD(clipnorm=0.01))])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_without_a_mistake_the_nets_of_the_mistakes_are_within_tolerance(net, dtype):
    assert_same(net, *digits(), dtype, epochs=2, batch_size=16, validation_split=0.2, steps=1 if net is LOUD else None)


def first_beyond(net, step, tensor, dtype):
    report = parity.compare(net, *digits(), dtype=dtype, epochs=2, batch_size=16, validation_split=0.3)  # 16, 16, 10
    assert report.beyond is not None
    assert (report.beyond.step, report.beyond.tensor) == (step, tensor), verdict(report)
    assert f"{tensor}:" in verdict(report)
    return report.beyond


@pytest.mark.parametrize("mistake", GALLERY, ids=lambda mistake: mistake.name)
def test_a_mistake_of_the_gallery_is_caught_where_it_says(mistake):
    dtype = "float32" if mistake.name in ("float64-creeping-in", "softmax-maximum-of-batch") else "float64"
    small = replace(mistake.settings, hidden=(12,) if mistake.settings.hidden else (), dtype=dtype)
    with mistake.planted():
        beyond = first_beyond(
            lambda k: net.complete(k, k.models.Sequential(), small), mistake.step, mistake.tensor, dtype
        )
    # These take right steps, on other samples or from another accumulator.
    of_a_start = "split-after-shuffling", "reshuffled-differently", "adagrad-from-zero"
    assert beyond.drift == (mistake.name in of_a_start)


@pytest.mark.parametrize("mistake", OTHERS)
def test_other_mistakes_are_caught_and_their_first_tensor_named(mistake, monkeypatch):
    owner, name, wrong, net, step, tensor = OTHERS[mistake]
    monkeypatch.setattr(owner, name, wrong(getattr(owner, name)))
    beyond = first_beyond(net, step, tensor, "float64")
    assert beyond.drift == (mistake == "loss of an evaluation")


# -- decisions of callbacks ------------------------------------------------------------------------------


def trained(k, callbacks, epochs=30, learning_rate=0.05):
    k.config.set_floatx("float64")
    k.utils.set_random_seed(4)
    model = k.Sequential([k.Input((6,)), k.layers.Dense(5, activation="tanh"), k.layers.Dense(4, activation="softmax")])
    model.compile(k.optimizers.RMSprop(learning_rate), "categorical_crossentropy", metrics=["accuracy"])
    x, y = samples(40)
    history = model.fit(
        x.reshape(40, 6), y, epochs=epochs, batch_size=8, validation_split=0.25, verbose=0, callbacks=callbacks
    )
    return model, history


@pytest.mark.parametrize(
    "options",
    [
        {"patience": 2},
        {"patience": 3, "restore_best_weights": True},
        {"monitor": "val_accuracy", "patience": 4, "min_delta": 0.05, "restore_best_weights": True},
        {"monitor": "loss", "baseline": 1.2, "patience": 5},
        {"monitor": "accuracy", "mode": "max", "patience": 2, "start_from_epoch": 6},
        {"monitor": "loss", "mode": "max", "patience": 1, "restore_best_weights": True},
    ],
)
def test_early_stopping_decides_as_in_keras(options):
    outcomes = []
    for k in BOTH:
        stopping = k.callbacks.EarlyStopping(**options)
        model, history = trained(k, [stopping])
        outcomes.append((stopping.stopped_epoch, stopping.best_epoch, len(history.epoch), model.get_weights()))
    (*ours, weights), (*theirs, expected) = outcomes
    assert ours == theirs
    for a, b in zip(weights, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=TRAINING.float64)


@pytest.mark.parametrize(
    "options",
    [
        {"save_best_only": True},
        {"save_best_only": True, "monitor": "val_accuracy"},
        {"save_best_only": True, "monitor": "loss", "initial_value_threshold": 1.0},
        {"save_freq": 7},
        {},
    ],
)
def test_model_checkpoint_saves_when_keras_does(options, tmp_path):
    names = []
    for i, k in enumerate(BOTH):
        folder = tmp_path / str(i)
        trained(k, [k.callbacks.ModelCheckpoint(str(folder / "{epoch:02d}.keras"), **options)], epochs=12)
        names.append(sorted(path.name for path in folder.iterdir()))
    assert names[0] == names[1]
    assert names[0]


# -- one import apart ------------------------------------------------------------------------------------


def test_the_plain_program_prints_the_same_log_with_its_import_changed():
    """One epoch on scaled digits, so that all four decimals of all figures must agree."""
    source = (ROOT / "keras_ref" / "plain.py").read_text()
    assert source.count("import keras\n") == 1
    short = source.replace("epochs=3", "epochs=1")
    logs = []
    for program in (short, short.replace("import keras\n", "import tinydnn as keras\n")):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        lines = [re.sub(r" - \d+s - \d+[mu]?s/step", "", line) for line in done.stdout.splitlines()]
        assert any("val_loss" in line for line in lines)
        logs.append(lines)
    assert logs[0] == logs[1]


# -- the command -----------------------------------------------------------------------------------------


def command(monkeypatch, *arguments):
    """The exit code of `tinydnn …`, in this process."""
    monkeypatch.setattr(sys, "argv", ["tinydnn", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def parity_of_the_walkthrough(epochs, dtype, tmp_path, monkeypatch, capsys):
    code = command(monkeypatch, "parity", "--epochs", epochs, "--dtype", dtype, "--json", tmp_path / "found.json")
    printed = capsys.readouterr().out
    assert code == 0, printed
    return json.loads((tmp_path / "found.json").read_text()), printed


@pytest.mark.parametrize("epochs", [3, 20])
def test_epochs_in_float64_are_keras_to_the_fourteenth_decimal(epochs, tmp_path, monkeypatch, capsys):
    found, printed = parity_of_the_walkthrough(epochs, "float64", tmp_path, monkeypatch, capsys)
    assert len(found["steps"]["weights"]["absolute"]) == 94 * epochs
    assert max(found["steps"]["weights"]["absolute"]) <= WALKTHROUGH.float64 == 1e-14
    assert found["printed"] == {"figures": 4 * epochs, "unequal": []}
    assert f"{4 * epochs} of {4 * epochs} figures" in printed


def test_twenty_epochs_in_float32_stay_within_roundings_of_keras(tmp_path, monkeypatch, capsys):
    found, printed = parity_of_the_walkthrough(20, "float32", tmp_path, monkeypatch, capsys)
    assert max(found["steps"]["weights"]["absolute"]) <= WALKTHROUGH.float32 == 2e-6
    assert found["printed"]["figures"] == 80
    assert len(found["printed"]["unequal"]) <= 2
    for unequal in found["printed"]["unequal"]:  # printed apart, since their fifth decimals are on either side of a 5
        assert unequal["tinydnn"] == pytest.approx(unequal["keras"], abs=WALKTHROUGH.float32)
        assert repr(unequal["tinydnn"]) in printed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_raw_grey_values_one_step_is_compared_and_the_reason_said(dtype, tmp_path, monkeypatch, capsys):
    code = command(monkeypatch, "parity", "--input", "raw", "--dtype", dtype, "--json", tmp_path / "found.json")
    printed = capsys.readouterr().out
    assert code == 0
    assert "chaotic" in printed
    steps = json.loads((tmp_path / "found.json").read_text())["steps"]
    assert len(steps["weights"]["absolute"]) == 1
    assert steps["weights"]["absolute"][0] <= RAW_STEP[dtype]


def test_beyond_tolerance_the_command_names_step_and_tensor_and_returns_1(tmp_path, monkeypatch, capsys):
    files = ["--json", tmp_path / "found.json", "--plot", tmp_path / "found.png"]
    with mistakes.find("epsilon-outside-root").planted(), rc_context({"savefig.bbox": "tight"}):  # a matplotlibrc's
        assert command(monkeypatch, "parity", "--steps", 3, *files) == 1
    printed = capsys.readouterr().out
    assert "Beyond tolerance: step 1, dense/kernel change:" in printed
    assert "Epoch 1/1, 3 steps" in printed
    beyond = json.loads((tmp_path / "found.json").read_text())["beyond"]
    assert (beyond["step"], beyond["tensor"]) == (1, "dense/kernel change")
    with Image.open(tmp_path / "found.png") as picture:
        assert picture.size == (1200, 675)


def test_what_a_keras_draws_otherwise_is_said_with_its_version(monkeypatch, capsys):
    theirs = keras.initializers.GlorotUniform.__call__
    monkeypatch.setattr(
        keras.initializers.GlorotUniform, "__call__", lambda self, shape, dtype=None: theirs(self, shape, dtype) * 0.5
    )
    monkeypatch.setattr(keras, "__version__", "3.99.0")
    assert command(monkeypatch, "parity", "--steps", 1, "--hidden", "8") == 1
    printed = capsys.readouterr().out
    assert "before the first step, initial dense/kernel" in printed
    assert "This is Keras 3.99.0" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plot", "found.xyz"], "--plot expects a file that ends in .png, .svg, .pdf"),
        (["--json", "nowhere/found.json"], "does not exist; make it first"),
        (["--json", "."], "is a folder"),
        (["--optimizer", "ftrl"], "tinydnn has no optimizer 'ftrl'"),
        (["--hidden", "a,b"], "--hidden expects numbers"),
        (["--steps", "0"], "steps"),
        (["--epochs", "1", "--steps", "95"], "--steps expects at most 94, the steps of 1 epoch. Received: 95"),
        (["--json", "found.png", "--plot", "found.png"], "expect two files"),
    ],
)
def test_wrong_use_is_said_before_anything_is_trained(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, "parity", *arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert "Epoch" not in out
    assert not list(tmp_path.iterdir())


def test_without_keras_parity_says_how_to_get_it_and_the_microscope_leaves_its_column_empty(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "keras", None)  # as Python has it for a module that can't be imported
    assert command(monkeypatch, "parity") == 1
    assert "pip install -e '.[keras]'" in capsys.readouterr().err
    assert command(monkeypatch, "microscope", "--hidden", "5", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["keras"] is None
    assert all(tensor["largest"]["keras"] is None for tensor in found["tensors"])
    assert command(monkeypatch, "microscope", "--hidden", "5") == 0
    printed = capsys.readouterr().out
    assert "Without Keras' column. Keras and TensorFlow are needed" in printed
    assert "/dW" in printed


def test_a_backend_that_keras_was_not_imported_on_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert command(monkeypatch, "parity") == 1
    assert "set KERAS_BACKEND=torch. Received: Keras on tensorflow" in capsys.readouterr().err


def test_with_standard_error_closed_the_microscope_still_works():
    program = f"exec {sys.executable} -m tinydnn microscope --hidden 5 2>&-"
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True)
    assert "Next to Keras" in done.stdout


def test_another_backend_of_keras_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    assert command(monkeypatch, "parity") == 1
    assert "set KERAS_BACKEND=tensorflow. Received: Keras on jax" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("input", ["raw", "scaled"])
def test_the_microscope_shows_the_walkthroughs_first_step_next_to_keras(dtype, input, monkeypatch, capsys):
    assert command(monkeypatch, "microscope", "--dtype", dtype, "--input", input, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["keras"].startswith("Keras 3.")
    tensors = {tensor["name"]: tensor for tensor in found["tensors"]}
    assert tensors["dense/dW"]["shape"] == [784, 324]
    assert tensors["x"]["difference"]["absolute"] == 0
    for name, tensor in tensors.items():
        tolerance = STEP if not name.endswith(" change") else TRAINING
        gap = tensor["difference"]
        assert gap["absolute"] <= tolerance.limit(dtype, gap["scale"]), name
        for slope in tensor["slopes"]:
            assert slope["gradient"] == pytest.approx(slope["slope"], abs=FINITE_DIFFERENCE_FLOAT32)
