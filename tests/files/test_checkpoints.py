"""A training that was cut off goes on from its checkpoint, and ends with the bits of one that never was."""

import json
import random as python_random
import signal
import zipfile

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, random
from tinydnn.callbacks import (
    BackupAndRestore,
    Callback,
    CSVLogger,
    EarlyStopping,
    LambdaCallback,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from tinydnn.files import checkpoints

N, BATCH, EPOCHS = 50, 8, 4  # seven steps an epoch, the last of them smaller
STEPS = 7


class PowerCutError(Exception):
    """What cuts the training off."""


class Drawing(Callback):
    """Draws from all generators, and keeps a sum."""

    kept = {"total": float}
    total = 0.0

    def on_train_batch_end(self, batch, logs=None):
        self.total += python_random.random() + float(np.random.rand())


class Decay(Callback):
    """A learning rate that falls."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch:
            self.model.optimizer.learning_rate *= 0.9


def by_message(value):
    """Names a case by its text alone: an object shows where it lies, which is another place in each process."""
    return value if isinstance(value, str) else type(value).__name__


def net(optimizer="rmsprop", threads=2, dtype="float32"):
    model = keras.Sequential(
        [
            layers.Dense(6, activation="sigmoid", kernel_regularizer="l2", dtype=dtype),
            layers.Dropout(0.3, dtype=dtype),
            layers.Dense(3, activation="softmax", dtype=dtype),
        ],
        threads=threads,
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data():
    rng = np.random.default_rng(5)
    return rng.normal(size=(N + 10, 4)), rng.integers(0, 3, N + 10)


def train(model, folder, others=(), every=3, cut=None, **options):
    """Train with a backup; cut=(epoch, hook, batch) raises there."""
    epochs = []

    def epoch_begins(epoch, logs):
        epochs.append(epoch)

    def cut_at(hook):
        def act(batch, logs):
            if cut == (epochs[-1], hook, batch):
                raise PowerCutError

        return act

    axe = LambdaCallback(
        on_epoch_begin=epoch_begins,
        **{f"on_{hook}": cut_at(hook) for hook in ("train_batch_begin", "train_batch_end", "test_batch_end")},
        on_epoch_end=lambda epoch, logs: cut_at("epoch_end")(0, logs),
    )
    backup = BackupAndRestore(folder, save_freq=every, delete_checkpoint=False)
    x, y = data()
    settings = {"batch_size": BATCH, "epochs": EPOCHS, "validation_data": (x[N:], y[N:]), "verbose": 0, **options}
    return model.fit(x[:N], y[:N], callbacks=[backup, axe, *others], **settings)


def same(model, history, expected_model, expected_history):
    np.testing.assert_array_equal(model.parameters, expected_model.parameters)
    for name, slot in expected_model.optimizer.slots.items():
        np.testing.assert_array_equal(model.optimizer.slots[name], slot)
    assert model.optimizer.iterations == expected_model.optimizer.iterations
    assert model.optimizer.learning_rate == expected_model.optimizer.learning_rate
    assert [layer.steps_seen for layer in model.layers] == [layer.steps_seen for layer in expected_model.layers]
    assert history.history == expected_history.history
    assert history.epoch == expected_history.epoch


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", keras.optimizers.SGD(momentum=0.9)])
@pytest.mark.parametrize("every", [1, 3, "epoch"])
@pytest.mark.parametrize(
    "cut",
    [
        (0, "train_batch_begin", 5),
        (1, "train_batch_end", 2),
        (1, "train_batch_end", 6),
        (2, "test_batch_end", 0),
        (2, "epoch_end", 0),
        (3, "train_batch_begin", 0),
    ],
)
def test_a_training_cut_off_anywhere_ends_as_one_that_was_not(tmp_path, optimizer, threads, every, cut):
    def start(seed, drawn=0):
        keras.utils.set_random_seed(seed)
        for _ in range(drawn):
            python_random.random(), np.random.rand()
        fresh = keras.optimizers.SGD(momentum=0.9) if not isinstance(optimizer, str) else optimizer
        return net(fresh, threads)

    expected = start(3)
    expected_history = train(expected, tmp_path / "whole", [Drawing(), Decay()], every)
    expected_random = random.get_state()

    with pytest.raises(PowerCutError):
        train(start(3), tmp_path / "cut", [Drawing(), Decay()], every, cut)
    there = (tmp_path / "cut" / "checkpoint.npz").exists()
    assert there or (every == "epoch" and cut[0] == 0)
    # In another process all would be seeded anew; what counts comes from the checkpoint, so other draws show it.
    model, drawing = start(3, drawn=5 * there), Drawing()
    history = train(model, tmp_path / "cut", [drawing, Decay()], every)
    same(model, history, expected, expected_history)
    assert json.dumps(random.get_state(), default=str) == json.dumps(expected_random, default=str)


def test_callbacks_keep_their_best_and_what_they_waited(tmp_path):
    def callbacks(folder):
        best = ModelCheckpoint(folder / "best.keras", save_best_only=True, initial_value_threshold=100)
        return [EarlyStopping(patience=2, restore_best_weights=True, min_delta=0.02), best]

    expected = net()
    whole = callbacks(tmp_path)
    expected_history = train(expected, tmp_path / "whole", whole, epochs=30)
    stopped = whole[0].stopped_epoch
    assert 2 <= stopped < 29
    for epoch in range(1, stopped + 1):
        keras.utils.set_random_seed(1)
        with pytest.raises(PowerCutError):
            train(net(), tmp_path / f"{epoch}", callbacks(tmp_path), epochs=30, cut=(epoch, "train_batch_end", 5))
        model, others = net(), callbacks(tmp_path)
        history = train(model, tmp_path / f"{epoch}", others, epochs=30)
        same(model, history, expected, expected_history)
        assert [vars(each)["best"] for each in others] == [each.best for each in whole]
        assert others[0].stopped_epoch == stopped


def test_a_training_that_a_callback_has_stopped_stays_stopped(tmp_path):
    """Cut off between the step that stopped it and the end."""

    class Stop(Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 2

    with pytest.raises(PowerCutError):
        train(net(), tmp_path, [Stop()], every=1, cut=(0, "test_batch_end", 0))
    model = net()
    history = train(model, tmp_path, every=1)
    assert model.optimizer.iterations == 3
    assert history.epoch == [0]


def test_a_training_that_diverges_after_it_was_resumed_is_left_with_the_same_weights(tmp_path):
    class Explode(Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.optimizer.iterations == 2 * STEPS + 5:
                self.model.layers[0].weights[0][...] = np.nan

    left = []
    for cut in (None, (2, "train_batch_begin", 4)):
        keras.utils.set_random_seed(1)
        folder = tmp_path / str(cut)
        if cut:
            with pytest.raises(PowerCutError):
                train(net(), folder, [Explode()], every=1, cut=cut)
        model = net()
        with pytest.raises(FloatingPointError, match="epoch 3, step 6"):
            train(model, folder, [Explode()], every=1)
        left.append(model.parameters.copy())
    np.testing.assert_array_equal(*left)
    assert np.isfinite(left[0]).all()


def test_the_backup_goes_once_the_training_is_done_and_a_folder_of_others_stays(tmp_path):
    x, y = data()
    for there in (False, True):
        folder = tmp_path / "new" / str(there)
        if there:
            folder.mkdir(parents=True)
            (folder / "notes.txt").write_text("mine")
        net().fit(x, y, verbose=0, callbacks=[BackupAndRestore(folder, double_checkpoint=True, save_freq=1)])
        assert folder.exists() == there
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_of_two_backups_the_one_before_is_taken_where_the_last_is_damaged(tmp_path):
    def backup():
        return BackupAndRestore(tmp_path, save_freq=1, double_checkpoint=True, delete_checkpoint=False)

    x, y = data()
    whole = net()
    whole.fit(x, y, 16, epochs=2, verbose=0, callbacks=[backup()])
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\3\4")
    python_random.random()
    model = net()
    model.fit(x, y, 16, epochs=2, verbose=0, callbacks=[backup()])
    np.testing.assert_array_equal(model.parameters, whole.parameters)
    for path in tmp_path.iterdir():
        path.write_bytes(b"PK\3\4")
    with pytest.raises(keras.FileFormatError, match=r"previous-checkpoint\.npz"):
        net().fit(x, y, 16, epochs=2, verbose=0, callbacks=[backup()])


# -- what a checkpoint can't be ----------------------------------------------------------------------------


@pytest.fixture
def cut_off(tmp_path):
    with pytest.raises(PowerCutError):
        train(net(), tmp_path, every=2, cut=(1, "train_batch_end", 4))
    return tmp_path


def refused(model, folder, message, **options):
    """fit raises a FileFormatError, and the model and all generators are as they were."""
    x, _ = data()
    model.build((None, x.shape[1]))
    before, generators = model.parameters.copy(), json.dumps(random.get_state(), default=str)
    with pytest.raises(keras.FileFormatError, match=message) as error:
        train(model, folder, every=2, **options)
    assert "checkpoint.npz" in str(error.value)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.optimizer.iterations == 0
    assert json.dumps(random.get_state(), default=str) == generators


def test_a_checkpoint_of_another_training_is_refused(cut_off):
    refused(net("adam"), cut_off, "expected optimizer='Adam', .*Found: optimizer='RMSprop'")
    refused(net(), cut_off, "batch_size=9. Found: batch_size=8", batch_size=9)
    refused(net(), cut_off, r"callbacks \['EarlyStopping', 'History'\]. Found: \['History'\]", others=[EarlyStopping()])
    refused(net(dtype="float64"), cut_off, "dtype='float64'")
    other = keras.Sequential([layers.Dense(3, activation="softmax")])
    other.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    refused(other, cut_off, "number of layers=1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s["model"]["parameters"].fill(np.nan), "finite weights"),
        (lambda s: s["good"].update(parameters=np.float32(1)), "damaged"),
        (lambda s: s.update(epoch=-1), "epoch expects"),
        (lambda s: s.update(step=10**9), "a step of 7"),
        (lambda s: s.update(order=np.zeros(N, np.uint32)), "an order of 50 samples"),
        (lambda s: s.pop("averages"), "averages"),
        (lambda s: s["random"]["numpy"].__setitem__(2, 10**9), "position 1000000000"),
        (lambda s: s["random"].update(seed="x"), "seed 'x'"),
        (lambda s: s["callbacks"][0][1].update(history={"loss": "none"}), "a History of lists"),
        (lambda s: s["callbacks"][0][1].update(epoch=3), "History.epoch expects"),
        (lambda s: s.update(learning_rate="fast"), "learning_rate"),
        (lambda s: s["model"].update(iterations=1.5), "iterations expects"),
        (lambda s: s["model"].update(streams=[[0, 0]]), "damaged"),
        (lambda s: s.clear(), "damaged"),
    ],
)
def test_a_checkpoint_that_no_training_can_have_written_is_refused(cut_off, change, message):
    path = cut_off / "checkpoint.npz"
    state = checkpoints.read(path)
    change(state)
    checkpoints.write(path, state)
    refused(net(), cut_off, message)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"state.json": "[" * 100_000}, "read to its end"),
        ({"state.json": "{}"}, "another format"),
        ({"other.json": "{}"}, "expected state.json"),
        ({"state.json": '{"format": "tinydnn checkpoint 2", "state": {"array": 0}}', "0.npy": "x"}, "as NumPy writes"),
        ({"state.json": '{"format": "tinydnn checkpoint 2", "state": [{"array": 0}]}'}, "expected 0.npy"),
        ({"state.json": bytes(2**28 + 1)}, "bytes at most in this archive"),
    ],
)
def test_other_archives_are_refused(tmp_path, entries, message):
    path = tmp_path / "checkpoint.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    refused(net(), tmp_path, message)


def test_an_array_is_given_once(cut_off):
    path = cut_off / "checkpoint.npz"
    array = np.ones(3)
    checkpoints.write(path, [array])
    with zipfile.ZipFile(path) as archive:
        content, text = archive.read("0.npy"), archive.read("state.json").decode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("0.npy", content)
        archive.writestr("state.json", text.replace('{"array": 0}', ", ".join(['{"array": 0}'] * 1000)))
    with pytest.raises(keras.FileFormatError, match="array 0 once"):
        checkpoints.read(path)


def test_what_a_checkpoint_can_not_keep_is_named(tmp_path):
    class Keeper(Callback):
        kept = {"thing": object}
        thing = {1, 2}

    with pytest.raises(TypeError, match=r"A checkpoint keeps numbers.*Received: \{1, 2\}"):
        train(net(), tmp_path, [Keeper()])
    with pytest.raises(FileNotFoundError, match=r"There is no file .*none\.npz"):
        checkpoints.read(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="save_freq expects 'epoch' or a number"):
        BackupAndRestore(tmp_path, save_freq=0)
    with pytest.raises(ValueError, match="expects a folder"):
        BackupAndRestore("")


def test_ctrl_c_within_a_step_waits_for_its_end_however_often(monkeypatch):
    """Weights half updated would be no training's; the second Ctrl-C is heard only between two steps."""
    model, steps = net(), []
    update = keras.optimizers.RMSprop.begin_step

    def press(self):
        update(self)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        steps.append(1)

    monkeypatch.setattr(keras.optimizers.RMSprop, "begin_step", press)
    x, y = data()
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, 8, verbose=0)
    monkeypatch.undo()
    keras.utils.set_random_seed(1)
    expected = net()
    expected.fit(x, y, 8, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=stop_at_once(expected))])
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    assert len(steps) == 1
    assert model.training.whole


def stop_at_once(model):
    def stop(batch, logs):
        model.stop_training = True

    return stop


def test_weights_that_have_just_become_nan_are_not_backed_up(tmp_path):
    """The step after finds it out; until then the checkpoint before is the one to go on from."""

    class Explode(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 10:
                self.model.layers[0].weights[0][...] = np.nan

    with pytest.raises(FloatingPointError):
        train(net(), tmp_path, [Explode()], every=1)
    state = checkpoints.read(tmp_path / "checkpoint.npz")
    assert np.isfinite(state["model"]["parameters"]).all()
    assert state["model"]["iterations"] == 9
    train(net(), tmp_path, every=1)


def test_an_error_of_a_callback_is_its_own_and_not_the_checkpoints(cut_off):
    def fail(epoch, logs):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        train(net(), cut_off, [LambdaCallback(on_epoch_begin=fail)], every=2)


# -- what callbacks put into the logs ------------------------------------------------------------------------

KEPT = {
    "int": 3, "large int": 10**40, "text": "ä\0\ud800", "none": None, "true": True, "nan": float("nan"),
    "inf": float("-inf"), "bool_": np.bool_(False), "int8": np.int8(-3), "uint64": np.uint64(2**64 - 1),
    "float16": np.float16(0.1),
    "float32": np.float32(0.1), "float64": np.float64(0.1), "list": [1, [2.5, None]], "tuple": (1, (2, "x")),
    "dict": {"a": {"array": 0}, "dict": 1, "scalar": [1, 2], "tuple": (1,)}, "array": np.arange(6.0).reshape(2, 3),
    "bits": np.array([True, False]), "nothing": np.empty((0, 2), np.int16), "0-d": np.array(2.5, np.float32),
    "other order": np.asfortranarray(np.ones((2, 3), ">f4")),
}  # fmt: skip


def alike(a, b):
    """Whether two values are the same, types and all."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray | np.generic):
        return a.dtype == b.dtype and np.array_equal(a, b)
    return a == b or (a != a and b != b)


class Notes(Callback):
    """Puts a value into the logs of each epoch."""

    def __init__(self, value):
        self.value = value

    def on_epoch_end(self, epoch, logs=None):
        logs["noted"] = self.value


@pytest.mark.parametrize("every", ["epoch", 3])
@pytest.mark.parametrize("name", KEPT)
def test_whatever_callbacks_put_into_the_logs_is_there_after_a_resume(tmp_path, name, every):
    def run(folder, cut=None):
        keras.utils.set_random_seed(1)
        return train(net(), folder, [Notes(KEPT[name])], every, cut, epochs=3)

    expected = run(tmp_path / "whole").history
    with pytest.raises(PowerCutError):
        run(tmp_path / "cut", (2, "train_batch_begin", 5))
    history = run(tmp_path / "cut").history
    assert alike(history, expected)
    assert alike(history["noted"], [KEPT[name]] * 3)


class Thing:
    """Something that no file keeps."""


CYCLE: list = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize("every", ["epoch", 1000])
@pytest.mark.parametrize(
    "value",
    [
        {1, 2}, Thing(), b"bytes", 1j, np.complex64(1), np.str_("text"), np.datetime64("2026-01-01"), {1: 2}, [Thing()],
        np.array(["text"]), np.array([None]), np.ma.array([1.0]), 10**5000, CYCLE,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_no_backup_keeps_is_refused_at_the_end_of_its_epoch_and_the_last_one_stays(tmp_path, value, every):
    class Later(Notes):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                super().on_epoch_end(epoch, logs)

    model = net()
    with pytest.raises(TypeError, match=r"logs\['noted'\]"):
        train(model, tmp_path, [Later(value)], every)
    assert model.training.epoch == 2
    if every == "epoch":
        history = train(net(), tmp_path, every=every)
        assert history.epoch == list(range(EPOCHS))


def test_what_a_callback_keeps_is_of_the_type_that_it_says_before_it_is_written(tmp_path):
    class Best(Callback):
        kept = {"best": float}
        best = None

        def on_train_batch_end(self, batch, logs=None):
            self.best = np.float32(0.5) if batch < 4 else None

    with pytest.raises(TypeError, match=r"Best\.best expects .*float.*, as `kept` says\. Found: None"):
        train(net(), tmp_path, [Best()], every=1)
    assert type(checkpoints.read(tmp_path / "checkpoint.npz")["callbacks"][0][1]["best"]) is np.float32
    Best.on_train_batch_end = Callback.on_train_batch_end
    train(net(), tmp_path, [Best()], every=1)


def test_early_stopping_on_a_number_of_numpys_goes_on(tmp_path):
    class Score(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = np.float32(epoch)

    def others():
        best = ModelCheckpoint(tmp_path / "best.keras", "score", save_best_only=True, mode="max")
        return [Score(), EarlyStopping("score", mode="max", restore_best_weights=True), best]

    with pytest.raises(PowerCutError):
        train(net(), tmp_path, others(), cut=(2, "train_batch_end", 5))
    again = others()
    train(net(), tmp_path, again)
    assert (again[1].best, again[2].best) == (3, 3)


# -- checkpoints of other trainings ---------------------------------------------------------------------------


def trained(
    folder,
    cut=None,
    *,
    seed=1,
    x_changed=0,
    y_changed=0,
    held_out=None,
    layer=None,
    loss="mse",
    optimizer=None,
    **options,
):
    """A training of a net with the layers, settings and data that are usual here, but for what is given."""
    keras.utils.set_random_seed(seed)
    usual = {
        "activation": "tanh",
        "kernel_regularizer": "l2",
        "rate": 0.25,
        "units": 6,
        "seed": None,
        "bias": True,
        **(layer or {}),
    }
    model = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(
                usual["units"],
                activation=usual["activation"],
                use_bias=usual["bias"],
                kernel_regularizer=usual["kernel_regularizer"],
            ),
            layers.Dropout(usual["rate"], seed=usual["seed"]),
            layers.Dense(3, activation="softmax"),
        ],
        threads=options.pop("threads", 1),
    )
    model.compile(optimizer or keras.optimizers.RMSprop(0.01), loss, metrics=options.pop("metrics", None))
    x, y = data()
    x[3, 1] += x_changed
    y = np.eye(3)[y]
    y[4, 0] += y_changed
    settings = {"batch_size": BATCH, "epochs": 3, "verbose": 0, **options}

    def at(batch, logs):
        if cut == (model.training.epoch, batch):
            raise PowerCutError

    backup = BackupAndRestore(folder, save_freq=1, delete_checkpoint=False)
    others = [LambdaCallback(on_train_batch_begin=at)]
    model.fit(x, y, validation_data=held_out, callbacks=[backup, *others], **settings)
    return model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    with pytest.raises(PowerCutError):
        trained(folder, (1, 3), held_out=HELD_OUT)
    return (folder / "checkpoint.npz").read_bytes()


HELD_OUT = np.ones((2, 4)), np.eye(3)[:2]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"layer": {"activation": "relu"}}, "expected layer 1, Dense: activation='relu'. Found: .*='tanh'"),
        ({"layer": {"kernel_regularizer": None}}, r"kernel_regularizer=None. Found: .*='L2\(l2=0.01\)'"),
        ({"layer": {"kernel_regularizer": keras.regularizers.L2(0.02)}}, r"'L2\(l2=0.02\)'"),
        ({"layer": {"rate": 0.5}}, "expected layer 2, Dropout: rate=0.5. Found: .*=0.25"),
        ({"layer": {"seed": 7}}, "layer 2, Dropout: seed=7"),
        ({"layer": {"units": 7}}, "layer 1, Dense: units=7"),
        ({"layer": {"bias": False}}, "use_bias=False"),
        ({"loss": "categorical_crossentropy"}, "expected loss=.Categorical.*Found: loss=.MeanSquared"),
        ({"metrics": ["accuracy"]}, r"metrics=\['accuracy'\].*Found: metrics=\[\]"),
        ({"optimizer": keras.optimizers.RMSprop(0.01, weight_decay=0.1)}, "optimizer: weight_decay=0.1"),
        ({"optimizer": keras.optimizers.RMSprop(0.01, rho=0.8)}, "optimizer: rho=0.8. Found: optimizer: rho=0.9"),
        ({"optimizer": keras.optimizers.RMSprop(0.01, clipnorm=1)}, "optimizer: clipnorm=1.0"),
        ({"optimizer": keras.optimizers.SGD(0.01)}, "optimizer='SGD'"),
        ({"seed": 2}, "expected seed=2. Found: seed=1"),
        ({"batch_size": 9}, "batch_size=9. Found: batch_size=8"),
        ({"shuffle": False}, "shuffle=False. Found: shuffle=True"),
        ({"initial_epoch": 1}, "initial_epoch=1. Found: initial_epoch=0"),
        ({"x_changed": 1e-6}, "expected x='float64 .*Found: x='float64"),
        ({"y_changed": 1e-6}, "expected y='float32 .*Found: y='float32"),
        ({"held_out": (HELD_OUT[0] + 1, HELD_OUT[1])}, "expected validation x="),
        ({"held_out": (HELD_OUT[0], HELD_OUT[1][::-1])}, "expected validation y="),
        ({"held_out": None}, "expected validation x=None, validation y=None"),
    ],
    ids=by_message,
)
def test_a_checkpoint_of_a_training_that_differs_is_refused_and_says_in_what(checkpoint, tmp_path, changed, message):
    (tmp_path / "checkpoint.npz").write_bytes(checkpoint)
    with pytest.raises(keras.FileFormatError, match=message) as error:
        trained(tmp_path, **{"held_out": HELD_OUT, **changed})
    assert "to begin anew, remove it" in str(error.value)
    assert (tmp_path / "checkpoint.npz").read_bytes() == checkpoint


def test_other_names_are_the_same_training(checkpoint, tmp_path):
    """Layers are numbered on, where a script has made others before."""
    (tmp_path / "checkpoint.npz").write_bytes(checkpoint)
    layers.Dense(3)
    optimizer = keras.optimizers.RMSprop(0.01, name="mine")
    expected = trained(tmp_path / "whole", held_out=HELD_OUT)
    model = trained(tmp_path, held_out=HELD_OUT, optimizer=optimizer)
    np.testing.assert_array_equal(model.parameters, expected.parameters)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"epochs": 4}, "epochs=4 in place of 3"),
        ({"optimizer": keras.optimizers.RMSprop(0.5)}, "learning_rate=0.5 in place of 0.01"),
        ({"threads": 2}, "threads=2 in place of 1"),
    ],
    ids=by_message,
)
def test_what_a_user_may_mean_to_change_is_taken_and_said(checkpoint, tmp_path, changed, message):
    (tmp_path / "checkpoint.npz").write_bytes(checkpoint)
    with pytest.warns(UserWarning, match=rf"checkpoint\.npz goes on with {message}") as warned:
        model = trained(tmp_path, held_out=HELD_OUT, **changed)
    assert warned[0].filename == __file__
    assert model.optimizer.iterations == changed.get("epochs", 3) * 8
    state = checkpoints.read(tmp_path / "checkpoint.npz")
    assert state["learning_rate"] == model.optimizer.learning_rate == (0.5 if "optimizer" in changed else 0.01)
    trained(tmp_path, held_out=HELD_OUT, **{**changed, "optimizer": keras.optimizers.RMSprop(state["learning_rate"])})


def test_a_rate_that_a_callback_lowered_is_no_change_in_the_same_process_either(tmp_path):
    """In a notebook the cell with `fit` runs again, on the model as it was cut off."""
    keras.utils.set_random_seed(3)
    expected = net()
    expected_history = train(expected, tmp_path / "whole", [Decay()])
    keras.utils.set_random_seed(3)
    model = net()
    with pytest.raises(PowerCutError):
        train(model, tmp_path / "cut", [Decay()], cut=(2, "train_batch_begin", 1))
    with pytest.raises(keras.FileFormatError, match="batch_size"):
        train(model, tmp_path / "cut", [Decay()], batch_size=9)
    history = train(model, tmp_path / "cut", [Decay()])
    same(model, history, expected, expected_history)


def test_settings_of_any_kind_are_compared(tmp_path):
    class Scaled(layers.Layer):
        def __init__(self, factors, function, **kwargs):
            super().__init__(**kwargs)
            self.factors, self.function = factors, function

        def compute_output_shape(self, input_shape):
            return input_shape

        def forward(self, x, t):
            np.multiply(x, self.factors.astype(x.dtype), out=t.y)
            return t.y

        def get_config(self):
            return {
                **super().get_config(),
                "factors": self.factors,
                "function": self.function,
                "n": np.int64(3),
                "by name": {"factors": self.factors},
            }

    def fit(factors, cut=False):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), Scaled(factors, lambda z: z), layers.Dense(1)])
        model.compile("sgd", "mse")
        axe = LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0 if cut and epoch else None)
        model.fit(np.ones((4, 2)), np.ones(4), epochs=3, verbose=0, callbacks=[axe, BackupAndRestore(tmp_path)])

    with pytest.raises(ZeroDivisionError):
        fit(np.ones(2), cut=True)
    with pytest.raises(keras.FileFormatError, match="layer 1, Scaled: factors="):
        fit(np.ones(2) * 2)
    fit(np.ones(2))


# -- learning rates that change, and the log as a table ----------------------------------------------


def plateau():
    return ReduceLROnPlateau("val_accuracy", patience=1, factor=0.5, cooldown=1)


@pytest.mark.parametrize("optimizer", ["nadam", "adagrad", "a schedule"])
@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("cut", [(0, "train_batch_end", 5), (2, "train_batch_end", 2), (3, "epoch_end", 0)])
def test_a_changing_rate_and_a_csv_log_go_on(cut, append, optimizer, tmp_path):
    def begin():
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 20)
        keras.utils.set_random_seed(7)
        return net(keras.optimizers.Nadam(schedule) if optimizer == "a schedule" else optimizer)

    def others(name):
        return [CSVLogger(tmp_path / name, append=append), *([] if optimizer == "a schedule" else [plateau()])]

    for name in ("whole.csv", "cut.csv"):
        (tmp_path / name).write_text("before\n")
    whole = begin()
    expected = train(whole, tmp_path / "a", others("whole.csv"))
    with pytest.raises(PowerCutError):
        train(begin(), tmp_path / "b", others("cut.csv"), cut=cut)
    resumed = begin()
    history = train(resumed, tmp_path / "b", others("cut.csv"))
    same(resumed, history, whole, expected)
    assert (tmp_path / "cut.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_another_schedule_is_taken_with_a_warning(tmp_path):
    def begin(decay_steps):
        keras.utils.set_random_seed(7)
        return net(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, decay_steps)))

    with pytest.raises(PowerCutError):
        train(begin(20), tmp_path, cut=(1, "train_batch_end", 2))
    with pytest.warns(UserWarning, match=r"CosineDecay\(.*decay_steps=30.* in place of .*decay_steps=20"):
        train(begin(30), tmp_path)
