"""Programs as people write them print the same on Keras and, with only their imports changed, on tinydnn.

Each runs once on either, as a script. Those of `programs/old` are in the words of Keras 1 and 2, which Keras 3 refuses:
their twins beside them, in today's words, run on Keras.
"""

import importlib
import os
import warnings
from pathlib import Path

import numpy as np
import programs
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
pytest.importorskip("matplotlib.pyplot")  # what is imported draws random numbers, which a program would begin with

import tinydnn  # noqa: E402

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
OLD = sorted(path for path in (PROGRAMS / "old").glob("*.py") if not path.stem.endswith("_today"))
NEW = sorted(PROGRAMS.glob("*.py"))
SEED = 1  # for programs that set none


@pytest.fixture(autouse=True)
def _a_place_of_its_own(tmp_path, monkeypatch, mnist):
    monkeypatch.chdir(tmp_path)
    for name in ("keras.datasets.mnist", "keras._tf_keras.keras.datasets.mnist"):  # which of them is tensorflow.keras'
        monkeypatch.setattr(importlib.import_module(name), "load_data", lambda path="mnist.npz": mnist)  # depends


def on_keras(path):
    real_keras.utils.clear_session(free_memory=False)
    real_keras.utils.set_random_seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Keras says of `input_shape` and the like
        return programs.printed(path.read_text(encoding="utf-8"), str(path))


def on_tinydnn(path):
    tinydnn.utils.clear_session(free_memory=False)
    tinydnn.utils.set_random_seed(SEED)
    return programs.printed(programs.on_tinydnn(path.read_text(encoding="utf-8")), str(path))


@pytest.mark.parametrize("path", NEW, ids=lambda path: path.stem)
def test_a_program_prints_the_same(path):
    assert programs.differences(on_tinydnn(path), on_keras(path)) == []


@pytest.mark.filterwarnings("ignore:.* is an old spelling:DeprecationWarning", "ignore:decay=:UserWarning")
@pytest.mark.parametrize("path", OLD, ids=lambda path: path.stem)
def test_a_program_in_old_words_prints_what_it_prints_in_todays(path):
    today = path.with_name(f"{path.stem}_today.py")
    assert programs.differences(on_tinydnn(path), on_keras(today)) == []


def test_there_are_forty_and_they_import_keras_in_many_ways():
    assert len(NEW) + len(OLD) >= 40
    texts = [path.read_text(encoding="utf-8") for path in NEW]
    assert all(programs.on_tinydnn(text) != text for text in texts)
    for way in ("import keras\n", "from keras.", "from tensorflow import keras", "from tensorflow.keras.",
                "import tensorflow as tf", "import tensorflow.keras as"):  # fmt: skip
        assert any(way in text for text in texts), way


def test_only_imports_are_changed():
    for path in NEW + OLD:
        text = path.read_text(encoding="utf-8")
        changed = programs.on_tinydnn(text)
        for a, b in zip(text.splitlines(), changed.splitlines(), strict=True):
            assert a == b or (a.lstrip().startswith(("import ", "from ")) and "tinydnn" in b)
        assert "tensorflow" not in changed


def test_what_counts_as_the_same():
    def same(a, b):
        return programs.differences(a, b) == []

    drawn_over = "\r\x1b[1m1/3\x1b[0m \x1b[32m━━\x1b[0m \x1b[1m2s\x1b[0m 9ms/step - loss: 2.0\b\b\b"
    bar = f"{drawn_over}\r3/3 ━━━━ 0s 7ms/step - loss: 1.50  \n"
    assert same("Epoch 1/2 - 3/3 - 1s - 2ms/step - loss: 1.50\n", f"Epoch 1/2\n{bar}")
    assert not same("Epoch 1/2 - 3/3 - 1s - 2ms/step - loss: 1.52\n", f"Epoch 1/2\n{bar}")
    assert same("accuracy 0.8333, 12 of 40", "accuracy 0.8334,  12 of 40")
    assert not same("accuracy 0.8333", "accuracy 0.8335")
    assert not same("12 of 40", "13 of 40")
    assert same(f"{np.float32(0.1)} [1.00001e-05]", "0.10000002 [1.0e-05]")
    assert not same("-0.25", "0.25")
    assert not same("loss 1.0", "loss 1.0\nand more")
    assert not same("relu 1.0", "tanh 1.0")
