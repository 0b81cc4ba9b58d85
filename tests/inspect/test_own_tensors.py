"""Somebody's own tensors under the microscope: right ones, wrong ones, and those that fit no net."""

import json

import numpy as np
import pytest

import tinydnn as keras
import tinydnn.app.cli
from tinydnn import layers
from tinydnn.app import one_step
from tinydnn.inspect import diagnosis, own_tensors
from tinydnn.inspect.diagnosis import Step

N = 20
RNG = np.random.default_rng(1)
X, Y = RNG.normal(size=(N, 6)).astype("float32"), np.eye(4)[RNG.integers(0, 4, N)]


def net(dtype="float32"):
    keras.utils.set_random_seed(1)
    with keras.names.numbered_anew():
        model = keras.Sequential([keras.Input((6,), dtype=dtype)])
        model.add(layers.Dense(5, activation="sigmoid", dtype=dtype))
        model.add(layers.Dense(4, activation="softmax", dtype=dtype))
    model.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy")
    return model


def textbook(weights, x, y, dz_of=lambda p, y: (p - y) / len(y)):
    """What a learner computes in the first step, under the microscope's names."""
    W1, b1, W2, b2 = weights
    z1 = x @ W1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ W2 + b2
    p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    l = -np.log(p[np.arange(len(y)), y.argmax(axis=1)])
    dz2 = dz_of(p, y)
    da1 = dz2 @ W2.T
    dz1 = da1 * a1 * (1 - a1)
    found = {"dense/z": z1, "dense/a": a1, "dense_1/z": z2, "dense_1/a": p, "l": l, "loss": l.mean()}
    found |= {"dense_1/dz": dz2, "dense_1/dW": a1.T @ dz2, "dense_1/db": dz2.sum(axis=0, keepdims=True)}
    return found | {"dense/da": da1, "dense/dz": dz1, "dense/dW": x.T @ dz1, "dense/db": dz1.sum(axis=0)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("own_dtype", ["float32", "float64"])
def test_a_textbooks_tensors_are_right(dtype, own_dtype):
    model, x = net(dtype), X.astype(own_dtype)
    own = textbook([w.astype(own_dtype) for w in model.get_weights()], x, Y.astype(own_dtype))
    found = own_tensors.compare(model, X, Y, own)
    if dtype == "float64" and own_dtype == "float32":
        assert found.off[0].name == "dense/z"  # a float64 net is not computed in float32
        return
    assert not found.off
    assert str(found) == "All 13 of your tensors are tinydnn's, but for roundings"


def test_the_first_wrong_tensor_is_named_with_its_factor_and_with_what_is_right():
    model = net()
    found = own_tensors.compare(model, X, Y, textbook(model.get_weights(), X, Y, lambda p, y: p - y))
    assert [each.name for each in found.off] == [
        "dense_1/dz", "dense_1/dW", "dense_1/db", "dense/da", "dense/dz", "dense/dW", "dense/db",
    ]  # fmt: skip
    said = str(found)
    assert said.startswith("dense_1/dz is the first of your tensors that is not tinydnn's")
    assert "Yours is 20 times tinydnn's\nRight are: dense/z, dense/a, dense_1/z, dense_1/a, l, loss" in said


def test_what_is_nothing_but_roundings_is_not_wrong():
    """With equal probabilities, and as many labels of each kind, the last biases have no gradient but roundings."""
    model, x, y = net(), RNG.normal(size=(84, 6)), np.eye(4)[np.arange(84) % 4]
    weights = [w * np.float32(i != 2) for i, w in enumerate(model.get_weights())]
    model.set_weights(weights)
    own = textbook([w.astype("float64") for w in weights], x, y)
    found = own_tensors.compare(model, x, y, own)
    db = next(each for each in found.tensors if each.name == "dense_1/db")
    assert np.abs(db.value).max() > 1e-9
    assert np.abs(own["dense_1/db"]).max() < 1e-15
    assert not found.off
    assert own_tensors.compare(model, x, y, own | {"dense_1/db": np.full(4, 1e-5)}).off


@pytest.mark.parametrize("change", [lambda a: a + 1e-2 * (a > 0.6), lambda a: np.where(a > 0.6, np.nan, a)])
def test_a_few_wrong_entries_are_seen(change):
    model = net()
    own = textbook(model.get_weights(), X, Y)
    found = own_tensors.compare(model, X, Y, {**own, "dense/a": change(own["dense/a"])})
    assert [each.name for each in found.off] == ["dense/a"]
    assert "times tinydnn's" not in str(found)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("dense/dw", lambda z: z, r"has the tensors x, y, dense/z, .*, dense_1/bias change. Received: dense/dw"),
        ("dense/dW", lambda z: z.T, r"dense/dW expects the shape \(6, 5\). Received: \(5, 6\); it is the transpose"),
        ("dense/z", lambda z: z[:3], r"dense/z expects the shape \(20, 5\). Received: \(3, 5\)$"),
        ("dense/z", lambda z: z.astype(str), "dense/z expects numbers"),
    ],
)
def test_tensors_that_do_not_fit_are_told(name, change, message):
    model = net()
    own = textbook(model.get_weights(), X, Y)
    values = own.get(name, own["dense/z"])
    with pytest.raises(ValueError, match=message):
        own_tensors.compare(model, X, Y, {name: change(values)})


def recorded(path, **changes):
    """A file of the second step of an Adam, with the textbook's tensors; the model."""
    model = net()
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    diagnosis.record(model, X, Y)
    described = model.to_json()
    step = diagnosis.record(model, X, Y)
    step.model_json = described
    step.tensors = textbook(step.before, X, Y)
    for name, value in changes.items():
        setattr(step, name, value)
    diagnosis.write(path, step)
    return step


def test_a_file_is_taken_from_its_weights_and_slots(tmp_path):
    step = recorded(tmp_path / "step.npz")
    model = keras.models.model_from_json(step.model_json)
    found = one_step.step_of_file(model, diagnosis.read(tmp_path / "step.npz")).found
    assert not found.off
    assert "dense/kernel change" in found.allowed
    assert model.optimizer.iterations == 2
    step.slots = {name: [slot + 1 for slot in slots] for name, slots in step.slots.items()}
    found = one_step.step_of_file(keras.models.model_from_json(step.model_json), step).found
    assert found.off[0].name == "dense/kernel change"


def test_a_step_by_hand_needs_no_weights_after_it():
    model = net()
    step = Step(X, Y, model.get_weights(), [], tensors=textbook(model.get_weights(), X, Y))
    assert not one_step.step_of_file(model, step).found.off


# -- the command -----------------------------------------------------------------------------------------


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["tinydnn", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        tinydnn.app.cli.main()
    return end.value.code


def test_the_command_needs_no_options_and_ends_with_0_or_1(tmp_path, monkeypatch, capsys):
    path = tmp_path / "step.npz"
    step = recorded(path)
    assert command(monkeypatch, "microscope", path) == 0
    out = capsys.readouterr().out
    assert "Step 2 of" in out
    assert "yours" in out
    assert "All 17 of your tensors are tinydnn's" in out
    recorded(path, tensors={**step.tensors, "dense_1/dW": step.tensors["dense_1/dW"] * 1.01})
    assert command(monkeypatch, "microscope", path, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["off"] == ["dense_1/dW"]
    dW = next(each for each in found["tensors"] if each["name"] == "dense_1/dW")
    assert dW["largest"]["own"] == pytest.approx(1.01 * dW["largest"]["tinydnn"])
    assert dW["own_difference"]["absolute"] == pytest.approx(0.01 * abs(dW["largest"]["tinydnn"]), rel=1e-3)


def test_a_file_in_float64_is_computed_with_a_learning_rate_in_float64(tmp_path, monkeypatch, capsys):
    keras.config.set_floatx("float64")
    model = net("float64")
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    described = model.to_json()
    step = diagnosis.record(model, X, Y)
    step.model_json = described
    diagnosis.write(tmp_path / "step.npz", step)
    keras.config.set_floatx("float32")
    assert command(monkeypatch, "microscope", tmp_path / "step.npz") == 0
    assert "All 4 of your tensors" in capsys.readouterr().out


def test_the_command_takes_a_model_for_a_file_that_has_none(tmp_path, monkeypatch, capsys):
    path = tmp_path / "step.npz"
    step = recorded(path, model_json=None, after=[], tensors={})
    (tmp_path / "model.json").write_text(net("float64").to_json())
    assert command(monkeypatch, "microscope", path) == 2
    assert "before expects" in capsys.readouterr().err
    (tmp_path / "model.json").write_text(recorded(tmp_path / "other.npz").model_json)
    for dtype in "float32", "float64":
        assert command(monkeypatch, "microscope", path, "--model", tmp_path / "model.json", "--dtype", dtype) == 0
        out = capsys.readouterr().out
        assert f"samples, {dtype}" in out
        assert "yours" not in out
    assert step.number == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step.npz", "--hidden", "7"], "the .npz tells it; leave out --hidden"),
        (["step.npz", "--seed", "7"], "the .npz tells it; leave out --seed"),
        (["--model", "model.json"], "give the file of the step, too"),
        (["step.npz", "--model", "model.json", "--outputs", "4"], "--model tells it; leave out --outputs"),
        (["step.npz", "--model", "model.json"], "The JSON of a model"),
        (["model.json"], "expected an .npz file"),
        (["wrong.npz"], "has the tensors x, y"),
    ],
)
def test_wrong_use_ends_with_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    recorded("step.npz")
    recorded("wrong.npz", tensors={"dense_7/z": X})
    (tmp_path / "model.json").write_text("{}")
    assert command(monkeypatch, "microscope", *arguments) == 2
    assert message in capsys.readouterr().err
