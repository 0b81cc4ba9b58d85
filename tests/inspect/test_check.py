"""`tinydnn.diagnosis.check`: functions in all layouts, gradients, outputs, modules of PyTorch, and what is said."""

import contextlib
import json
import sys

import numpy as np
import pytest

import tinydnn
import tinydnn.app.cli
from tinydnn import diagnosis, utils
from tinydnn.inspect.recorder import Recorder
from tinydnn.names import numbered_anew

layers = tinydnn.layers


@pytest.fixture(autouse=True)
def _usual_dtype():
    yield
    tinydnn.config.set_floatx("float32")


def net(optimizer="sgd", loss="categorical_crossentropy", hidden="sigmoid", last="softmax"):
    """8 inputs, 5 hidden units, 3 outputs."""
    model = tinydnn.Sequential([layers.Input((8,)), layers.Dense(5, hidden), layers.Dense(3, last)])
    model.compile(optimizer, loss)
    return model


def forward(W1, b1, W2, b2, x):
    """z1, a1, z2, a2"""
    z1 = x @ W1 + b1
    a1 = 1 / (1 + np.exp(-z1))
    z2 = a1 @ W2 + b2
    e = np.exp(z2)
    return z1, a1, z2, e / e.sum(axis=1, keepdims=True)


def gradients(weights, x, y):
    _, a1, _, p = forward(*weights, x)
    dz2 = (p - y) / len(x)
    dz1 = dz2 @ weights[2].T * a1 * (1 - a1)
    return [x.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)]


def step(weights, x, y):
    return [w - 0.01 * g for w, g in zip(weights, gradients(weights, x, y), strict=True)]


def in_pairs(weights, x, y):
    (W1, b1), (W2, b2) = weights
    new = step([W1, b1, W2, b2], x, y)
    return [(new[0], new[1]), (new[2], new[3])]


def in_a_dict_of_other_names(p, x, y):
    new = step([p["w1"], p["bias1"], p["w2"], p["bias2"]], x, y)
    return dict(zip(["w1", "bias1", "w2", "bias2"], new, strict=True))


def in_columns(weights, X, Y):
    W1, b1, W2, b2 = weights
    assert b1.shape == (5, 1)
    new = step([W1.T, b1[:, 0], W2.T, b2[:, 0]], X.T, Y.T)
    return [new[0].T, new[1][:, None], new[2].T, new[3][:, None]]


def two_lists(weights, x, y):
    (W1, W2), (b1, b2) = weights
    new = step([W1, b1, W2, b2], x, y)
    return new[::2], new[1::2]


def bias_as_an_input(weights, x, y):
    U, V = weights
    new = step([U[:-1], U[-1], V[:-1], V[-1]], x, y)
    return np.vstack([new[0], new[1]]), np.vstack([new[2], new[3]])


def in_place(weights, x, y):
    for w, new in zip(weights, step(weights, x, y), strict=True):
        w[...] = new


def from_labels(weights, x, y):
    return step(weights, x, np.eye(3)[y])


def taken_as_lists_of_numbers(weights, x, y):
    return [w.tolist() for w in step(weights, x, y)]


def turned_when_returned(weights, x, y):
    return [w.T for w in step(weights, x, y)]


LAYOUTS = [
    step, in_pairs, in_a_dict_of_other_names, in_columns, two_lists, bias_as_an_input, in_place, from_labels,
    taken_as_lists_of_numbers, turned_when_returned,
]  # fmt: skip


@pytest.mark.parametrize("function", LAYOUTS, ids=lambda function: function.__name__)
def test_a_step_in_any_layout_is_keras_step(function):
    found = diagnosis.check(function, net())
    assert found.right, found
    assert "These are Keras' steps, all 3" in str(found)


def test_a_wrong_step_in_another_layout_is_named():
    def summed(weights, X, Y):
        new = in_columns(weights, X, Y)
        return [w + X.shape[1] * (b - w) for w, b in zip(weights, new, strict=True)]

    found = diagnosis.check(summed, net())
    assert found.named == ["gradient-summed"]
    assert found.reading == [
        "Every change is 64 times Keras': a sum over the batch in place of its mean, or another learning rate"
    ]


def test_a_factor_and_a_mistake_are_named_together():
    def both(weights, x, y):
        given = gradients(weights, x, y)
        given[1], given[3] = given[1].sum(), given[3].sum()
        return [w - 0.07 * g for w, g in zip(weights, given, strict=True)]

    named = diagnosis.check(both, net()).named
    assert "one-bias-gradient-for-all + steps-7-times" in named


def test_a_learning_rate_that_falls_is_named():
    rates = iter([0.01, 0.01, 0.008, 0.006])  # the first call finds the layout

    def falling(weights, x, y):
        rate = next(rates)
        return [w - rate * g for w, g in zip(weights, gradients(weights, x, y), strict=True)]

    found = diagnosis.check(falling, net())
    assert found.named == ["learning-rate-decayed"]
    assert found.reading[0] == "The steps before step 2 are Keras'"


def test_gradients_are_compared_as_they_are():
    assert diagnosis.check(gradients, net("adam"), kind="gradients").right
    found = diagnosis.check(lambda *given: [2 * g for g in gradients(*given)], net("adam"), kind="gradients")
    assert found.reading[0].startswith("Every change is 2 times Keras': a 2 too many")
    assert str(found).startswith("Gradients of 64 samples")


@pytest.mark.parametrize("returned", [slice(None), slice(1, None, 2), 3], ids=["z and a", "a", "the last"])
def test_outputs_are_compared_from_the_first_layer_up(returned):
    def right(weights, x):
        return forward(*weights, x)[returned]

    def wrong(weights, x):
        return forward(*weights, 2 * x)[returned]

    assert diagnosis.check(right, net(), kind="forward").right
    found = diagnosis.check(wrong, net(), kind="forward")
    assert not found.right
    assert "is the first that differs" in found.reading[0]


def test_the_first_output_that_differs_is_named():
    def wrong(weights, x):
        z1, a1, z2, a2 = forward(*weights, x)
        return [z1, a1, z2 + 0.1, a2]

    with numbered_anew():
        found = diagnosis.check(wrong, net(), kind="forward")
    assert found.reading == ["dense/z and dense/a are right; dense_1/z is the first that differs"]


def test_logits_are_keras_outputs_before_the_softmax():
    found = diagnosis.check(lambda weights, x: forward(*weights, x)[2], net(), kind="forward")
    assert found.right
    assert "what Keras' last activation gets" in " ".join(found.notes)


def test_a_notebook_shows_a_table():
    found = diagnosis.check(step, net("rmsprop"))
    shown = found._repr_html_()
    assert shown.count("<tr>") == 5
    assert "<b>This is not Keras&#x27; step</b>" in shown
    assert repr(found).startswith("<Diagnosis: wrong")


def test_own_samples_are_taken():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(10, 8)), np.eye(3)[rng.integers(0, 3, 10)]
    found = diagnosis.check(step, net(), x, y, batch_size=4)
    assert found.right
    assert (found.steps, found.samples) == (3, 2)
    with pytest.raises(ValueError, match="both x and y"):
        diagnosis.check(step, net(), x)
    with pytest.raises(ValueError, match=r"kind expects 'step', 'gradients', 'forward'\. Received: 'backward'"):
        diagnosis.check(step, net(), kind="backward")


def test_modules_of_pytorch_are_taken_as_they_are():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `peers`")
    module = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 3))
    loss = torch.nn.CrossEntropyLoss()
    assert diagnosis.check(module, net()).right
    assert diagnosis.check(module, net(), loss=loss).right
    before = [p.detach().clone() for p in module.parameters()]
    assert diagnosis.check(module, net(), loss=loss, optimizer=torch.optim.SGD(module.parameters(), 0.01)).right
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))
    found = diagnosis.check(module, net("adam"), loss=loss, optimizer=torch.optim.Adam(module.parameters()))
    assert "adam-epsilon-after-correction" in found.named
    with pytest.raises(ValueError, match="loss beside the optimizer"):
        diagnosis.check(module, net(), optimizer=torch.optim.SGD(module.parameters(), 0.01))
    wrong = torch.nn.Linear(8, 3)
    with pytest.raises(RuntimeError, match="expects weights of shapes"):
        diagnosis.check(wrong, net())


def test_an_optimizer_of_pytorch_with_several_settings_is_refused():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `peers`")
    module = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 3))
    groups = [{"params": module[0].parameters()}, {"params": module[2].parameters(), "lr": 1.0}]
    with pytest.raises(ValueError, match="same settings for all parameters"):
        diagnosis.check(module, net(), loss=torch.nn.CrossEntropyLoss(), optimizer=torch.optim.SGD(groups, 0.01))


def test_a_rate_that_a_schedule_of_pytorch_has_changed_counts():
    torch = pytest.importorskip("torch", reason="PyTorch comes with the extra `peers`")
    module = torch.nn.Sequential(torch.nn.Linear(8, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 3))
    optimizer = torch.optim.SGD(module.parameters(), 0.01)
    optimizer.param_groups[0]["lr"] = 0.03
    found = diagnosis.check(module, net(), loss=torch.nn.CrossEntropyLoss(), optimizer=optimizer)
    assert found.named == ["steps-3-times"]


def test_functions_of_jax_are_taken_as_they_are():
    jax = pytest.importorskip("jax", reason="JAX comes with the extra `peers`")

    def logits(weights, x):
        W1, b1, W2, b2 = weights
        return jax.nn.sigmoid(x @ W1 + b1) @ W2 + b2

    def loss(weights, x, y):
        return -(y * jax.nn.log_softmax(logits(weights, x))).sum(axis=1).mean()

    @jax.jit
    def step_of_jax(weights, x, y):
        return jax.tree.map(lambda w, g: w - 0.01 * g, weights, jax.grad(loss)(weights, x, y))

    assert diagnosis.check(step_of_jax, net()).right
    assert diagnosis.check(jax.grad(loss), net(), kind="gradients").right
    assert diagnosis.check(jax.jit(logits), net(), kind="forward").right


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "mse"}, "loss and optimizer are for PyTorch modules"),
        ({"optimizer": "sgd"}, "loss and optimizer are for PyTorch modules"),
        ({"program": "mine.py", "kind": "step"}, "kind is for functions"),
    ],
)
def test_an_argument_that_is_for_other_programs_is_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        diagnosis.check(**{"program": step, "model": net()} | arguments)


# -- dropout ---------------------------------------------------------------------------------------------

masks = []  # of the functions below, which draw them


def net_with_dropout(rate=0.4, **settings):
    dropout = layers.Dropout(rate, **settings)
    model = tinydnn.Sequential([layers.Input((8,)), layers.Dense(5, "sigmoid"), dropout, layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    return model


def gradients_with_dropout(weights, x, y, forth=1 / 0.6, back=1 / 0.6, columns=False):
    """forth, back: by which what is kept is multiplied."""
    W1, b1, W2, b2 = weights
    a1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
    kept = np.random.rand(*a1.shape) < 0.6
    masks[:] = [kept.T if columns else kept]
    dropped = a1 * kept * forth
    p = np.exp(dropped @ W2 + b2)
    dz2 = (p / p.sum(axis=1, keepdims=True) - y) / len(x)
    dz1 = dz2 @ W2.T * kept * back * a1 * (1 - a1)
    return [x.T @ dz1, dz1.sum(axis=0), dropped.T @ dz2, dz2.sum(axis=0)]


def step_with_dropout(weights, x, y, **how):
    return [w - 0.01 * g for w, g in zip(weights, gradients_with_dropout(weights, x, y, **how), strict=True)]


@pytest.mark.parametrize("columns", [False, True])
def test_the_masks_that_a_program_draws_are_taken_as_they_are(columns):
    model = net_with_dropout()
    assert diagnosis.check(lambda *given: step_with_dropout(*given, columns=columns), model).right
    assert diagnosis.check(gradients_with_dropout, model, kind="gradients").right


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"forth": 1, "back": 1}, "dropout-not-scaled"),
        ({"back": 1}, "dropout-not-scaled"),
        ({"forth": 1 / 0.4, "back": 1 / 0.4}, "dropout-divided-by-rate"),
    ],
)
def test_what_is_wrong_with_dropout_is_named(how, named):
    assert diagnosis.check(lambda *given: step_with_dropout(*given, **how), net_with_dropout()).named == [named]
    gradients = diagnosis.check(
        lambda *given: gradients_with_dropout(*given, **how), net_with_dropout(), kind="gradients"
    )
    assert gradients.named == [named]


def test_a_callable_keeps_its_masks_itself():
    class Mine:
        def __call__(self, *given):
            new = step_with_dropout(*given)
            self.masks = list(masks)
            return new

    assert diagnosis.check(Mine(), net_with_dropout()).right


def test_outputs_of_a_net_with_dropout_are_those_of_predictions():
    def predicted(weights, x):
        return forward(*weights, x)[3]

    assert diagnosis.check(predicted, net_with_dropout(), kind="forward").right
    assert not diagnosis.check(lambda weights, x: 0.6 * predicted(weights, x), net_with_dropout(), kind="forward").right


def test_without_masks_the_error_says_which_are_wanted():
    for of_program in ([], [np.ones(5)], [np.ones((64, 5))] * 2, [np.ones((64, 3))]):

        def drawing(weights, x, y, found=of_program):
            new = step_with_dropout(weights, x, y)
            masks[:] = found
            return new

        with pytest.raises(ValueError, match=r"the masks of the step, one for each Dropout layer.*\(64, 5\)"):
            diagnosis.check(drawing, net_with_dropout())


def test_noise_is_refused():
    model = tinydnn.Sequential([layers.Input((8,)), layers.GaussianNoise(0.1), layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(ValueError, match="without noise"):
        diagnosis.check(lambda weights, x, y: weights, model)


def test_a_factor_of_the_loss_is_keras_own():
    model = net()
    model.compile("sgd", "categorical_crossentropy", loss_weights=2.0)
    assert diagnosis.check(lambda *given: [2 * g for g in gradients(*given)], model, kind="gradients").right
    assert not diagnosis.check(gradients, model, kind="gradients").right


def test_what_a_program_keeps_in_modules_beside_it_begins_anew(tmp_path):
    (tmp_path / "kept.py").write_text("m = [0, 0, 0, 0]\n")
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "loaded_once.py").write_text(f"with open({str(tmp_path / 'loads')!r}, 'a') as file: file.write('x')\n")
    (tmp_path / "mine.py").write_text(
        f"import sys\nsys.path.append({str(installed)!r})\nimport loaded_once, kept\nimport numpy as np\n"
        "def step(weights, x, y):\n"
        "    W1, b1, W2, b2 = weights\n"
        "    a = 1 / (1 + np.exp(-(x @ W1 + b1)))\n"
        "    p = np.exp(a @ W2 + b2)\n"
        "    dz2 = (p / p.sum(axis=1, keepdims=True) - y) / len(x)\n"
        "    dz1 = dz2 @ W2.T * a * (1 - a)\n"
        "    g = [x.T @ dz1, dz1.sum(axis=0), a.T @ dz2, dz2.sum(axis=0)]\n"
        "    kept.m[:] = [0.9 * m - 0.01 * each for m, each in zip(kept.m, g)]\n"
        "    return [w + m for w, m in zip(weights, kept.m)]\n"
    )
    path = list(sys.path)
    try:
        assert diagnosis.check(tmp_path / "mine.py", net(tinydnn.optimizers.SGD(0.01, momentum=0.9))).right
    finally:
        sys.path[:] = path
    assert (tmp_path / "loads").read_text() == "x"


def test_the_program_may_print(capsys):
    def loud(weights, x, y):
        print("loss 2.3")
        return step(weights, x, y)

    assert diagnosis.check(loud, net()).right
    assert capsys.readouterr().out == ""


# -- the command -----------------------------------------------------------------------------------------

PROGRAM = """
import numpy as np
print("loaded")

def forward(weights, x):
    W1, b1, W2, b2 = weights
    return 1 / (1 + np.exp(-(np.maximum(x.reshape(len(x), -1) / 255 @ W1 + b1, 0) @ W2 + b2)))
"""


def command(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["tinydnn", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        tinydnn.app.cli.main()
    return end.value.code


def test_the_options_describe_a_net_of_one_output(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.py").write_text(PROGRAM)
    options = ["--hidden", "6", "--activation", "relu", "--loss", "binary_crossentropy", "--outputs", "1"]
    options += ["--optimizer", "adagrad(0.1)", "--batch-size", "32"]
    assert command(monkeypatch, "diagnose", tmp_path / "mine.py", *options, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["right"], found["mistakes"]) == ("outputs", True, [])
    assert command(monkeypatch, "diagnose", tmp_path / "mine.py", *options, "--last", "tanh") == 1
    assert "/a is the first that differs" in capsys.readouterr().out


def test_a_model_of_a_file_is_taken_in_another_dtype(tmp_path, monkeypatch, capsys):
    (tmp_path / "model.json").write_text(net().to_json())
    (tmp_path / "mine.py").write_text(
        "import numpy as np\ndef forward(weights, x):\n    assert weights[0].dtype == np.float64\n"
        "    W1, b1, W2, b2 = weights\n    a = 1 / (1 + np.exp(-(x @ W1 + b1)))\n    return a @ W2 + b2\n"
    )
    arguments = "diagnose", tmp_path / "mine.py", "--model", tmp_path / "model.json", "--dtype", "float64"
    assert command(monkeypatch, *arguments) == 0
    assert "These are Keras' outputs" in capsys.readouterr().out


def test_a_recorded_step_tells_its_net(tmp_path, monkeypatch, capsys):
    utils.set_random_seed(1)
    model = net("adam")
    x, y = np.random.default_rng(0).normal(size=(40, 8)), np.eye(3)[np.arange(40) % 3]
    with contextlib.suppress(FloatingPointError):
        model.fit(x, y, batch_size=8, epochs=1, verbose=0, callbacks=[Recorder(tmp_path / "step.npz", step=4)])
    assert command(monkeypatch, "diagnose", tmp_path / "step.npz") == 0
    assert "Step 4 of 8 samples" in capsys.readouterr().out
    assert command(monkeypatch, "diagnose", tmp_path / "step.npz", "--hidden", "3") == 2
    assert "the .npz tells it; leave out --hidden" in capsys.readouterr().err
