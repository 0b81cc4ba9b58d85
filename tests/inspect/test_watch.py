"""Watching a training: what is measured, next to plain NumPy, and how it is shown and kept."""

import csv
import functools
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import time

import commands
import numpy as np
import pytest
import stand_in
import textbook
from commands import environment, small_data
from matplotlib.colors import to_hex
from rich.console import Console
from tolerances import GPU_TRAINING, SAME_FLOAT32, SAME_FLOAT64

import tinydnn as keras
from tinydnn import layers
from tinydnn.app import run_folder, runs
from tinydnn.callbacks import BackupAndRestore, LambdaCallback
from tinydnn.inspect import figures, watch_table
from tinydnn.inspect.quantities import QUANTITIES
from tinydnn.inspect.watch import Watch

ROWS, INPUTS, CLASSES = 10, 4, 3


@pytest.fixture
def data(rng):
    return rng.normal(size=(ROWS, INPUTS)), np.eye(CLASSES)[rng.integers(0, CLASSES, ROWS)]


def net(*middle, last="softmax", loss="categorical_crossentropy", optimizer=None, threads=2, device="cpu"):
    threads = None if device == "gpu" else threads
    keras.utils.set_random_seed(4)
    hidden = [layer() for layer in middle] or [layers.Dense(5, "tanh", name="hidden", dtype="float64")]
    last = layers.Dense(CLASSES, last, name="last", dtype="float64")
    model = keras.Sequential([keras.Input((INPUTS,), dtype="float64"), *hidden, last], threads=threads, device=device)
    model.compile(optimizer or keras.optimizers.SGD(0.5), loss)
    return model


def watched(model, x, y, batch_size=ROWS, **options):
    watch = Watch(options.pop("every", 1))
    model.fit(x, y, batch_size, verbose=0, callbacks=[watch, *options.pop("callbacks", [])], **options)
    return watch


def rms(values):
    return math.sqrt(np.mean(np.square(values)))


# -- what is measured --------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("last", "loss"), [("softmax", "categorical_crossentropy"), ("linear", "mse"), ("sigmoid", "mse")]
)
def test_a_look_is_what_the_textbook_says(data, threads, last, loss):
    x, y = data
    model = net(last=last, loss=loss, threads=threads)
    model.layers[0].set_weights([3 * each for each in model.layers[0].get_weights()])  # else hardly any is saturated
    before = model.get_weights()
    watch = watched(model, x, y, epochs=1)
    _, gradients = textbook.loss_and_gradients(before, ["tanh", last], x, y, loss)
    _, (_, a, out) = textbook.forward(before, ["tanh", last], x)
    assert watch.steps == [1]
    for i, name in ((0, "hidden"), (2, "last")):
        found = {quantity: values[0] for quantity, values in watch.history[name].items()}
        assert found["gradient"] == pytest.approx(rms(gradients[i]), rel=SAME_FLOAT64)
        expected = 0.5 * np.linalg.norm(gradients[i]) / np.linalg.norm(before[i])
        assert found["update"] == pytest.approx(expected, rel=SAME_FLOAT64)
    assert 0 < watch.history["hidden"]["saturated"][0] == np.mean(np.abs(a) >= 0.98)
    share = np.mean((out <= 0.01) | (out >= 0.99)) if last == "sigmoid" else math.nan
    assert watch.history["last"]["saturated"] == [pytest.approx(share, nan_ok=True)]


PLANTED = {  # units that give: the low end, the high end, the middle, and an end or the other for each row
    "sigmoid": (0.75, 2),
    "tanh": (0.75, 2),
    "relu": (0.625, 2),  # its middle is 0, and it has no high end
    "relu6": (1, 3),  # its middle is 0 too
    "hard_sigmoid": (0.75, 2),
    "linear": (math.nan, math.nan),
    "softmax": (math.nan, math.nan),
}


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("activation", PLANTED)
def test_saturated_and_dead_units_are_found(activation, threads, alone):
    """Two rows, 1 and -1; with two threads each has a row of its own."""
    parts = [layers.Dense(4, name="a"), layers.Activation(activation, name="b")]
    parts = parts if alone else [layers.Dense(4, activation, name="a")]
    model = keras.Sequential([keras.Input((1,)), *parts, layers.Dense(1, name="end")], threads=threads)
    model.compile("sgd", "mse")
    model.layers[0].set_weights([np.array([[0, 0, 0, 9]]), np.array([-9, 9, 0, 0])])
    watch = watched(model, np.array([[1], [-1]]), np.ones((2, 1)), epochs=1)
    found = watch.history["b" if alone else "a"]
    assert (found["saturated"], found["dead"]) == tuple(
        [pytest.approx(each, nan_ok=True)] for each in PLANTED[activation]
    )
    assert list(watch.history) == (["a", "b", "end"] if alone else ["a", "end"])
    if alone:
        assert np.isnan([watch.history["b"][each] for each in ("gradient", "update")]).all()
        assert np.isnan([watch.history["a"][each] for each in ("saturated", "dead")]).all()


@pytest.mark.parametrize(("z", "saturated"), [(2.29, 0), (2.31, 1)])
def test_tanh_and_sigmoid_end_at_the_same_slope(z, saturated):
    """tanh z = 0.98 where sigmoid 2z = 0.99."""
    for activation, factor in (("tanh", 1), ("sigmoid", 2)):
        for sign in (1, -1):
            model = keras.Sequential([keras.Input((1,)), layers.Dense(1, activation, name="a")])
            model.compile("sgd", "mse")
            model.layers[0].set_weights([np.array([[0]]), np.array([factor * sign * z])])
            assert watched(model, np.ones((2, 1)), np.ones((2, 1)), epochs=1).history["a"]["saturated"] == [saturated]


def dense(**options):
    return lambda: layers.Dense(5, name="hidden", dtype="float64", **options)


NETS = {
    "plain": lambda: net(),
    "regularizer": lambda: net(dense(kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2))),
    "dropout": lambda: net(dense(activation="relu"), lambda: layers.Dropout(0.5, dtype="float64"), threads=3),
    "dropout that drops nothing": lambda: net(dense(activation="relu"), lambda: layers.Dropout(0.0, dtype="float64")),
    "no bias, an activation alone": lambda: net(
        dense(use_bias=False), lambda: layers.Activation("sigmoid", dtype="float64")
    ),
    "sigmoid whose loss is computed from its z": lambda: net(last="sigmoid"),
    "an activation first": lambda: net(lambda: layers.Activation("tanh", dtype="float64"), dense()),
}


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_gradient_and_update_of_a_plain_sgd_belong_together(make, data):
    """Its change is the gradient times the step size, whatever the net is made of; the last batch has two rows."""
    x, y = data
    model, kernels = make(), []
    keep = LambdaCallback(on_train_batch_begin=lambda *_: kernels.append(model.get_weights()))
    watch = watched(model, x, y, batch_size=4, epochs=2, callbacks=[keep])
    assert watch.steps == [1, 2, 3, 4, 5, 6]
    for i, name in ((0, "hidden"), (-2, "last")):
        for weights, gradient, update in zip(kernels, *list(watch.history[name].values())[:2], strict=True):
            W = weights[i]
            expected = 0.5 * gradient * math.sqrt(W.size) / np.linalg.norm(W)
            assert 0 < update == pytest.approx(expected, rel=1e3 * SAME_FLOAT64)  # W - W0 has lost some digits


def test_the_gradient_is_the_one_before_clipping(data):
    clipped, plain = (
        watched(net(optimizer=keras.optimizers.SGD(0.5, clipnorm=each)), *data, epochs=1) for each in (1e-3, None)
    )
    assert clipped.history["hidden"]["gradient"] == plain.history["hidden"]["gradient"]
    assert clipped.history["hidden"]["update"] < plain.history["hidden"]["update"]


def test_a_gradient_that_has_all_but_vanished_is_no_0(data):
    """Its square is smaller than any float32."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, name="a")])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.layers[0].set_weights([np.ones((1, 1)), np.zeros(1)])
    found = watched(model, np.array([[1e-30]]), np.ones((1, 1)), epochs=1).history["a"]
    assert found["gradient"] == [pytest.approx(2e-30, rel=SAME_FLOAT32)]
    assert found["update"] == [0]


def test_weights_that_are_all_0_have_no_update_ratio(data):
    model = net(dense(kernel_initializer="zeros"))
    watch = watched(model, *data, epochs=2)
    assert np.isnan(watch.history["hidden"]["update"]).tolist() == [True, False]
    assert watch.history["hidden"]["gradient"][0] > 0


@pytest.mark.parametrize(("every", "steps"), [(1, list(range(1, 13))), (5, [1, 6, 11]), (3, [1, 4, 7, 10]), (100, [1])])
def test_looks_are_counted_over_the_whole_training(data, every, steps):
    watch = watched(net(threads=3), *data, batch_size=4, epochs=4, every=every)  # batches of 4, 4 and 2
    assert watch.steps == steps
    assert {len(values) for found in watch.history.values() for values in found.values()} == {len(steps)}
    assert [list(found) for found in watch.history.values()] == [list(QUANTITIES)] * 2


def test_watching_changes_no_bit(data):
    def trained(callbacks):
        middle = dense(activation="relu", kernel_regularizer="l2"), lambda: layers.Dropout(0.3, dtype="float64")
        model = net(*middle, optimizer="rmsprop", threads=3)
        history = model.fit(*data, 4, epochs=5, verbose=0, callbacks=callbacks, validation_split=0.2)
        return model.parameters, history.history

    weights, log = trained([Watch(2)])
    expected, expected_log = trained([])
    np.testing.assert_array_equal(weights, expected)
    assert log == expected_log


def test_on_a_gpu_it_is_the_same_with_one_transfer_a_look(gpu, data):
    expected = watched(net(dense(activation="sigmoid", kernel_regularizer="l2")), *data, batch_size=4, epochs=3)
    model = net(dense(activation="sigmoid", kernel_regularizer="l2"), device="gpu")
    watch = watched(model, *data, batch_size=4, epochs=3)
    for name, found in expected.history.items():
        for quantity, values in found.items():
            tolerance = {"rel": GPU_TRAINING["float64"], "nan_ok": True}
            assert watch.history[name][quantity] == pytest.approx(values, **tolerance), (name, quantity)
    if gpu.xp is stand_in:
        taken = []
        for every in (1, 100):
            before = stand_in.counts.taken()
            watched(net(device="gpu"), *data, batch_size=4, epochs=3, every=every)
            taken.append(stand_in.counts.since(before)["copies_out"])
        assert taken[0] - taken[1] == 9 - 1


@pytest.mark.parametrize("every", [0, 1.5, True])
def test_a_wrong_every_is_refused(every):
    with pytest.raises(ValueError, match="every expects an integer of at least 1"):
        Watch(every)


# -- one Watch, several trainings ---------------------------------------------------------------------


def test_a_watch_goes_on_with_a_training_and_begins_anew_with_another(data):
    watch, model = Watch(1), net()
    model.fit(*data, 4, epochs=2, verbose=0, callbacks=[watch])
    first = watch.history["last"]["update"][:]
    model.fit(*data, 4, initial_epoch=2, epochs=3, verbose=0, callbacks=[watch])
    assert watch.steps == list(range(1, 10))
    assert watch.history["last"]["update"][:6] == first
    model.fit(*data, 4, epochs=1, verbose=0, callbacks=[watch])
    assert watch.steps == [1, 2, 3]
    other = net(lambda: layers.Dense(2, dtype="float64", name="other"))
    other.fit(*data, 4, initial_epoch=1, epochs=2, verbose=0, callbacks=[watch])
    assert watch.steps == [4, 5, 6]
    assert list(watch.history) == ["other", "last"]
    assert len(watch.history["other"]["dead"]) == 3


class PowerCutError(Exception):
    """What cuts a training off."""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("after", [True, False])
def test_a_training_goes_on_from_its_checkpoint_with_a_watch_or_without(tmp_path, data, before, after):
    def cut(batch, logs):
        if model.training.epoch == 1 and batch == 1:
            raise PowerCutError

    def backup():
        return BackupAndRestore(tmp_path, save_freq=2)

    whole = watched(expected := net(), *data, batch_size=4, epochs=3)
    watch, model = Watch(1), net()
    others = [watch] if before else []
    with pytest.raises(PowerCutError):
        model.fit(*data, 4, epochs=3, verbose=0, callbacks=[*others, backup(), LambdaCallback(on_train_batch_end=cut)])
    assert watch.steps == ([1, 2, 3, 4, 5] if before else [])  # and the checkpoint is of step 4
    model = net()
    model.fit(*data, 4, epochs=3, verbose=0, callbacks=[*([watch] if after else []), backup()])
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    if after:
        assert watch.steps == (whole.steps if before else [5, 6, 7, 8, 9])
        for name, found in watch.history.items():
            for quantity, values in found.items():
                np.testing.assert_array_equal(values, whole.history[name][quantity][-len(values) :])


# -- how it is shown ----------------------------------------------------------------------------------


def fake(**layers_found):
    """A Watch of planted values after a training of nothing: by layer (gradient, update, saturated, dead)."""
    model = keras.Sequential(
        [keras.Input((1,)), *(layers.Dense(10, a, name=name) for name, (a, _) in layers_found.items())]
    )
    model.compile("sgd", "mse")
    watch = watched(model, np.ones((1, 1)), np.ones((1, 10)), epochs=1)
    for name, (_, values) in layers_found.items():
        watch.history[name] = {quantity: [value] for quantity, value in zip(QUANTITIES, values, strict=True)}
    return watch


NONE = math.nan


@pytest.mark.parametrize(
    ("activation", "values", "remarks"),
    [
        ("tanh", (1e-3, 1e-3, 0.5, 5), []),
        ("tanh", (0.0, 0.0, 0.9, 9), ["no gradient", "small updates", "saturated", "mostly dead"]),
        ("sigmoid", (1e-3, 0.99e-4, 0.51, 5), ["small updates", "saturated"]),
        ("sigmoid", (1e-3, 1.1e-1, 0.49, 6), ["large updates", "mostly dead"]),
        ("relu", (1e-3, 1e-4, 0.89, 5), []),  # half of its outputs are 0 in a fresh net
        ("relu", (1e-3, 1e-1, 0.91, 5), ["saturated"]),
        ("linear", (1e-3, NONE, NONE, NONE), []),
    ],
)
def test_remarks_are_words(activation, values, remarks):
    watch = fake(layer=(activation, values))
    assert watch.looks.remarks("layer") == remarks
    (line,) = watch_table.lines(watch.looks)
    assert line.endswith(f"  ({', '.join(remarks)})") == bool(remarks)
    assert ", ".join(remarks) in text(watch)


def text(watch, width=150, encoding="utf-8"):
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding=encoding), width=width)
    console.print(watch.table(console))
    console.file.flush()
    return console.file.buffer.getvalue().decode(encoding)


def test_the_table_has_a_row_for_each_layer_and_a_dash_where_there_is_nothing():
    watch = fake(first=("tanh", (1.234e-3, 2e-2, 0.126, 3)), second=("softmax", (1e-3, 1e-3, NONE, NONE)))
    shown = [line.split() for line in text(watch).splitlines()]
    assert ["first", "1.2e-03", "2.0e-02", "13%", "3", "of", "10", "█"] in shown
    assert ["second", "1.0e-03", "1.0e-03", "–", "–", "█"] in shown
    assert "At step 1; a look every 1 steps" in text(watch)
    assert watch_table.lines(watch.looks) == [
        "first   gradient 1.2e-03  update 2.0e-02  saturated 13%  dead 3 of 10",
        "second  gradient 1.0e-03  update 1.0e-03",
    ]
    assert text(watch, encoding="ascii").replace("|", "").split("second")[1].split()[2:5] == ["-", "-", "#"]


@pytest.mark.parametrize(("width", "course", "remarks"), [(150, True, True), (80, False, True), (60, False, False)])
def test_a_narrow_terminal_loses_columns_and_no_figure(width, course, remarks):
    watch = fake(dense=("tanh", (1.234e-3, 2e-5, 0.9, 3)), dense_1=("relu", (1e-3, 1e-3, 0.4, 9)))
    shown = text(watch, width)
    for cell in ("dense ", "dense_1 ", "1.2e-03", "2.0e-05", "90%", "3 of 10", "9 of 10"):
        assert cell in shown
    assert "…" not in shown
    assert ("updates so far" in shown, "small updates, saturated" in shown) == (course, remarks)


def test_a_watch_that_was_loaded_has_no_table_before_its_training(tmp_path):
    watch = fake(layer=("tanh", (1e-3, 1e-3, 0.1, 0)))
    watch.save(tmp_path)
    loaded = Watch()
    loaded.load(tmp_path)
    assert "layer  " in text(loaded)
    assert watch_table.lines(loaded.looks) == []


def test_before_the_first_look_the_table_is_empty():
    assert "No look yet" in text(Watch())


def test_bars_are_logarithmic_and_span_a_factor_of_ten_or_more():
    assert watch_table.sparkline([]) == ""
    assert watch_table.sparkline([1e-3]) == "█"
    assert watch_table.sparkline([1e-3, 1e-2, 1e-1]) == "▁▅█"
    assert watch_table.sparkline([1e-3, 2e-3]) == "▆█"
    assert watch_table.sparkline([NONE, 0, math.inf, 1e-1, 1e-2], "_#") == "   #_"
    many = watch_table.sparkline([10.0**-i for i in range(100)])
    assert (len(many), many[0], many[-1]) == (16, "█", "▁")


def shown(monkeypatch, console, every=1, epochs=2, interval=0.0, model=None, **options):
    monkeypatch.setattr(watch_table, "_INTERVAL", interval)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, INPUTS)), np.eye(CLASSES)[rng.integers(0, CLASSES, ROWS)]
    watch = Watch(every, show=True, console=console)
    (model or net()).fit(x, y, 4, epochs=epochs, verbose=0, validation_data=(x, y), callbacks=[watch], **options)
    return console.file.getvalue() if not console.file.closed else None


def terminal(**options):
    settings = {"force_terminal": True, "width": 90, "height": 30, "highlight": False, "color_system": None}
    return Console(file=io.StringIO(), **{**settings, **options})


def screen(written, height=30):
    """What a terminal shows in the end."""
    rows, at = [], 0
    for up, part in re.findall(r"(?:\033\[(\d+)A\r\033\[J)?([^\033]*)", written):
        if up:
            at -= int(up)
            assert at >= max(0, len(rows) - height + 1), "the cursor can't go above the screen"
            del rows[at:]
        rows += part.split("\n")[:-1]
        at = len(rows)
    return rows


def test_on_a_terminal_the_table_is_drawn_over(monkeypatch):
    written = shown(monkeypatch, terminal())
    rows = screen(written)
    assert re.fullmatch(r"Epoch 2/2 - loss: \S+ - val_loss: \S+", rows[0])
    assert [row.split()[0] for row in rows if row.split()[:1] in (["hidden"], ["last"])] == ["hidden", "last"]
    assert rows[-1].split() == ["At", "step", "6;", "a", "look", "every", "1", "steps"]
    for place in ("Epoch 1/2, step 1/3 - loss: ", "Epoch 2/2, step 3/3 - loss: "):
        assert place in written
    assert written.count("\033[J") == 7  # six steps and two ends of epochs, the first of them over nothing
    assert written.endswith("\n")


def test_a_few_times_a_second_is_enough(monkeypatch):
    assert shown(monkeypatch, terminal(), interval=60).count("Epoch") == 3  # the first step, and the ends of the epochs


def test_a_table_that_is_higher_than_the_screen_is_cut(monkeypatch):
    rows = screen(shown(monkeypatch, terminal(height=6)), height=6)
    assert len(rows) == 5
    assert rows[0].startswith("Epoch 2/2 - loss")


@pytest.mark.parametrize("console", [terminal(force_terminal=False), terminal(_environ={"TERM": "dumb"})])
def test_else_there_are_plain_lines_after_each_epoch(monkeypatch, console):
    lines = shown(monkeypatch, console).splitlines()
    number = r"\d\.\de-\d\d"
    for i, (epoch, hidden, last) in enumerate((lines[:3], lines[3:]), 1):
        assert re.fullmatch(rf"Epoch {i}/2 - loss: \S+ - val_loss: \S+", epoch)
        assert re.fullmatch(rf"  hidden  gradient {number}  update {number}  saturated \d+%  dead 0 of 5.*", hidden)
        assert re.fullmatch(rf"  last    gradient {number}  update {number}( .*)?", last)


def test_where_the_encoding_has_no_bars_there_is_ascii(monkeypatch):
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = terminal(_environ={}, legacy_windows=False)
    console.file = file
    monkeypatch.setattr(watch_table, "_INTERVAL", 0)
    model = net()
    model.fit(np.ones((4, 4)), np.eye(3)[[0, 1, 2, 0]], verbose=0, callbacks=[Watch(1, show=True, console=console)])
    file.flush()
    assert b"hidden" in file.buffer.getvalue()
    assert b"#" in file.buffer.getvalue()


@pytest.mark.parametrize("forced", [True, False])
def test_an_output_that_was_closed_ends_no_training(monkeypatch, forced):
    console, model = terminal(force_terminal=forced), net()
    close = LambdaCallback(on_train_batch_end=lambda batch, logs: console.file.close() if batch == 1 else None)
    monkeypatch.setattr(watch_table, "_INTERVAL", 0)
    x, y = np.ones((ROWS, INPUTS)), np.eye(CLASSES)[np.zeros(ROWS, int)]
    model.fit(x, y, 4, epochs=2, verbose=0, callbacks=[close, Watch(1, show=True, console=console)])
    assert model.optimizer.iterations == 6


def test_a_second_training_is_shown_below_the_first(monkeypatch):
    console = terminal()
    monkeypatch.setattr(watch_table, "_INTERVAL", 0)
    watch = Watch(1, show=True, console=console)
    for _ in range(2):
        net().fit(np.ones((4, 4)), np.eye(3)[[0, 1, 2, 0]], epochs=1, verbose=0, callbacks=[watch])
    assert sum(row.startswith("Epoch 1/1") for row in screen(console.file.getvalue())) == 2


# -- as figure and files ------------------------------------------------------------------------------


def test_the_figure_has_a_line_for_each_layer_in_four_panels():
    watch = fake(first=("tanh", (1e-3, 2e-2, 0.25, 3)), second=("softmax", (0.0, 1e-3, NONE, NONE)))
    figure = figures.watch(watch.steps, watch.history)
    gradient, update, saturated, dead = figure.axes
    assert [line.get_xydata().tolist() for line in gradient.lines] == [[[1, 1e-3]]]  # a logarithm has no place for 0
    assert [line.get_ydata()[0] for line in update.lines] == [2e-2, 1e-3, 1e-3]  # the last is the rule of thumb
    assert [line.get_xydata().tolist() for line in saturated.lines] == [[[1, 0.25]]]
    assert [line.get_xydata().tolist() for line in dead.lines] == [[[1, 3]]]
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log", "linear", "linear"]
    names = [each.get_text() for each in figure.legends[0].get_texts()]
    assert names == ["first", "second", "1e-3, a rule of thumb"]
    assert [to_hex(line.get_color()).upper() for line in update.lines[:2]] == list(figures._COLOURS[:2])
    figure.canvas.draw()
    box = figure.get_tightbbox()
    assert box.x0 >= -0.01
    assert box.x1 <= figure.get_figwidth() + 0.01
    assert box.y0 >= -0.01


def test_the_figure_of_a_net_without_such_things_says_so():
    figure = figures.watch([1, 2], {"only": {each: [NONE, NONE] for each in QUANTITIES}})
    assert [axes.texts[0].get_text() for axes in figure.axes if axes.texts] == ["no layer has any"] * 4


def test_what_was_saved_is_loaded(tmp_path, data):
    watch = watched(net(lambda: layers.Dense(5, "relu", dtype="float64", name='a, "b"')), *data, 4, epochs=2)
    watch.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["watch.csv", "watch.png"]
    rows = list(csv.DictReader((tmp_path / "watch.csv").read_text().splitlines()))
    assert [(row["step"], row["layer"]) for row in rows[:3]] == [("1", 'a, "b"'), ("1", "last"), ("2", 'a, "b"')]
    assert float(rows[2]["update"]) == watch.history['a, "b"']["update"][1]
    assert rows[1]["saturated"] == rows[1]["dead"] == ""
    loaded = Watch()
    loaded.load(tmp_path)
    assert loaded.steps == watch.steps
    assert repr(loaded.history) == repr(watch.history)  # NaN is not itself
    loaded.load(tmp_path / "nowhere")
    assert loaded.steps == watch.steps


GOOD = "step,layer,gradient,update,saturated,dead\n1,a,0.1,0.1,0.5,2\n"


@pytest.mark.parametrize(
    "content",
    [
        "", "step,layer\n", GOOD + "1,a,0.1,0.1,0.5,2\n", GOOD + "2,b,0.1,0.1,0.5,2\n", GOOD + "2,a,0.1,0.1\n",
        GOOD + "2,a,x,0.1,0.5,2\n", GOOD + "2,a,0.1,0.1,0.5,2.5\n", GOOD + "0,a,0.1,0.1,0.5,2\n", GOOD + "\n",
        GOOD + "x,a,0.1,0.1,0.5,2\n", "\udcff",
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "watch.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    watch = Watch()
    with pytest.raises(keras.FileFormatError, match=r"watch\.csv: expected what a watched training wrote; remove it"):
        watch.load(tmp_path)
    assert (watch.steps, watch.history) == ([], {})


# -- the command --------------------------------------------------------------------------------------


command = functools.partial(commands.command, warnings="error")


def test_train_watch_shows_and_writes(tmp_path):
    folder = tmp_path / "run"
    options = "--hidden", "8", "--epochs", 3, "--batch-size", 40, "--seed", 1, "--data", small_data(tmp_path)
    done = command("train", "--watch", *options, "--out", folder)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split(" - ")[0] for line in lines if line.startswith("Epoch")] == [f"Epoch {i}/3" for i in (1, 2, 3)]
    assert sum(line.startswith("  dense_1 ") for line in lines) == 3
    assert lines[-1] == f"What the layers did: {folder / 'watch.png'}"
    rows = list(csv.DictReader((folder / "watch.csv").read_text().splitlines()))
    assert [row["step"] for row in rows if row["layer"] == "dense"] == ["1", "11", "21"]
    assert (folder / "watch.png").read_bytes().startswith(b"\x89PNG")
    plain = command("train", *options, "--out", tmp_path / "plain", "--json")
    results = json.loads((folder / "run.json").read_text())["results"]
    assert results["weights_sha256"] == json.loads(plain.stdout)["results"]["weights_sha256"]
    assert not (tmp_path / "plain" / "watch.csv").exists()
    again = command("train", "--resume", folder, "--watch")
    assert (again.returncode, again.stdout) == (2, "")
    assert "is finished, so there is nothing to watch; leave out --watch" in again.stderr
    assert list(csv.DictReader((folder / "watch.csv").read_text().splitlines())) == rows


def test_what_does_not_go_with_watch_is_refused(tmp_path):
    for option in ([], ["--resume", tmp_path]):
        done = command("train", "--watch", "--json", *option)
        assert done.returncode == 2
        assert "--json prints the result and nothing else; leave out --json or --watch" in " ".join(done.stderr.split())
    (tmp_path / "watch.csv").write_text("mine")
    done = command("train", "--out", tmp_path)
    assert done.returncode == 2
    assert "has a watch.csv already" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
def test_a_watched_run_that_was_cut_off_keeps_what_it_saw_and_goes_on(tmp_path):
    folder = tmp_path / "run"
    program = [sys.executable, "-m", "tinydnn", "train", "--watch", "--epochs", "2000", "--hidden", "8"]
    program += ["--batch-size", "40", "--data", str(small_data(tmp_path)), "--out", str(folder)]
    process = subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment()
    )
    while not process.stdout.readline().startswith("Epoch 3/"):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    time.sleep(0.01)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the run was saved to" in errors
    before = seen(folder)
    assert before[:4] == [1, 11, 21, 31]
    assert (folder / "watch.png").exists()
    run = runs.Run.resumed(folder)
    done = run.model.optimizer.iterations or load_steps(folder)
    assert before[-1] > done - 10
    description = json.loads((folder / "run.json").read_text())
    description["settings"]["epochs"] = done // 10 + 2  # and not 2000
    (folder / "run.json").write_text(json.dumps(description))
    again = command("train", "--resume", folder, "--watch", warnings="default")
    assert again.returncode == 0, again.stderr
    assert f"goes on with epochs={description['settings']['epochs']} in place of 2000" in again.stderr
    assert seen(folder) == list(range(1, 10 * description["settings"]["epochs"] + 1, 10))


def load_steps(folder):
    return keras.models.load_model(folder / run_folder.MODEL_FILE).optimizer.iterations


def seen(folder):
    rows = csv.DictReader((folder / "watch.csv").read_text().splitlines())
    return [int(row["step"]) for row in rows if row["layer"] == "dense"]
