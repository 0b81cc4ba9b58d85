"""The recorder in trainings of tinydnn, and the file that it writes."""

import json
import random
import zipfile

import numpy as np
import pytest

import tinydnn as keras
import tinydnn.app.cli
from tinydnn import layers, models, optimizers
from tinydnn.files.whole import FileFormatError
from tinydnn.inspect import diagnosis
from tinydnn.inspect.recorder import Recorder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(22, 4))
LABELS = RNG.integers(0, 3, 22)
Y = np.eye(3)[LABELS]
EVERY = [each for each in vars(optimizers).values() if isinstance(each, type) and each.__name__ in optimizers.__all__]


def net(optimizer="rmsprop", *more, loss="categorical_crossentropy", threads=1):
    keras.utils.set_random_seed(1)
    dense = layers.Dense(5, activation="tanh"), *more, layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((4,)), *dense], threads=threads)
    model.compile(optimizer, loss)
    return model


def recorded(path, model, step=1, y=Y, seed=None, **fit):
    model.fit(X, y, batch_size=8, epochs=2, verbose=0, callbacks=[Recorder(path, step, seed=seed)], **fit)
    return diagnosis.read(path)


def diagnosed(step):
    return diagnosis.diagnose(models.model_from_json(step.model_json), step)


@pytest.mark.parametrize("kind", [each for each in EVERY if each is not optimizers.Optimizer])
def test_a_step_of_each_optimizer_is_recorded_with_its_slots(kind, tmp_path):
    model = net(kind(0.01))
    step = recorded(tmp_path / "step.npz", model, 3)
    assert (step.number, step.batch_size, len(step.x)) == (3, 8, 6)
    assert list(step.slots) == sorted(model.optimizer.slot_names())
    assert all(array.any() for kept in step.slots.values() for array in kept)
    assert diagnosed(step).right


@pytest.mark.parametrize(("y", "loss"), [(Y, "categorical_crossentropy"), (LABELS, "sparse_categorical_crossentropy")])
def test_threads_labels_and_averages_are_recorded_and_no_number_changes(y, loss, tmp_path):
    """With two threads a step has its samples in two parts."""
    plain, watched = (net("adam", layers.BatchNormalization(), loss=loss, threads=2) for _ in range(2))
    keras.utils.set_random_seed(2)
    plain.fit(X, y, batch_size=8, epochs=2, verbose=0)
    after = random.getstate()
    keras.utils.set_random_seed(2)
    step = recorded(tmp_path / "step.npz", watched, 5, y)
    assert random.getstate() == after
    for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert step.y.shape == (8, *y.shape[1:])
    assert len(step.before) == len(step.after) == 8
    assert diagnosed(step).right


def test_steps_that_follow_one_another_are_diagnosed_together(tmp_path):
    """A slot that is kept wrong shows in the next step."""
    path = tmp_path / "step-{step}.npz"
    net("adam").fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[Recorder(path, range(2, 5))])
    steps = [diagnosis.read(tmp_path / f"step-{number}.npz") for number in (2, 3, 4)]
    assert [(step.number, len(step.x), step.batch_size) for step in steps] == [(2, 8, 8), (3, 6, 8), (4, 8, 8)]
    model = models.model_from_json(steps[0].model_json)
    found = diagnosis.diagnose(model, steps)
    assert (found.right, found.number) == (True, 4)
    with pytest.raises(ValueError, match="several steps expect a path"):
        Recorder(tmp_path / "step.npz", [1, 2])


def test_the_seed_lets_the_weights_be_looked_at(tmp_path):
    step = recorded(tmp_path / "step.npz", net(), seed=1)
    for seed, remarks in ((1, 0), (2, 1)):
        keras.utils.set_random_seed(seed)
        step.seed = seed
        assert len(diagnosis.diagnose(models.model_from_json(step.model_json), step).remarks) == remarks


@pytest.mark.parametrize(
    ("model", "fit", "message"),
    [
        (lambda: net("rmsprop", layers.Dropout(0.5)), {}, "Recorder expects a net without Dropout"),
        (net, {"sample_weight": np.ones(22)}, "no sample_weight"),
    ],
)
def test_what_can_not_be_recorded_is_refused_before_the_first_step(model, fit, message, tmp_path):
    model = model()
    with pytest.raises(ValueError, match=message):
        recorded(tmp_path / "step.npz", model, **fit)
    assert model.optimizer.iterations == 0


def test_a_step_that_does_not_come_is_warned_of_and_a_missing_folder_is_an_error(tmp_path):
    with pytest.warns(UserWarning, match=r"had 6 steps, and .*step.npz was to get step 7"):
        net().fit(X, Y, batch_size=8, epochs=2, verbose=0, callbacks=[Recorder(tmp_path / "step.npz", 7)])
    with pytest.raises(FileNotFoundError, match="make it first, to write"):
        recorded(tmp_path / "no" / "step.npz", net())
    with pytest.raises(ValueError, match="step expects"):
        Recorder(tmp_path / "step.npz", 0)


def test_the_file_tells_the_net_and_keeps_tensors(tmp_path):
    path = tmp_path / "step.npz"
    step = recorded(path, net(optimizers.SGD(0.25, momentum=0.5)))
    assert json.loads(step.model_json)["compile_config"]["optimizer"]["config"]["momentum"] == 0.5
    step.tensors = {"dense/z": np.ones((8, 5)), "loss": np.array(0.5)}
    diagnosis.write(path, step)
    found = diagnosis.read(path)
    assert found.tensors.keys() == {"dense/z", "loss"}
    assert found.model_json == step.model_json


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": np.array([1.0])}, "model: expected one text"),
        ({"model": np.array(["{}", "{}"])}, "model: expected one text"),
        ({"model": np.array({"a": 1}, dtype=object)}, "model: expected one text"),
        ({"model": np.array(b"\xff" * 8).view("<U2")}, "can't decode"),
        ({"dense/z": np.array("text")}, "dense/z: expected plain numbers"),
        ({"dense": np.ones(3)}, "Found: dense"),
    ],
)
def test_a_file_with_something_else_is_refused(changed, message, tmp_path):
    path = tmp_path / "step.npz"
    recorded(path, net())
    np.savez(path, **{**np.load(path), **changed}, allow_pickle=True)
    with pytest.raises(FileFormatError, match=message):
        diagnosis.read(path)


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "step.npz"
    recorded(path, net())
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("model.npy").header_offset
    content[start + 300] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="Bad CRC-32"):
        diagnosis.read(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FileFormatError, match=r"step.npz: can't be read"):
        diagnosis.read(path)


def test_files_of_several_steps_are_diagnosed_together(tmp_path, monkeypatch, capsys):
    net().fit(X, Y, batch_size=8, verbose=0, callbacks=[Recorder(tmp_path / "{step}.npz", [1, 2, 3])])
    files = [str(tmp_path / f"{i}.npz") for i in (3, 1, 2)]

    def code(*given):
        monkeypatch.setattr("sys.argv", ["tinydnn", "diagnose", *given])
        with pytest.raises(SystemExit) as end:
            tinydnn.app.cli.main()
        return end.value.code

    assert code(*files) == 0
    assert "These are Keras' steps, all 3" in capsys.readouterr().out
    third = diagnosis.read(files[0])
    third.after[0] = third.after[0] + 0.01
    diagnosis.write(files[0], third)
    assert code(*files) == 1
    assert "The steps before step 3 are Keras'" in capsys.readouterr().out
    assert code(*files[:2]) == 2
    assert "steps that follow one another. Received: 1, 3" in capsys.readouterr().err
    (tmp_path / "mine.py").write_text("def step(weights, x, y): return weights")
    assert code(*[str(tmp_path / "mine.py")] * 2) == 2
    assert "one program, or files of steps. Received: 2 programs" in capsys.readouterr().err
