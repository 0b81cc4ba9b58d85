"""Gradients of whole nets: against central differences, against the textbook, and a wrong one caught."""

import numpy as np
import pytest
import textbook
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tolerances import FINITE_DIFFERENCE, SAME_FLOAT64

import tinydnn as keras
from tinydnn import activations, layers
from tinydnn.engine.data import Data
from tinydnn.engine.shards import Shards

# An exponential of exponentials is too steep for differences.
MILD = sorted({*textbook.ACTIVATIONS} - {"exponential"})


@st.composite
def specs(draw):
    """What a small net and a batch for it are made from."""
    widths = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    names = [draw(st.sampled_from(MILD)) for _ in widths]
    loss = draw(st.sampled_from(["categorical_crossentropy", "sparse_categorical_crossentropy", "mse"]))
    if loss != "mse":
        names[-1] = "softmax"
    factors = [draw(st.sampled_from([(0, 0), (0, 0.01), (0.02, 0.03)])) for _ in widths]
    sizes = {name: draw(st.integers(1, 6)) for name in ("inputs", "rows")}
    return {"widths": widths, "names": names, "loss": loss, "factors": factors, **sizes} | {
        "threads": draw(st.integers(1, 3)),
        "seed": draw(st.integers(0, 2**20)),
    }


def make_net(spec, regularized):
    """A float64 net with random weights, and a batch (x, y) for it."""
    rng = np.random.default_rng(spec["seed"])
    model = keras.Sequential([keras.Input((spec["inputs"],), dtype="float64")], threads=spec["threads"])
    for units, name, factors in zip(spec["widths"], spec["names"], spec["factors"], strict=True):
        regularizer = keras.regularizers.L1L2(*factors) if regularized else None
        model.add(layers.Dense(units, activation=name, kernel_regularizer=regularizer, dtype="float64"))
    model.compile("sgd", spec["loss"], metrics=["accuracy"])
    model.set_weights([rng.normal(size=weight.shape) for weight in model.get_weights()])
    x, outputs = rng.normal(size=(spec["rows"], spec["inputs"])), spec["widths"][-1]
    labels = rng.integers(0, outputs, spec["rows"])
    targets = {"mse": rng.normal(size=(spec["rows"], outputs)), "categorical_crossentropy": np.eye(outputs)[labels]}
    return model, x, targets.get(spec["loss"], labels)


def loss_and_gradient(model, x, y):
    """The loss of this batch, and its gradient as one flat vector."""
    data = Data(model, x, y)
    model.prepare_training(x.shape[1:])
    with Shards(model, data, len(x), training=True) as shards:
        shards.begin()
        passes = shards.gradients(0, len(x))
        return shards.logs()["loss"], sum(each.gradient for each in passes)


KINKS = {
    "relu": [0], "relu6": [0, 6], "leaky_relu": [0], "selu": [0], "hard_sigmoid": [-3, 3], "hard_silu": [-3, 3],
}  # fmt: skip


def away_from_kinks(model, x, margin=1e-3):
    names = [layer.activation.name for layer in model.layers]
    zs, _ = textbook.forward(model.get_weights(), names, x)
    return all(
        np.abs(z - kink).min() > margin for z, name in zip(zs, names, strict=True) for kink in KINKS.get(name, [])
    )


def largest_gap_to_differences(model, x, y, step=1e-6):
    """The largest difference between an entry of the gradient and the slope of the loss along it."""
    _, gradient = loss_and_gradient(model, x, y)
    gap = 0.0
    for i in range(model.parameters.size):
        before = model.parameters[i]
        model.parameters[i] = before + step
        up, _ = loss_and_gradient(model, x, y)
        model.parameters[i] = before - step
        down, _ = loss_and_gradient(model, x, y)
        model.parameters[i] = before
        gap = max(gap, abs(gradient[i] - (up - down) / (2 * step)))
    return gap


@settings(max_examples=30, deadline=None)
@given(specs())
def test_gradients_are_slopes(spec):
    model, x, y = make_net(spec, regularized=True)
    assume(away_from_kinks(model, x))
    assume(np.abs(model.parameters).min() > 1e-3)  # where L1 has a kink
    scale = max(1, np.abs(loss_and_gradient(model, x, y)[1]).max())
    assert largest_gap_to_differences(model, x, y) < FINITE_DIFFERENCE * scale


@settings(max_examples=100, deadline=None)
@given(specs())
def test_gradients_and_loss_are_the_textbooks(spec):
    model, x, y = make_net(spec, regularized=False)
    one_hot = np.eye(spec["widths"][-1])[y] if spec["loss"].startswith("sparse") else y
    expected_loss, expected = textbook.loss_and_gradients(model.get_weights(), spec["names"], x, one_hot, spec["loss"])
    value, gradient = loss_and_gradient(model, x, y)
    scale = max(1, max(np.abs(g).max() for g in expected))
    assert value == pytest.approx(expected_loss, rel=SAME_FLOAT64, abs=SAME_FLOAT64)
    flat = np.concatenate([g.ravel() for g in expected])
    np.testing.assert_allclose(gradient, flat, rtol=0, atol=SAME_FLOAT64 * scale)


@pytest.mark.parametrize("name", activations.OFFERED)
def test_each_derivative_is_the_slope_of_its_activation(name, rng):
    function, step = activations.get(name), 1e-6
    z, da = np.linspace(-7.05, 7.06, 141).reshape(47, 3), rng.normal(size=(47, 3))
    a, dz = np.empty_like(z), np.empty_like(z)
    function.forward(np, z, a)
    function.backward(np, z, a, da, dz)
    for column in range(3):
        there = step * np.eye(3)[column]
        slopes = (function(z + there) - function(z - there)) / (2 * step)
        scale = max(1, np.abs(a).max())
        np.testing.assert_allclose(dz[:, column], (da * slopes).sum(axis=1), rtol=0, atol=FINITE_DIFFERENCE * scale)


def wrong_bias(self, dz, t):
    self.xp.matmul(t.x.T, dz, out=t.gradients[0])
    t.gradients[1][...] = 0
    return None if t.dx is None else self.xp.matmul(dz, self.kernel.T, out=t.dx)


def sigmoid_derivative_of_z(self, xp, z, a, da, dz):
    s = 1 / (1 + np.exp(-a))
    dz[...] = da * s * (1 - s)


def forgotten_derivative(self, xp, z, a, da, dz):
    dz[...] = da


@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        (layers.Dense, "backward", wrong_bias),
        (activations.Sigmoid, "backward", sigmoid_derivative_of_z),
        (activations.Sigmoid, "backward", forgotten_derivative),
        (
            keras.losses.CategoricalCrossentropy,
            "backward",
            lambda self, xp, x, t, logits, n: xp.subtract(t.p, t.y, out=t.dx),
        ),
        (keras.regularizers.Regularizer, "add_gradient", lambda self, xp, W, dW: None),
    ],
)
def test_a_wrong_gradient_is_caught(monkeypatch, rng, owner, name, wrong):
    model = keras.Sequential([keras.Input((3,), dtype="float64")])
    model.add(layers.Dense(4, activation="sigmoid", kernel_regularizer="l2", dtype="float64"))
    model.add(layers.Dense(2, activation="softmax", dtype="float64"))
    model.compile("sgd", "categorical_crossentropy")
    x, y = rng.normal(size=(5, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    assert largest_gap_to_differences(model, x, y) < FINITE_DIFFERENCE
    monkeypatch.setattr(owner, name, wrong)
    assert largest_gap_to_differences(model, x, y) > 1000 * FINITE_DIFFERENCE


def test_a_net_with_every_layer_has_the_right_gradient(rng):
    """Dropout too: its mask is the same as long as no step is counted."""
    model = keras.Sequential(
        [
            keras.Input((2, 3), dtype="float64"),
            layers.Rescaling(0.5, 0.25, dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(6, dtype="float64"),
            layers.Rescaling(2.0, dtype="float64"),
            layers.Activation("tanh", dtype="float64"),
            layers.Dropout(0.4, seed=3, dtype="float64"),
            layers.Reshape((3, 2), dtype="float64"),
            layers.Flatten(dtype="float64"),
            layers.Dense(3, activation="softmax", dtype="float64"),
            layers.Dense(2, activation="softmax", use_bias=False, dtype="float64"),
            layers.Activation("softmax", dtype="float64"),
        ],
        threads=2,
    )
    model.compile("sgd", "categorical_crossentropy")
    x, y = rng.normal(size=(5, 2, 3)), np.eye(2)[[0, 1, 1, 0, 1]]
    assert largest_gap_to_differences(model, x, y) < FINITE_DIFFERENCE


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_probabilities_that_are_no_softmax_have_the_right_gradient(loss, rng):
    model = keras.Sequential([keras.Input((3,), dtype="float64")])
    model.add(layers.Dense(4, activation="sigmoid", dtype="float64"))
    model.compile("sgd", loss)
    y = rng.integers(0, 4, 6)
    y = y if loss.startswith("sparse") else np.eye(4)[y]
    assert largest_gap_to_differences(model, rng.normal(size=(6, 3)), y) < FINITE_DIFFERENCE
