"""What is printed: the bar, the plain lines, the summary."""

import io
import re
import sys

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.utils.progbar import ProgressPrinter


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def net():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["accuracy"])
    return model


def fitted(monkeypatch, out, **arguments):
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setenv("TERM", "xterm")
    x, y = np.ones((6, 2)), np.ones((6, 1))
    net().fit(x, y, batch_size=2, validation_data=(x, y), **arguments)
    return out.getvalue()


FIGURES = r"accuracy: \d\.\d{4}(e[+-]\d\d)? - loss: [\d.e+-]+ - val_accuracy: [\d.e+-]+ - val_loss: [\d.e+-]+"


def test_one_plain_line_an_epoch_where_nothing_can_be_redrawn(monkeypatch):
    lines = fitted(monkeypatch, io.StringIO(), epochs=2).splitlines()
    assert len(lines) == 2
    for i, line in enumerate(lines, start=1):
        assert re.fullmatch(rf"Epoch {i}/2 - 3/3 - 0s - \d+[mu]s/step - {FIGURES}", line)


def test_verbose_2_is_keras_own(monkeypatch):
    lines = fitted(monkeypatch, Terminal(), epochs=2, verbose=2).splitlines()
    assert lines[::2] == ["Epoch 1/2", "Epoch 2/2"]
    for line in lines[1::2]:
        assert re.fullmatch(rf"3/3 - 0s - \d+[mu]s/step - {FIGURES}", line)


def test_verbose_0_prints_nothing(monkeypatch):
    assert fitted(monkeypatch, Terminal(), epochs=2, verbose=0) == ""


def test_a_bar_on_a_terminal(monkeypatch):
    text = fitted(monkeypatch, Terminal(), epochs=1)
    assert not text.startswith("Epoch")  # as in Keras, where there is one epoch only
    last = re.sub(r"\033\[\d+m", "", text.split("\r")[-1])
    assert re.fullmatch(rf"3/3 {'━' * 20} 0s \d+[mu]s/step - {FIGURES} *\n", last)


@pytest.mark.parametrize("columns", [12, 25, 40])
def test_the_bar_is_written_over_and_never_wraps(monkeypatch, columns):
    monkeypatch.setattr("tinydnn.utils.progbar._INTERVAL", 0)
    monkeypatch.setenv("COLUMNS", str(columns))
    text = fitted(monkeypatch, Terminal(), epochs=1)
    drawn = [re.sub(r"\033\[\d+m", "", part) for part in text.split("\r")[1:]]
    assert len(drawn) == 4
    assert all(len(part) < columns for part in drawn[:-1])
    assert [part[:3] for part in drawn] == ["1/3", "2/3", "3/3", "3/3"]


def test_a_bar_where_the_encoding_has_no_heavy_line(monkeypatch):
    class Old(Terminal):
        encoding = "cp1252"

    assert "=" * 20 in fitted(monkeypatch, Old(), epochs=1)


def test_evaluate_and_predict_show_theirs(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    model, x, y = net(), np.ones((6, 2)), np.ones((6, 1))
    model.evaluate(x, y, batch_size=2)
    model.predict(x, batch_size=3)
    first, second = out.getvalue().splitlines()
    assert re.fullmatch(r"3/3 - 0s - \d+[mu]s/step - accuracy: \S+ - loss: \S+", first)
    assert re.fullmatch(r"2/2 - 0s - \d+[mu]s/step", second)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, "0.5000"), (0.001, "1.0000e-03"), (0.0, "0.0000e+00"), (12.0, "12.0000")]
)
def test_small_numbers_are_shown_as_keras_shows_them(value, shown):
    out = Terminal()
    printer = ProgressPrinter(1, 2)
    printer._out = out
    printer.finish({"loss": value})
    assert out.getvalue().endswith(f" - loss: {shown}\n")


def summary_of(model):
    texts = []
    model.summary(print_fn=texts.append)
    return "".join(texts)


def test_the_summary_has_keras_rows_and_counts(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    model = keras.Sequential([layers.Reshape((784,), input_shape=(28, 28))])
    for units, activation in [(324, "sigmoid"), (36, "sigmoid"), (10, "softmax")]:
        model.add(layers.Dense(units, activation=activation))
    text = summary_of(model)
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in text.splitlines() if line.startswith("│")]
    assert rows == [
        ["reshape (Reshape)", "(None, 784)", "0"],
        ["dense (Dense)", "(None, 324)", "254,340"],
        ["dense_1 (Dense)", "(None, 36)", "11,700"],
        ["dense_2 (Dense)", "(None, 10)", "370"],
    ]
    assert text.startswith('Model: "sequential"\n')
    assert text.splitlines()[-3:] == [
        " Total params: 266,410 (1.02 MB)",
        " Trainable params: 266,410 (1.02 MB)",
        " Non-trainable params: 0 (0.00 B)",
    ]
    model.compile("rmsprop", "mse")
    model.fit(np.ones((1, 28, 28)), np.ones((1, 10)), verbose=0)
    lines = summary_of(model).splitlines()
    assert " Total params: 532,822 (2.03 MB)" in lines
    assert lines[-1] == " Optimizer params: 266,412 (1.02 MB)"


def test_the_summary_of_an_unbuilt_model():
    text = summary_of(keras.Sequential([layers.Dense(3, name="first")]))
    assert "first (Dense)" in text
    assert "0 (unbuilt)" in text
    assert " Total params: 0 (0.00 B)" in text
