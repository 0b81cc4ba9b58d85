"""Files of Keras 2 and of older Keras 3, as these wrote them (tests/helpers/written_by_keras.py), open and train on."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tolerances import KERAS_FLOAT32
from written_by_keras import X, train

import tinydnn as keras
from tinydnn.files.saving import read_loss

WRITTEN = Path(__file__).with_name("written_by_other_keras.zip")
with zipfile.ZipFile(WRITTEN) as archive:
    MEMBERS = {Path(name): archive.read(name) for name in archive.namelist()}
FILES = [str(path) for path in MEMBERS if path.suffix != ".npz"]

# Why a model opens with compile=False alone.
OTHER_STEPS = {
    "2.15.1/nadam.h5": "Nadam of Keras 2 takes other steps",
    "2.15.1/legacy_nadam.h5": "Nadam of Keras 2 takes other steps",
    "2.15.1/legacy_rmsprop.h5": r"legacy.*sqrt\(v\) \+ epsilon, and RMSprop since by sqrt\(v \+ epsilon\)",
    "2.15.1/legacy_adagrad.h5": r"legacy.*sqrt\(v\) \+ epsilon, and Adagrad since",
    "2.15.1/legacy_decay.h5": r"decay 0.01.*InverseTimeDecay\(0.1, 1, 0.01\) is the same",
}
OTHER_NUMBERS = {"2.15.1/hard_sigmoid.h5": r"dense.*: hard_sigmoid of Keras 2 is clip\(0.2 x \+ 0.5, 0, 1\)"}


def opened(name, folder, **how):
    path = folder / Path(name).name
    path.write_bytes(MEMBERS[Path(name)])
    return keras.models.load_model(path, **how)


def what_keras_had(name):
    """What it predicted when it wrote the file, and its weights after training on."""
    arrays = np.load(io.BytesIO(MEMBERS[Path(name).with_suffix(".npz")]))
    predicted, *weights = (arrays[each] for each in arrays.files)
    return predicted, weights


def assert_predicts(model, name):
    predicted, _ = what_keras_had(name)
    np.testing.assert_allclose(model.predict(X, verbose=0), predicted, rtol=0, atol=KERAS_FLOAT32)


@pytest.mark.parametrize("name", [name for name in FILES if name not in OTHER_STEPS and name not in OTHER_NUMBERS])
def test_a_model_predicts_and_trains_on_as_in_the_keras_that_wrote_it(name, tmp_path):
    model = opened(name, tmp_path)
    assert model.optimizer.iterations == 6
    assert_predicts(model, name)
    train(model)
    for ours, theirs in zip(model.get_weights(), what_keras_had(name)[1], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=KERAS_FLOAT32)


@pytest.mark.parametrize("name", OTHER_STEPS)
def test_an_optimizer_that_takes_other_steps_is_named_and_the_model_opens_without_it(name, tmp_path):
    with pytest.raises(keras.FileFormatError, match=rf"{OTHER_STEPS[name]}.*give compile=False$"):
        opened(name, tmp_path)
    assert_predicts(opened(name, tmp_path, compile=False), name)
    assert read_loss(tmp_path / Path(name).name).name == "categorical_crossentropy"  # for an evaluation


@pytest.mark.parametrize("name", OTHER_NUMBERS)
def test_a_formula_that_has_become_another_is_named(name, tmp_path):
    with pytest.raises(keras.FileFormatError, match=OTHER_NUMBERS[name]):
        opened(name, tmp_path, compile=False)


def test_metrics_of_keras_2_come_back_under_their_names(tmp_path):
    model = opened("2.15.1/all_kinds.h5", tmp_path)
    assert list(model.metrics_by_name) == ["accuracy", "mae", "auc", "of_two"]
    assert model.loss.label_smoothing == 0.1
