"""docs/one_file.py, the reference to read: it is short, its weights are the engine's, and its log is Keras' own."""

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tolerances import GPU_TRAINING, ONE_FILE

import tinydnn

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import book
import one_file

FILE = Path(one_file.__file__)
DIGITS = Path(tinydnn.__file__).parent / "datasets" / "mnist.npz"


@pytest.fixture(scope="module", params=["float32", "float64"])
def dtype(request):
    return request.param


@pytest.fixture(scope="module")
def digits(dtype):
    return one_file.load_digits(DIGITS, dtype)


@pytest.fixture(scope="module")
def trained(digits):
    """(weights, logs, what was printed) of one epoch."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        weights, logs = one_file.train(*digits, 1)
    return weights, logs, printed.getvalue()


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory):
    path = tmp_path_factory.mktemp("digits") / "few.npz"
    with np.load(DIGITS) as file:
        np.savez(path, x_train=file["x_train"][:1000], y_train=file["y_train"][:1000])
    return path


def fit(keras, x, y, epochs, verbose):
    """The lines at the head of the file; returns the model and its history."""
    keras.utils.set_random_seed(42)
    layers = [
        keras.layers.Dense(324, "sigmoid", dtype=x.dtype.name),
        keras.layers.Dense(36, "sigmoid", dtype=x.dtype.name),
        keras.layers.Dense(10, "softmax", dtype=x.dtype.name),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=512, epochs=epochs, validation_split=0.2, verbose=verbose)
    return model, history.history


def run(*words, **options):
    command = [sys.executable, str(FILE), *map(str, words)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, **options)


# -- it can be read in one sitting -------------------------------------------------------------------


def test_it_is_short_and_stands_alone():
    text = FILE.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert {name.partition(".")[0] for name in imported} <= {"numpy", "cupy", *sys.stdlib_module_names}


# -- it does what the engine does --------------------------------------------------------------------


@pytest.mark.parametrize("seed", [42, 7, 2**31 - 2])
def test_a_seed_gives_the_same_weights_and_order_bit_for_bit(dtype, seed):
    tinydnn.config.set_floatx(dtype)
    tinydnn.utils.set_random_seed(seed)
    np.testing.assert_array_equal(one_file.shuffled(1003, seed), tinydnn.random.permutation(1003))
    layers = [tinydnn.layers.Dense(units) for units in (324, 36, 10)]
    model = tinydnn.Sequential([tinydnn.Input((784,)), *layers])
    for ours, engines in zip(one_file.initial_weights(seed, dtype), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, engines)
        assert ours.dtype == engines.dtype == dtype


def test_pixels_and_labels_are_the_same_bit_for_bit(dtype, digits, mnist):
    (images, labels), _ = mnist
    rescaling = tinydnn.layers.Rescaling(1 / 255, dtype=dtype)
    model = tinydnn.Sequential([tinydnn.Input((28, 28), dtype=dtype), rescaling, tinydnn.layers.Flatten(dtype=dtype)])
    np.testing.assert_array_equal(digits[0][:1000], model.predict(images[:1000], verbose=0))
    np.testing.assert_array_equal(digits[1], tinydnn.utils.to_categorical(labels))
    assert {array.dtype.name for array in digits} == {dtype}


def test_weights_and_log_of_an_epoch_are_the_same(dtype, digits, trained):
    tinydnn.config.set_floatx(dtype)
    model, history = fit(tinydnn, *digits, epochs=1, verbose=0)
    weights, logs, _ = trained
    for ours, engines in zip(weights, model.get_weights(), strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, engines, rtol=0, atol=ONE_FILE[dtype])
    assert list(logs[0]) == list(history)
    np.testing.assert_allclose(list(logs[0].values()), np.ravel(list(history.values())), rtol=0, atol=ONE_FILE[dtype])


def test_extreme_numbers_do_not_overflow(dtype):
    z, y = np.array([[0, 1000, -1000], [-1000, -2000, -2000]], dtype), np.eye(3, dtype=dtype)[[2, 0]]
    with np.errstate(all="raise", under="ignore"):
        p, l = one_file.softmax_crossentropy(z, y)
        a = one_file.sigmoid(z[0])
    assert (p.tolist(), l.tolist(), a.tolist()) == ([[0, 1, 0], [1, 0, 0]], [2000, 0], [0.5, 1, 0])


# -- its log is Keras' own ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What it prints as a program, without words, from another folder: three epochs in float32."""
    done = run(cwd=tmp_path_factory.mktemp("elsewhere"))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
def test_it_prints_what_keras_prints(dtype, digits, trained, printed, capsys):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    from keras_ref.engines import load

    keras = load("keras", device="cpu")
    keras.config.set_floatx(dtype)
    try:
        fit(keras, *digits, epochs=3 if dtype == "float32" else 1, verbose=2)
    finally:
        keras.config.set_floatx("float32")
    log = without_times(capsys.readouterr().out)
    # Keras does not count the epochs where there is only one.
    assert log == (printed if dtype == "float32" else trained[2].removeprefix("Epoch 1/1\n"))


def without_times(log):
    """Keras' log without what it says of steps and seconds: 94/94 - 1s - 11ms/step."""
    return re.sub(r"^\d+/\d+ - \S+ - \S+/step - ", "", log, flags=re.MULTILINE)


def test_small_figures_are_printed_as_keras_prints_them(capsys, monkeypatch):
    losses = iter([0.00014, 0.001])
    monkeypatch.setattr(one_file, "softmax_crossentropy", lambda z, y: (np.zeros((1, 10)), np.array([next(losses)])))
    one_file.train(np.zeros((2, 784)), np.eye(10)[[0, 3]], 1)
    names_and_values = {"accuracy": 1.0, "loss": 0.00014, "val_accuracy": 0.0, "val_loss": 0.001}
    figures = [f"{name}: {tinydnn.progress.figure(value)}" for name, value in names_and_values.items()]
    assert capsys.readouterr().out == f"Epoch 1/1\n{' - '.join(figures)}\n"


# -- the book shows it -------------------------------------------------------------------------------


def test_the_book_shows_its_log_and_keras(printed):
    page = Path(book.BOOK).read_text(encoding="utf-8")
    ((_, path, log),) = book.PROGRAM.findall(page)
    assert (path, log) == ("docs/one_file.py", printed)
    (of_keras,) = re.findall(r"```\n\$ python keras_ref/plain\.py [^\n]*\n(.*?)```", page, re.DOTALL)
    assert without_times(of_keras) == printed


def test_with_epsilon_outside_the_root_the_loss_falls_faster_as_the_book_says(few_digits, monkeypatch):
    def rmsprop(w, g, v):
        v[...] = 0.9 * v + 0.1 * g**2
        w -= 0.001 * g / (np.sqrt(v) + 1e-7)

    x, y = one_file.load_digits(few_digits, "float32")
    _, logs = one_file.train(x, y, 10)
    monkeypatch.setattr(one_file, "rmsprop", rmsprop)
    _, faster = one_file.train(x, y, 10)
    assert all(theirs["loss"] < ours["loss"] for theirs, ours in zip(faster[1:], logs[1:], strict=True))


# -- it runs as a program ----------------------------------------------------------------------------


def test_words_may_come_in_any_order(few_digits, capsys):
    one_file.train(*one_file.load_digits(few_digits, "float64"), 2)
    expected = capsys.readouterr().out
    assert expected.count("Epoch") == 2
    for words in [("float64", 2, few_digits), (few_digits, 2, "float64")]:
        done = run(*words)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", expected)


@pytest.mark.parametrize("words", [["flaot64"], ["0"], ["-1"], ["float64", "nowhere.npz"], ["3", str(FILE)], ["cupy"]])
def test_what_it_can_not_do_is_said_in_one_line(words, tmp_path):
    (tmp_path / "cupy.py").write_text("raise ImportError('no CuPy here')")
    done = run(*words, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Expected [cupy] [float64] [EPOCHS] [PATH]. Received: {' '.join(words)} (")
    assert done.stderr.count("\n") == 1


# -- on a GPU ----------------------------------------------------------------------------------------


@pytest.mark.gpu
def test_cupy_trains_to_the_same_weights(few_digits, dtype):
    """Two steps, of 512 and of 288 digits, and the validation."""
    import cupy

    x, y = one_file.load_digits(few_digits, dtype)
    weights, logs = one_file.train(x, y, 1)
    on_gpu, logs_on_gpu = one_file.train(cupy.asarray(x), cupy.asarray(y), 1, xp=cupy)
    for ours, expected in zip(on_gpu, weights, strict=True):
        assert isinstance(ours, cupy.ndarray)
        assert ours.dtype == dtype
        np.testing.assert_allclose(cupy.asnumpy(ours), expected, rtol=0, atol=GPU_TRAINING[dtype])
    for name, value in logs[0].items():
        np.testing.assert_allclose(logs_on_gpu[0][name], value, rtol=0, atol=GPU_TRAINING[dtype])


@pytest.mark.gpu
def test_with_the_word_cupy_it_prints_the_same_log(few_digits):
    on_cpu, on_gpu = run("float64", 1, few_digits), run("cupy", "float64", 1, few_digits)
    assert on_gpu.returncode == 0, on_gpu.stderr
    assert on_gpu.stdout == on_cpu.stdout
