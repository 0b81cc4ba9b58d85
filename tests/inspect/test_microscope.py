"""The microscope: every tensor of a step against the textbook, its formula against its line, and the table."""

import io
import random

import numpy as np
import pytest
import textbook
from rich.console import Console
from tolerances import FINITE_DIFFERENCE, FINITE_DIFFERENCE_FLOAT32, SAME_FLOAT64

import tinydnn as keras
from tinydnn import activations, layers, losses, optimizers
from tinydnn.inspect import microscope, microscope_table, quotes


def seeded_net(seed=1):
    keras.utils.set_random_seed(seed)
    return net()


def net(dtype="float64", optimizer="rmsprop", loss="categorical_crossentropy", last="softmax", threads=2):
    model = keras.Sequential([keras.Input((2, 3), dtype=dtype)], threads=threads)
    model.add(layers.Rescaling(0.5, offset=0.25, name="half", dtype=dtype))
    model.add(layers.Flatten(dtype=dtype))
    model.add(layers.Dense(5, activation="sigmoid", kernel_regularizer="l2", name="first", dtype=dtype))
    model.add(layers.Dropout(0.4, name="drop", dtype=dtype))
    model.add(layers.Dense(4, activation=last, name="second", dtype=dtype))
    model.compile(optimizer, loss)
    return model


def plain_net(threads=2):
    model = keras.Sequential([keras.Input((3,), dtype="float64")], threads=threads)
    model.add(layers.Dense(5, activation="tanh", name="first", dtype="float64"))
    model.add(layers.Dense(4, activation="softmax", name="second", dtype="float64"))
    model.compile(optimizers.RMSprop(), "categorical_crossentropy")
    return model


def batch(rng, shape=(7, 2, 3)):
    return rng.normal(size=shape), np.eye(4)[rng.integers(0, 4, shape[0])]


def by_name(tensors):
    return {tensor.name: tensor for tensor in tensors}


def test_the_tensors_of_a_step_come_in_the_order_of_its_computing(rng):
    names = [tensor.name for tensor in microscope.dissect(net(), *batch(rng))]
    weights = ["first/kernel", "first/bias", "second/kernel", "second/bias"]
    assert names == [
        *("x", "y", "half/y", "first/z", "first/a", "drop/y", "second/z", "second/a", "l", "loss"),
        *("second/dz", "second/dW", "second/db", "drop/dy", "first/da", "first/dz", "first/dW", "first/db"),
        *(f"{name} velocity" for name in weights),
        *(f"{name} change" for name in weights),
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_every_tensor_is_the_textbooks(threads, rng):
    keras.config.set_floatx("float64")
    model = plain_net(threads)
    x, y = batch(rng, (7, 3))
    before = model.get_weights()
    found = by_name(microscope.dissect(model, x, y))
    zs, outputs = textbook.forward(before, ["tanh", "softmax"], x)
    loss, gradients = textbook.loss_and_gradients(before, ["tanh", "softmax"], x, y, "cce")
    expected = {"x": x, "y": y, "first/z": zs[0], "first/a": outputs[1], "second/z": zs[1], "second/a": outputs[2]}
    expected |= {"l": -np.sum(y * np.log(outputs[2]), axis=1), "loss": loss, "second/dz": (outputs[2] - y) / 7}
    expected["first/da"] = expected["second/dz"] @ before[2].T
    expected["first/dz"] = expected["first/da"] * (1 - outputs[1] ** 2)
    expected |= dict(zip(["first/dW", "first/db", "second/dW", "second/db"], gradients, strict=True))
    for name, w, g in zip(
        ["first/kernel", "first/bias", "second/kernel", "second/bias"], before, gradients, strict=True
    ):
        rule = textbook.RMSprop()
        expected[f"{name} change"] = rule.step(w, g) - w
        expected[f"{name} velocity"] = rule.v
    assert set(found) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name].value, value, rtol=0, atol=SAME_FLOAT64, err_msg=name)


def test_the_model_has_taken_the_step_and_the_copies_stay(rng):
    x, y = batch(rng)
    model, other = seeded_net(), seeded_net()
    tensors = microscope.dissect(model, x, y)
    kept = [tensor.value.copy() for tensor in tensors]
    other.train_on_batch(x, y)
    np.testing.assert_array_equal(model.parameters, other.parameters)
    assert model.optimizer.iterations == 1
    model.fit(x, y, verbose=0)
    for tensor, value in zip(tensors, kept, strict=True):
        np.testing.assert_array_equal(tensor.value, value)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", FINITE_DIFFERENCE), ("float32", FINITE_DIFFERENCE_FLOAT32)]
)
def test_slopes_agree_with_the_gradients_dropout_and_penalties_included(dtype, tolerance, rng):
    x, y = batch(rng)
    for scale in (1, 255):
        slopes = [slope for tensor in microscope.dissect(net(dtype), x * scale, y) for slope in tensor.slopes]
        assert len(slopes) >= 2 * 4  # three of each array, unless the same entry came twice
        for slope in slopes:
            assert slope.gradient == pytest.approx(slope.slope, abs=tolerance * scale)


def test_looking_draws_no_random_numbers(rng):
    model, (x, y) = net(), batch(rng)
    state = random.getstate()
    microscope.dissect(model, x, y)
    assert random.getstate() == state


def test_a_wrong_gradient_shows_in_the_slopes(monkeypatch, rng):
    def wrong(self, xp, z, a, da, dz):
        dz[...] = da

    monkeypatch.setattr(activations.Sigmoid, "backward", wrong)
    dW = by_name(microscope.dissect(net(), *batch(rng)))["first/dW"]
    assert max(abs(slope.gradient - slope.slope) for slope in dW.slopes) > 1000 * FINITE_DIFFERENCE
    assert dW.slopes[0].index == dW.largest


# -- formulas ------------------------------------------------------------------------------------------


def nets_with_everything():
    for last, loss in [
        ("softmax", "categorical_crossentropy"),
        ("sigmoid", "categorical_crossentropy"),
        ("softmax", "mse"),
        ("relu", "mse"),
        (None, losses.SparseCategoricalCrossentropy(from_logits=True)),
        ("tanh", "mse"),
    ]:
        yield net(last=last, loss=loss)
    for optimizer in [
        optimizers.RMSprop(momentum=0.5, centered=True, weight_decay=0.1),
        optimizers.SGD(),
        optimizers.SGD(momentum=0.5, clipvalue=0.1),
        optimizers.SGD(momentum=0.5, nesterov=True, clipnorm=0.1),
        optimizers.Adam(global_clipnorm=0.1),
    ]:
        yield net(optimizer=optimizer)
    late = net(last="softmax")  # the loss sees probabilities
    late.add(layers.Activation("linear", dtype="float64"))
    late.add(layers.Rescaling(1.0, dtype="float64"))
    for loss in ("categorical_crossentropy", "sparse_categorical_crossentropy"):
        late.compile("sgd", loss)
        yield late


def test_every_formula_has_the_line_that_computes_it(rng):
    """No line of a function's head, no comment, no docstring: code that assigns or returns."""
    seen = set()
    for model in nets_with_everything():
        x, y = batch(rng)
        y = y.argmax(axis=1) if model.loss.sparse else y
        for tensor in microscope.dissect(model, x, y):
            formula = tensor.formula
            source = (quotes._ROOT / formula.file).read_text().splitlines()
            assert source[formula.line - 1].strip() == formula.code
            assert not formula.code.startswith(("def ", "#", '"')), tensor.name
            computes = ("=", "(", "return ")
            assert any(mark in formula.code for mark in computes), tensor.name
            seen.add((formula.file, formula.code))
    assert len(seen) > 35


def test_a_replaced_function_is_quoted_where_it_stands(monkeypatch, rng):
    def wrong(self, xp, z, a):
        a[...] = z

    monkeypatch.setattr(activations.Sigmoid, "forward", wrong)
    formula = by_name(microscope.dissect(net(), *batch(rng)))["first/a"].formula
    assert formula.file == "test_microscope.py"
    assert formula.code == "def wrong(self, xp, z, a):"


class Cube(activations.Activation):
    """a = z³"""

    def forward(self, xp, z, a):
        a[...] = z**3

    def backward(self, xp, z, a, da, dz):
        dz[...] = da * 3 * abs(a) ** (2 / 3)


class Scale(layers.Layer):
    """y = w x, one weight for each number."""

    def initial_weights(self, input_shape):
        return [np.full(input_shape, 2.0, self.dtype)]

    def forward(self, x, t):
        return np.multiply(x, self.weights[0], out=t.y)

    def backward(self, dy, t):
        np.sum(dy * t.x, axis=0, out=t.gradients[0])
        return None if t.dx is None else np.multiply(dy, self.weights[0], out=t.dx)


class Mine(layers.Dense):
    """A Dense layer by another name."""


def test_classes_of_ones_own_are_shown_too(rng):
    model = keras.Sequential([keras.Input((3,), dtype="float64")])
    model.add(Mine(4, activation=Cube(), name="kernel_net", dtype="float64"))
    model.add(Scale(name="scale", dtype="float64"))
    model.compile("sgd", "mse")
    found = by_name(microscope.dissect(model, rng.normal(size=(5, 3)), rng.normal(size=(5, 4))))
    texts = {name: tensor.formula.text for name, tensor in found.items()}
    assert texts["kernel_net/z"] == "z = x @ W + b"
    assert texts["kernel_net/a"] == "a = cube(z)"
    assert texts["kernel_net/dz"] == "dz = da * cube'(z)"
    assert texts["scale/y"] == "y = scale(x)"
    assert texts["kernel_net/da"] == "da = dx of scale"
    assert texts["l"] == "l = mean over the outputs of (scale/y - y)²"
    assert found["scale/y"].formula.file == found["kernel_net/a"].formula.file == "test_microscope.py"
    assert found["scale/dw0"].value.shape == (4,)
    assert found["scale/dw0"].slopes[0].gradient == pytest.approx(
        found["scale/dw0"].slopes[0].slope, abs=FINITE_DIFFERENCE
    )
    assert len(found["kernel_net/z"].sample) == 4
    assert len(found["kernel_net/dW"].sample) == 3


def test_an_activation_is_quoted_with_its_numbers_and_what_it_computes_on_the_way(rng):
    model = keras.Sequential([keras.Input((3,), dtype="float64"), layers.Dense(4, name="one", dtype="float64")])
    model.add(layers.LeakyReLU(0.25, name="leaky", dtype="float64"))
    model.add(layers.Dense(3, activation="mish", name="two", dtype="float64"))
    model.add(layers.Dense(2, activation="log_softmax", name="three", dtype="float64"))
    model.compile("sgd", "mse")
    found = by_name(microscope.dissect(model, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))))
    texts = {name: tensor.formula.text for name, tensor in found.items()}
    assert texts["leaky/a"] == "a = where(z > 0, z, slope * z),  slope = 0.25"
    assert texts["one/dz"] == "dz = where(z > 0, da, slope * da),  slope = 0.25"
    assert texts["two/a"] == "a = z * tanh(Softplus.f(z))"
    assert texts["two/dz"] == "dz = (t + z * (1 - t * t) / (1 + exp(-z))) * da,  t = tanh(Softplus.f(z))"
    assert texts["three/a"] == "a = z - largest - log(total),  total = the sum of exp(z - largest) over the row"
    assert texts["three/dz"] == "dz = da - exp(a) * total"
    assert found["two/dz"].formula.file == "activations/gated.py"


def test_a_class_without_its_source_is_quoted_by_its_place(rng):
    names = {"Activation": activations.Activation}
    forward = " def forward(self, xp, z, a): a[...] = z"
    backward = " def backward(self, xp, z, a, da, dz): dz[...] = da"
    exec(f"class Typed(Activation):\n{forward}\n{backward}", names)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation=names["Typed"]())])
    model.compile("sgd", "mse")
    formula = by_name(microscope.dissect(model, np.ones((2, 3)), np.ones((2, 2))))["dense/a"].formula
    assert (formula.text, formula.file, formula.line, formula.code) == ("a = typed(z)", "<string>", 2, "")


def test_formulas_use_the_names_that_the_net_has(rng):
    model = keras.Sequential([keras.Input((3,), dtype="float64")])
    model.add(layers.Rescaling(0.5, offset=-1, dtype="float64"))
    model.add(layers.Dense(4, kernel_regularizer="l1", name="first", dtype="float64"))
    model.add(layers.Dense(2, use_bias=False, name="second", dtype="float64"))
    model.compile(optimizers.Adam(weight_decay=0.1), "mse")
    found = by_name(microscope.dissect(model, rng.normal(size=(5, 3)), rng.normal(size=(5, 2))))
    texts = {name: tensor.formula.text for name, tensor in found.items()}
    assert texts["rescaling/y"] == "y = x * 0.5 - 1"
    assert texts["second/z"] == "z = x @ W"
    assert texts["l"] == "l = mean over the outputs of (z - y)²"
    assert texts["second/dz"] == "dz = 2 (z - y) / outputs / N"
    assert texts["first/dz"] == "dz = dz @ W.T of second"
    assert texts["first/dW"] == "dW = x.T @ dz + the penalty's gradient"
    assert texts["first/kernel change"] == "w = w - w * decay, then w = w - corrected_rate * m / (sqrt(v) + epsilon)"


def test_labels_are_quoted_where_they_become_rows(rng):
    model = net(loss="sparse_categorical_crossentropy")
    x, y = batch(rng)
    assert "equal(scores.labels" in by_name(microscope.dissect(model, x, y.argmax(axis=1)))["y"].formula.code


def test_a_step_that_fit_refuses_is_shown_up_to_its_loss(rng):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    before = model.get_weights()
    found = by_name(microscope.dissect(model, np.full((2, 3), 1e30), np.ones((2, 2))))
    assert np.isinf(found["loss"].value)
    assert not any(name.endswith("change") for name in found)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("half/y", "y = x * 0.5 + 0.25"),
        ("first/z", "z = x @ W + b"),
        ("first/a", "a = 0.5 * tanh(0.5 * z) + 0.5"),
        ("second/dz", "dz = (p - y) / N"),
        ("first/dW", "dW = x.T @ dz + the penalty's gradient"),
        ("drop/dy", "dy = dz @ W.T of second"),
        ("loss", "loss = mean of l + penalties"),
        ("first/kernel velocity", "v = rho * v + (1 - rho) * (g * g)"),
        ("first/kernel change", "w = w - w * decay, then w = w - rate * g / sqrt(variance + epsilon)"),
    ],
)
def test_formulas_name_what_the_settings_add(name, text, rng):
    model = net(optimizer=optimizers.RMSprop(weight_decay=0.1))
    assert by_name(microscope.dissect(model, *batch(rng)))[name].formula.text == text


# -- table and JSON ------------------------------------------------------------------------------------


def printed(tensors, width=80):
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(microscope_table.table(tensors))
    return out.getvalue()


def test_the_table_has_keras_values_where_they_are_known(rng):
    x, y = batch(rng)
    plain = microscope.dissect(seeded_net(), x, y)
    theirs = {tensor.name: tensor.value + 1e-9 for tensor in plain if tensor.name != "second/a"}
    text = printed(microscope.dissect(seeded_net(), x, y, theirs))
    assert "1.0e-09" in text
    assert "first/z" in text
    assert "z = x @ W + b" in text
    assert "layers/dense.py:" in text
    assert "1.0e-09" not in printed(plain)


def test_json_of_a_tensor_has_all_that_a_page_shows(rng):
    x, y = batch(rng)
    theirs = {tensor.name: tensor.value for tensor in microscope.dissect(seeded_net(), x, y)}
    found = {each["name"]: each for each in (t.to_json() for t in microscope.dissect(seeded_net(), x, y, theirs))}
    dW = found["first/dW"]
    assert dW["shape"] == [6, 5]
    assert len(dW["sample"]) == 6  # what its first unit sees
    assert len(found["first/a"]["sample"]) == 5  # its first row
    assert found["first/a"]["difference"]["absolute"] == 0
    assert dW["largest"]["tinydnn"] == dW["largest"]["keras"]
    assert dW["slopes"][0]["index"] == tuple(dW["largest"]["index"])
    assert dW["min"] <= dW["mean"] <= dW["max"]
    assert found["loss"]["shape"] == []
    assert isinstance(found["loss"]["sample"], float)


def test_the_microscope_needs_a_loss_and_targets(rng):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="The microscope needs a loss"):
        microscope.dissect(model, np.ones((2, 3)), np.ones((2, 2)))
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="The microscope needs targets"):
        microscope.dissect(model, np.ones((2, 3)), None)


@pytest.mark.parametrize("kind", losses.CLASSES)
def test_each_loss_is_quoted_with_its_formula_and_its_line(kind):
    for logits in (False, True) if issubclass(kind, losses.Crossentropy) else (False,):
        for formula in quotes.of_loss(kind(), logits, "z"):
            assert "f(" not in formula.text
            assert "of y and z" not in formula.text
            assert formula.file.startswith("losses/")
            assert not formula.code.startswith(("def ", '"', "@"))


def test_numbers_of_a_loss_are_quoted():
    assert quotes.of_loss(losses.Huber(0.25), False, "z")[0].text.endswith("delta = 0.25")
    smoothed = losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert [each.text.endswith(",  y smoothed by 0.1") for each in quotes.of_loss(smoothed, True, "z")] == [True, True]
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.compile("sgd", "mse", loss_weights=2.0)
    found = by_name(microscope.dissect(model, np.ones((4, 3)), np.ones((4, 2))))
    assert found["dense/dz"].formula.text == "dz = 2 (z - y) / outputs / N * 2"
    assert found["loss"].formula.text == "loss = mean of l * 2"
    np.testing.assert_allclose(found["loss"].value, 2 * found["l"].value.mean(), rtol=1e-6)
