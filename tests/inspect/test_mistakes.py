"""The gallery of mistakes, and the diagnosis that names them from one step."""

import json
import random
import sys
from dataclasses import replace

import numpy as np
import pytest
import textbook

import tinydnn
import tinydnn.app.cli
from docs.tables.mistakes import diagnosed
from keras_ref import engines, one_step
from tinydnn import utils
from tinydnn.files.whole import FileFormatError
from tinydnn.inspect import diagnosis, mistakes, net
from tinydnn.inspect.diagnosis.search import OF_A_STEP
from tinydnn.inspect.mistakes import GALLERY

NETS = 200
PARTS = 10  # into which they are divided, to see how far it has come


@pytest.fixture(autouse=True)
def _usual_dtype():
    yield
    tinydnn.config.set_floatx("float32")


def digits(n=2000):
    (x, y), _ = tinydnn.datasets.mnist.load_data()
    return x[:n], y[:n]


# -- the gallery ---------------------------------------------------------------------------------------


# With a momentum of 0.9 and ten classes, 1 - momentum and 1 / classes are the same factor.
ALIKE = {"momentum-averaged": ["divided-by-classes", "momentum-averaged"]}


def small(mistake):
    """The mistake's training with a small hidden layer."""
    return replace(mistake.settings, hidden=(12,) if mistake.settings.hidden else ())


@pytest.mark.parametrize("mistake", GALLERY, ids=lambda mistake: mistake.name)
def test_every_mistake_is_named_from_its_first_steps(mistake):
    found = diagnosed(mistake, small(mistake), *digits(), batch_size=300)
    assert found.remarks == []
    if mistake.name == "float64-creeping-in":  # right mathematics
        assert found.right
        assert found.notes[0].startswith("Your program computes in float64, Keras in float32")
    else:
        assert not found.right
        assert found.named == ALIKE.get(mistake.name, [mistake.name])


@pytest.mark.parametrize(
    ("mistake", "variant"),
    [(mistake, i) for mistake in GALLERY for i in range(1, 1 + len(mistake.variants))],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_mistake_that_is_made_in_another_way_is_the_same_mistake(mistake, variant):
    other = replace(mistake, plants=mistake.variants[variant - 1], variants=())
    assert diagnosed(other, small(mistake), *digits(), batch_size=300).named == [mistake.name]


@pytest.mark.parametrize("mistake", GALLERY, ids=lambda mistake: mistake.name)
def test_the_engine_is_as_it_was_once_a_mistake_is_gone(mistake):
    def methods():
        return [getattr(owner, name) for owner, name, _ in mistake.plants]

    before = methods()

    def fail_within():
        with mistake.planted():
            assert all(now is not then for now, then in zip(methods(), before, strict=True))
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        fail_within()
    assert methods() == before


@pytest.mark.parametrize("mistake", GALLERY, ids=lambda mistake: mistake.name)
def test_a_training_with_a_mistake_has_another_log(mistake):
    x, y = digits()
    settings = replace(small(mistake), batch_size=100 if mistake.name != "last-batch-wrong-n" else 300)
    right, wrong = (mistakes.log_of(each, settings, x, y, epochs=2) for each in (None, mistake))
    assert right["loss"] != wrong.get("loss")
    assert right == mistakes.log_of(None, settings, x, y, epochs=2)


def test_two_mistakes_at_once_are_named_together():
    x, y = digits(300)
    one, other = mistakes.find("epsilon-outside-root"), mistakes.find("forgotten-bias-gradient")
    utils.set_random_seed(1)
    model = net.make_model(net.Settings(input="scaled", hidden=(20,)))
    with one.planted(), other.planted():
        step = diagnosis.record(model, x, utils.to_categorical(y, 10))
    assert diagnosis.diagnose(model, step).named == ["forgotten-bias-gradient + epsilon-outside-root"]


def test_a_mistake_that_is_none_of_the_gallery_is_still_no_right_step():
    x, y = digits(300)
    model = net.make_model(net.Settings(input="scaled", hidden=(20,)))
    step = diagnosis.record(model, x, utils.to_categorical(y, 10))
    step.after[2] = step.before[2] + 1.01 * (step.after[2] - step.before[2])  # one kernel learns 1 % too fast
    found = diagnosis.diagnose(model, step)
    assert not found.right
    assert found.named == []
    assert found.off.name == f"{model.layers[-1].name}/kernel"


# -- a right step is never called wrong ------------------------------------------------------------------

OPTIMIZERS = [
    lambda k: k.optimizers.RMSprop(),
    lambda k: k.optimizers.RMSprop(0.01, rho=0.8, momentum=0.5),
    lambda k: k.optimizers.RMSprop(centered=True),
    lambda k: k.optimizers.SGD(0.1),
    lambda k: k.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    lambda k: k.optimizers.Adam(),
    lambda k: k.optimizers.Adam(0.01, clipnorm=0.1),
]


def random_net(number):
    """build(k), a batch, the dtype, and how many steps to take before the one that is looked at."""
    rng = np.random.default_rng(number)
    hidden = [int(rng.integers(1, 12)) for _ in range(rng.integers(0, 4))]
    kinds = [str(rng.choice(["sigmoid", "tanh", "relu", "linear"])) for _ in hidden]
    loss, last = [
        ("categorical_crossentropy", "softmax"), ("sparse_categorical_crossentropy", "softmax"),
        ("mse", "linear"), ("categorical_crossentropy", "sigmoid"),
    ][rng.integers(4)]  # fmt: skip
    make_optimizer = OPTIMIZERS[rng.integers(len(OPTIMIZERS))]
    inputs, outputs, rows = int(rng.integers(1, 9)), int(rng.integers(2, 6)), int(rng.integers(1, 40))
    x = rng.normal(size=(rows, inputs)) * float(rng.choice([0.1, 1.0, 10.0]))
    labels = rng.integers(0, outputs, rows)
    dtype = str(rng.choice(["float32", "float64"]))
    y = labels if loss.startswith("sparse") else np.eye(outputs, dtype=dtype)[labels]

    def build(k):
        model = k.Sequential([k.Input((inputs,))])
        for units, kind in zip(hidden, kinds, strict=True):
            model.add(k.layers.Dense(units, activation=kind, use_bias=bool(number % 5)))
        model.add(k.layers.Dense(outputs, activation=last))
        model.compile(make_optimizer(k), loss)
        return model

    return build, x.astype(dtype), y, dtype, int(rng.choice([0, 0, 3]))


def keras_step(build, x, y, dtype, before, seed):
    """The step of Keras on a batch after so many others on it, and tinydnn's model of that net."""
    with engines.floatx(dtype):
        engines.seed_both(seed)
        theirs = build(engines.load("keras"))
        theirs.run_eagerly = True  # to trace each net would take longer than its step
        engines.seed_both(seed)
        ours = build(tinydnn)
        ours.prepare_training(x.shape[1:])
        for _ in range(before):
            theirs.train_on_batch(x, y)
        theirs.optimizer.build(theirs.trainable_variables)
        slots = {}
        for name, variable in one_step.optimizer_state(theirs, ours).items():
            slots.setdefault(name.rpartition(" ")[2], []).append(variable.numpy())
        weights = theirs.get_weights()
        theirs.train_on_batch(x, y)
        step = diagnosis.Step(x, y, weights, theirs.get_weights(), slots, before + 1)
        step.seed = seed if before == 0 else None
        return ours, step


def assert_right(model, step):
    with engines.floatx(model.dtype):
        found = diagnosis.diagnose(model, step)
    assert found.right, found


@pytest.mark.parametrize("part", range(PARTS))
def test_a_step_of_keras_is_never_called_wrong(part):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    for number in range(part * NETS // PARTS, (part + 1) * NETS // PARTS):
        assert_right(*keras_step(*random_net(number), seed=number))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd", "adam"])
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("input", ["raw", "scaled"])
def test_a_step_of_keras_on_the_walkthroughs_net_is_never_called_wrong(input, activation, optimizer, dtype):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    settings = net.Settings(input=input, activation=activation, optimizer=optimizer, dtype=dtype)
    x, y = digits(512)
    assert_right(
        *keras_step(
            lambda k: net.complete(k, k.models.Sequential(), settings), x, np.eye(10, dtype=dtype)[y], dtype, 2, seed=5
        )
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_of_the_textbook_is_right(dtype):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        tinydnn.config.set_floatx(dtype)
        utils.set_random_seed(seed)
        layers = tinydnn.layers
        model = tinydnn.Sequential([layers.Input((6,)), layers.Dense(5, "sigmoid"), layers.Dense(3, "softmax")])
        model.compile("rmsprop", "categorical_crossentropy")
        x, y = rng.normal(size=(11, 6)), np.eye(3)[rng.integers(0, 3, 11)]
        before = [weight.astype(np.float64) for weight in model.get_weights()]
        _, gradients = textbook.loss_and_gradients(before, ["sigmoid", "softmax"], x, y, "crossentropy")
        after = [textbook.RMSprop().step(w, g).astype(dtype) for w, g in zip(before, gradients, strict=True)]
        step = diagnosis.Step(x.astype(dtype), y, model.get_weights(), after, seed=seed)
        assert diagnosis.diagnose(model, step).right


@pytest.mark.parametrize("number", range(30))
def test_a_mistake_in_a_random_net_is_named_or_does_not_show(number):
    """Called right only where the weights are those of a right step but for roundings."""
    shown = 0
    build, x, y, dtype, _ = random_net(number)
    tinydnn.config.set_floatx(dtype)
    for mistake in OF_A_STEP:
        utils.set_random_seed(number)
        right = diagnosis.record(build(tinydnn), x, y)
        utils.set_random_seed(number)
        model = build(tinydnn)
        with mistake.planted():
            step = diagnosis.record(model, x, y, batch_size=len(x))
        step.number = 1  # also where each row was a step
        found = diagnosis.diagnose(build(tinydnn), step)  # the model itself may have NaN now
        apart = [np.abs(a - b).max() for a, b in zip(step.after, right.after, strict=True)]
        if found.right:
            moved = max(np.abs(a - b).max() for a, b in zip(right.after, right.before, strict=True))
            assert max(apart) < 1e-3 * moved, mistake.name
        else:
            shown += 1
            assert mistake.name in found.named, (mistake.name, found.named)
    assert shown > 5


# -- what went into the step -----------------------------------------------------------------------------


def right_step(seed=3, n=200, **settings):
    x, y = digits()
    utils.set_random_seed(seed)
    model = net.make_model(net.Settings(input="scaled", hidden=(12,), **settings))
    rows = tinydnn.random.permutation(int(len(x) * 0.8))[:n]
    step = diagnosis.record(model, x[rows], utils.to_categorical(y[rows], 10), batch_size=n, seed=seed)
    utils.set_random_seed(seed)
    return net.make_model(net.Settings(input="scaled", hidden=(12,), **settings)), step, x


def test_a_right_step_with_the_right_samples_is_right():
    model, step, x = right_step()
    assert diagnosis.diagnose(model, step, x, 0.2).right


def test_samples_are_found_that_somebody_scaled_before():
    x, y = digits()
    settings = net.Settings(input="raw", hidden=(12,))
    utils.set_random_seed(3)
    rows = tinydnn.random.permutation(1600)[:50]
    model = net.make_model(settings)
    step = diagnosis.record(model, x[rows] / 255, utils.to_categorical(y[rows], 10), seed=3)
    utils.set_random_seed(3)
    assert diagnosis.diagnose(net.make_model(settings), step, x, 0.2).right


def test_weights_of_another_seed_are_remarked():
    _, step, _ = right_step(seed=3)
    utils.set_random_seed(4)
    model = net.make_model(net.Settings(input="scaled", hidden=(12,)))
    found = diagnosis.diagnose(model, step)
    assert not found.right
    assert "is not what Keras draws from seed 3" in found.remarks[0]


def test_samples_that_are_none_of_the_data_are_remarked():
    model, step, x = right_step()
    step.x = step.x.copy()
    step.x[7] = 255 - step.x[7]
    assert any(
        "sample 7 of the batch is none of the 2,000" in each for each in diagnosis.diagnose(model, step, x).remarks
    )


def test_samples_in_the_files_order_are_another_order():
    x, y = digits()
    utils.set_random_seed(3)
    model = net.make_model(net.Settings(input="scaled", hidden=(12,)))
    step = diagnosis.record(model, x[:200], utils.to_categorical(y[:200], 10), seed=3)
    utils.set_random_seed(3)
    model = net.make_model(net.Settings(input="scaled", hidden=(12,)))
    assert diagnosis.diagnose(model, step, x, 0.2).named == ["reshuffled-differently"]


def test_a_net_that_is_meant_to_begin_at_zero_makes_no_mistake():
    layers = tinydnn.layers
    model = tinydnn.Sequential([layers.Input((3,)), layers.Dense(2, "softmax", kernel_initializer="zeros")])
    model.compile("sgd", "categorical_crossentropy")
    step = diagnosis.record(model, np.eye(3), np.eye(2)[[0, 1, 0]])
    assert diagnosis.diagnose(model, step).right


def test_float32_weights_that_were_saved_as_float64_are_no_mistake():
    model, step, _ = right_step()
    step.before, step.after = ([w.astype(np.float64) for w in weights] for weights in (step.before, step.after))
    assert diagnosis.diagnose(model, step).right


# -- files and scripts -----------------------------------------------------------------------------------


def test_a_step_survives_its_file(tmp_path):
    _, step, _ = right_step()
    diagnosis.write(tmp_path / "step.npz", step)
    found = diagnosis.read(tmp_path / "step.npz")
    assert (found.number, found.batch_size, found.seed) == (1, 200, 3)
    assert np.array_equal(found.x, step.x)
    assert all(np.array_equal(a, b) for a, b in zip(found.before + found.after, step.before + step.after, strict=True))
    assert found.slots.keys() == {"velocity"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda step: step.before.pop(), "before expects dense"),
        (lambda step: step.after.clear(), "Received: none"),
        (lambda step: setattr(step, "before", [w.T for w in step.before]), "write W.T"),
        (lambda step: step.before[0].fill(np.nan), "before expects finite numbers"),
        (lambda step: setattr(step, "slots", {"momentum": step.before}), "has the slots"),
        (lambda step: setattr(step, "number", 5) or step.slots.clear(), "needs what the optimizer kept before it"),
        (lambda step: setattr(step, "x", step.x[:, :5]), "x expects samples of shape"),
        (lambda step: setattr(step, "batch_size", 10**10), "batch_size expects at most"),
    ],
)
def test_a_step_of_another_model_is_refused(change, message):
    with tinydnn.names.numbered_anew():
        model, step, _ = right_step()
    change(step)
    with pytest.raises(ValueError, match=message):
        diagnosis.diagnose(model, step)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_step_tells_the_masks_of_dropout_in_a_file_too(threads, tmp_path):
    layers = tinydnn.layers
    dropout, hidden = layers.Dropout(0.5), layers.Dense(7, "relu")
    model = tinydnn.Sequential(
        [layers.Input((3,)), dropout, hidden, layers.Dropout(0.2), layers.Dense(2, "softmax")], threads=threads
    )
    model.compile("sgd", "categorical_crossentropy")
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.eye(2)[np.arange(20) % 2]
    diagnosis.write(tmp_path / "step.npz", diagnosis.record(model, x, y))
    step = diagnosis.read(tmp_path / "step.npz")
    assert [mask.shape for mask in step.masks] == [(20, 3), (20, 7)]
    assert diagnosis.diagnose(model, step).right
    step.masks[1] = ~step.masks[1]
    assert not diagnosis.diagnose(model, step).right
    step.masks.pop()
    with pytest.raises(ValueError, match="masks of the step"):
        diagnosis.diagnose(model, step)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"x": np.eye(2), "y": np.eye(2), "weights": np.eye(2)}, "Found: weights"),
        ({"x": np.eye(2)}, "expected y.npy"),
        ({"x": np.eye(2), "y": np.eye(2), "step": np.array(1.5)}, "step: expected an integer"),
        ({"x": np.eye(2), "y": np.eye(2), "before_1": np.eye(2)}, "Found: before_1"),
        ({"x": np.eye(2), "y": np.eye(2), "step_5": np.array(5)}, "Found: step_5"),
        ({"x": np.eye(2), "y": np.eye(2), "before_00": np.eye(2)}, "Found: before_00"),
    ],
)
def test_a_file_with_something_else_is_refused(content, message, tmp_path):
    np.savez(tmp_path / "step.npz", **content)
    with pytest.raises(FileFormatError, match=message):
        diagnosis.read(tmp_path / "step.npz")


TEXTBOOK = """
import numpy as np

v = [0, 0, 0, 0]

def sigmoid(z):
    return (np.tanh(z / 2) + 1) / 2

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    x = x.reshape(len(x), -1) / 255
    a = sigmoid(x @ W1 + b1)
    z = a @ W2 + b2
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dz2 = (p - y) / len(x)
    dz1 = dz2 @ W2.T * a * (1 - a)
    gradients = [x.T @ dz1, dz1.sum(axis=0), a.T @ dz2, dz2.sum(axis=0)]
    v[:] = [(0.9 * m + 0.1 * g**2).astype("float32") for m, g in zip(v, gradients)]
    return [(w - 0.001 * g / np.sqrt(m + 1e-7)).astype("float32") for w, g, m in zip(weights, gradients, v)]
"""


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["tinydnn", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        tinydnn.app.cli.main()
    return end.value.code


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (("", ""), 0, "These are Keras' steps, all 3"),
        (("(p - y) / len(x)", "p - y"), 1, "  gradient-summed: the gradient is that of the sum"),
        (("np.sqrt(m + 1e-7)", "(np.sqrt(m) + 1e-7)"), 1, "  epsilon-outside-root:"),
        ((" / 255", ""), 1, "  unscaled-inputs:"),
        (('1e-7)).astype("float32")', "1e-7))"), 0, "Your program computes in float64, Keras in float32"),
        (("0.001", "0.002"), 1, "  steps-2-times: each step is 2 times Keras'"),
        (("0.1 * g**2", "0.2 * g**2"), 1, "No mistake of the gallery explains it"),
        (("w - 0.001", "w - 0 "), 1, "No weight has changed"),
    ],
)
def test_a_script_of_ones_own_is_diagnosed(change, code, said, tmp_path, monkeypatch, capsys):
    script = tmp_path / "mine.py"
    script.write_text(TEXTBOOK.replace(*change))
    assert command(monkeypatch, "diagnose", script, "--hidden", "12") == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "expects a function step"),
        ("def step(weights, x, y): return 7", "step expects to return arrays of shapes (784, 12), (12,), (12, 10)"),
        ("def step(weights, x, y): return weights[:1]", "step expects to return arrays of shapes"),
        ("def step(weights, x, y): return [w.astype(str) for w in weights]", "weights expect numbers"),
        ("def step(weights, x, y): return nothing", "mine.py has failed. NameError: name 'nothing' is not defined"),
        ("import nothing_there", "mine.py has failed. ModuleNotFoundError"),
        ("import sys\nsys.exit(0)", "mine.py has failed. SystemExit"),
        ("def step(weights, x, y): raise SystemExit", "mine.py has failed. SystemExit"),
        ("def step(weights, x, y): return [[[1, 2], [3]]] * 4", "step expects to return arrays"),
    ],
)
def test_a_script_without_a_step_is_told(content, message, tmp_path, monkeypatch, capsys):
    script = tmp_path / "mine.py"
    script.write_text(content)
    assert command(monkeypatch, "diagnose", script, "--hidden", "12") == 2
    assert message in capsys.readouterr().err


def test_a_script_may_import_what_lies_beside_it(tmp_path, monkeypatch, capsys):
    (tmp_path / "beside.py").write_text(TEXTBOOK)
    (tmp_path / "MINE.PY").write_text("from beside import step")
    path = list(sys.path)
    assert command(monkeypatch, "diagnose", tmp_path / "MINE.PY", "--hidden", "12") == 0
    assert sys.path == path
    assert "These are Keras' steps, all 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda layers: [layers.Input((4,)), layers.Dense(2)], "call compile"),
        (lambda layers: [layers.Dense(2)], "begin with an Input"),
    ],
)
def test_a_net_that_is_not_ready_is_refused(model, message):
    _, step, _ = right_step()
    net = tinydnn.Sequential(model(tinydnn.layers))
    if "Input" in message:
        net.compile("sgd", "mse")
    with pytest.raises(ValueError, match=message):
        diagnosis.diagnose(net, step)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step.npz", "--seed", 3], "the .npz tells it; leave out --seed"),
        (["step.npz", "--batch-size", 3], "the .npz tells it; leave out --batch-size"),
        (["step.npz", "--model", "model.json", "--optimizer", "adam"], "--model tells it; leave out --optimizer"),
        (["step.npz", "--hidden", "7"], "before expects dense/kernel"),
        (["model.json"], "expected an .npz file"),
    ],
)
def test_wrong_use_of_diagnose_ends_with_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with tinydnn.names.numbered_anew():
        model, step, _ = right_step()
    diagnosis.write("step.npz", step)
    (tmp_path / "model.json").write_text(model.to_json())
    with tinydnn.names.numbered_anew():
        assert command(monkeypatch, "diagnose", *arguments) == 2
    assert message in capsys.readouterr().err


def test_where_roundings_are_as_large_as_a_change_the_step_can_not_tell():
    """Adam on one raw digit: tanh units at their ends have gradients that are roundings, of which it makes steps."""
    x, y = digits(1)
    utils.set_random_seed(0)
    layers = tinydnn.layers
    model = tinydnn.Sequential([layers.Input((784,)), layers.Dense(32, "tanh"), layers.Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    step = diagnosis.record(model, x.reshape(1, -1), utils.to_categorical(y, 10))
    found = diagnosis.diagnose(model, step)
    assert found.right
    assert found.blurred[0].name == f"{model.layers[0].name}/kernel"
    assert "it can't tell: roundings explain" in str(found)
    assert "Nothing differs by more than roundings explain" in str(found)


def test_a_diagnosis_leaves_names_and_random_numbers_as_they_were():
    model, step, x = right_step()
    step.after[1] = step.after[1] + 1  # so that all mistakes are tried
    step.batch_size = 2 * len(step.x)
    state = random.getstate()
    with tinydnn.names.numbered_anew():
        assert not diagnosis.diagnose(model, step, x, 0.2).right
        assert random.getstate() == state
        assert tinydnn.layers.Dense(1).name == "dense"
        assert tinydnn.Sequential().name == "sequential"


def test_the_command_reads_a_file_and_a_model_of_keras(tmp_path, monkeypatch, capsys):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    keras = engines.load("keras")
    keras.utils.set_random_seed(8)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 4)), rng.normal(size=(9, 2))
    before = model.get_weights()
    model.train_on_batch(x, y)
    names = {f"before_{i}": w for i, w in enumerate(before)} | {
        f"after_{i}": w for i, w in enumerate(model.get_weights())
    }
    np.savez(tmp_path / "step.npz", x=x, y=y, seed=8, **names)
    (tmp_path / "model.json").write_text(model.to_json())
    arguments = "diagnose", tmp_path / "step.npz", "--model", tmp_path / "model.json"
    assert command(monkeypatch, *arguments) == 0
    assert "This is Keras' step" in capsys.readouterr().out
    names["after_1"] = before[1]  # the first bias has not moved
    names["after_3"] = before[3]
    np.savez(tmp_path / "step.npz", x=x, y=y, seed=8, **names)
    assert command(monkeypatch, *arguments, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["right"], found["mistakes"]) == (False, ["forgotten-bias-gradient"])


# -- the command ---------------------------------------------------------------------------------------


def test_the_command_lists_all_mistakes(monkeypatch, capsys):
    assert command(monkeypatch, "mistakes") == 0
    out = capsys.readouterr().out
    assert all(mistake.name in out for mistake in GALLERY)


def test_the_command_shows_one_with_its_code_and_both_logs(tmp_path, monkeypatch, capsys):
    x, y = digits()
    np.savez(tmp_path / "few.npz", x_train=x, y_train=y, x_test=x[:9], y_test=y[:9])
    plot = tmp_path / "curve.png"
    code = command(
        monkeypatch, "mistakes", "zero-initial-weights", "--epochs", 2, "--data", tmp_path / "few.npz", "--plot", plot
    )
    out = capsys.readouterr().out
    assert code == 0
    assert "np.zeros(shape, dtype)" in out
    assert "before step 1, initial dense/kernel" in out
    assert [line.split()[0] for line in out.splitlines()[-3:]] == ["epoch", "1", "2"]
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gradient-sumed"], "Did you mean 'gradient-summed'"),
        (["gradient-summed", "--plot", "curve.pdf"], "ends in .png"),
        (["--plot", "curve.png"], "say which by NAME; leave out --plot"),
        (["--epochs", "3"], "leave out --epochs"),
        (["gradient-summed", "--plot", "no/such/folder/curve.png"], "no/such/folder"),
    ],
)
def test_wrong_use_of_the_gallery_is_said_before_anything_is_trained(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(monkeypatch, "mistakes", *arguments) == 2
    out, err = capsys.readouterr()
    assert message in err
    assert "epoch" not in out
