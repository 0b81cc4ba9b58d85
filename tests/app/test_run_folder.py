"""A run.json that no run can have written: one clear error with the file's name, whatever is odd in it."""

import json
from dataclasses import asdict

import pytest

import tinydnn as keras
from tinydnn.app import runs
from tinydnn.inspect.net import Settings

GOOD = {"settings": asdict(Settings(seed=1, hidden=(5,), epochs=1)), "results": {}, "versions": {}}
FINISHED = {"seconds": 1.0, "epochs": 1, "test_accuracy": 0.5, "test_loss": 1.0}


def refused(folder, content):
    (folder / "run.json").write_text(json.dumps(content))
    with pytest.raises(keras.FileFormatError, match=r"run\.json: expected"):
        runs.Run.resumed(folder)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("epochs", [None, False, 0, -1, 1.5, "20", [1], 10**30, float("inf")]),
        ("batch_size", [None, True, 0, -1, 1.5, "512", {}, float("nan")]),
        ("hidden", ["", "324", {}, {"a": 1}, 5, None, [0], [-1], ["a"], [[1]], [10**12], [10**30], [True]]),
        ("input", ["", "other", None, 1, []]),
        ("activation", [None, "other", 1, ["relu"]]),
        ("optimizer", [None, "other", 1, ["sgd"], {}]),
        ("decay_rate", [0, -1, 1.5, "0.9", None, float("nan"), True]),
        ("validation_split", [-0.1, 1, "0.2", None, float("nan"), False]),
        ("l2", [-1, "0.1", [1], float("nan")]),
        ("dropout", [-0.1, 1.5, "0.5", [1], float("nan")]),
        ("input_dropout", [-0.1, 1.5, "0.5", [1], float("nan")]),
        ("learning_rate", [-1, "fast", [1], float("nan"), float("inf"), 1e300]),
        ("seed", [-1, 1.5, "1", 2**32, [1]]),
        ("data", [1, True, [], {}]),
        ("device", [1, "tpu", []]),
        ("dtype", [None, 1, "int8", []]),
        ("threads", [0, -1, 1.5, "2", []]),
        ("checkpoint_every", [0, False, -1, 1.5, "epoch", []]),
    ],
)
def test_odd_settings_are_refused(tmp_path, name, values):
    for value in values:
        refused(tmp_path, {**GOOD, "settings": {**GOOD["settings"], name: value}})


def test_odd_parts_and_results_are_refused(tmp_path):
    for part in GOOD:
        for value in (None, 1, "text", [1]):
            refused(tmp_path, {**GOOD, part: value})
        refused(tmp_path, {key: value for key, value in GOOD.items() if key != part})
    for content in (None, 1, "text", [], {}):
        refused(tmp_path, content)
    for name in ("seconds", "epochs", "test_accuracy"):
        for value in (None, "x", [], {}):
            refused(tmp_path, {**GOOD, "results": {**FINISHED, name: value}})
    for name in ("seconds", "epochs", "test_loss"):
        refused(tmp_path, {**GOOD, "results": {key: value for key, value in FINISHED.items() if key != name}})


def test_settings_that_a_run_writes_are_taken(tmp_path):
    for change in ({}, {"hidden": []}, {"checkpoint_every": 3}, {"learning_rate": 0.5, "data": "digits.npz"}):
        (tmp_path / "run.json").write_text(json.dumps({**GOOD, "settings": {**GOOD["settings"], **change}}))
        assert not runs.Run.resumed(tmp_path).finished


def test_a_run_from_before_there_was_a_setting_has_its_default(tmp_path):
    settings = {name: value for name, value in GOOD["settings"].items() if name != "dropout"}
    (tmp_path / "run.json").write_text(json.dumps({**GOOD, "settings": settings}))
    assert runs.Run.resumed(tmp_path).settings.dropout == 0
