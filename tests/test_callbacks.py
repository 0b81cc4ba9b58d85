"""Callbacks: which hooks are called when, and what the ready-made ones decide."""

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    TerminateOnNaN,
)
from tinydnn.optimizers.schedules import ExponentialDecay

X, Y = np.ones((5, 2), np.float32), np.ones((5, 1), np.float32)


def net():
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


class Recorder(Callback):
    """Notes each hook with its epoch or batch."""

    def __init__(self):
        self.calls = []

    def __getattribute__(self, name):
        if name.startswith("on_") and name not in ("on_batch_begin", "on_batch_end"):
            calls = object.__getattribute__(self, "calls")
            return lambda *args: calls.append((name[3:], *args[:-1], sorted(args[-1])))
        return object.__getattribute__(self, name)


def test_fit_calls_keras_hooks_in_keras_order():
    recorder = Recorder()
    net().fit(X, Y, batch_size=3, epochs=2, validation_data=(X, Y), callbacks=[recorder], verbose=0)
    epoch = [
        ("train_batch_begin", 0, []),
        ("train_batch_end", 0, ["loss"]),
        ("train_batch_begin", 1, []),
        ("train_batch_end", 1, ["loss"]),
        ("test_begin", []),
        ("test_batch_begin", 0, []),
        ("test_batch_end", 0, ["loss"]),
        ("test_batch_begin", 1, []),
        ("test_batch_end", 1, ["loss"]),
        ("test_end", ["loss"]),
    ]
    both = ["loss", "val_loss"]
    assert recorder.calls == [
        ("train_begin", []),
        ("epoch_begin", 0, []),
        *epoch,
        ("epoch_end", 0, both),
        ("epoch_begin", 1, []),
        *epoch,
        ("epoch_end", 1, both),
        ("train_end", both),
    ]
    assert recorder.params == {"verbose": 0, "epochs": 2, "steps": 2}


def test_evaluate_and_predict_call_theirs():
    recorder, model = Recorder(), net()
    model.evaluate(X, Y, batch_size=3, callbacks=[recorder], verbose=0)
    model.predict(X, batch_size=5, callbacks=[recorder], verbose=0)
    assert [call[0] for call in recorder.calls] == [
        *["test_begin", *["test_batch_begin", "test_batch_end"] * 2, "test_end"],
        *["predict_begin", "predict_batch_begin", "predict_batch_end", "predict_end"],
    ]


def test_the_older_names_of_the_batch_hooks_are_called_too():
    class Old(Callback):
        seen = []

        def on_batch_end(self, batch, logs=None):
            self.seen.append((batch, list(logs)))

    net().fit(X, Y, batch_size=3, callbacks=[Old()], verbose=0)
    assert Old.seen == [(0, ["loss"]), (1, ["loss"])]


def test_batch_logs_are_averages_of_the_epoch_so_far():
    model, seen = net(), []
    model.optimizer.learning_rate = 0
    y = np.array([[0], [0], [0], [3], [3]], np.float32)
    model.layers[0].set_weights([np.zeros((2, 1)), np.zeros(1)])
    callback = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(logs["loss"]))
    model.fit(X, y, batch_size=3, shuffle=False, callbacks=[callback], verbose=0)
    assert seen == [0, pytest.approx(18 / 5)]


def test_batch_logs_are_plain_dicts():
    """As in Keras, where some callbacks write them as JSON."""
    kinds, model = [], net()
    note = {name: lambda batch, logs: kinds.append(type(logs)) for name in ("on_train_batch_end", "on_test_batch_end")}
    model.fit(X, Y, validation_data=(X, Y), callbacks=[LambdaCallback(**note)], verbose=0)
    model.predict(X, callbacks=[LambdaCallback(on_predict_batch_end=note["on_train_batch_end"])], verbose=0)
    assert kinds == [dict] * 3


def test_stop_training_ends_after_the_step():
    def stop(batch, logs):
        if batch == 1:
            model.stop_training = True

    model = net()
    history = model.fit(X, Y, 1, epochs=3, callbacks=[LambdaCallback(on_train_batch_end=stop)], verbose=0)
    assert model.optimizer.iterations == 2
    assert history.epoch == [0]
    model.fit(X, Y, 1, epochs=2, verbose=0)
    assert model.optimizer.iterations == 12


def test_a_history_of_ones_own_is_the_one_returned():
    mine, model = History(), net()
    assert model.fit(X, Y, epochs=2, callbacks=[mine], verbose=0) is mine
    assert model.history is mine
    assert len(mine.history["loss"]) == 2


def decide(callback, values, monitor="val_loss"):
    """The epochs after which a callback stops, for a log of these values; its model's weight is the epoch."""
    model = net()
    model.compile("sgd", "mse", metrics=["accuracy"])
    callback.set_model(model)
    model.stop_training = False
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        model.set_weights([np.full((2, 1), epoch), np.zeros(1)])
        callback.on_epoch_begin(epoch, {})
        callback.on_epoch_end(epoch, {monitor: value})
        if model.stop_training:
            break
    callback.on_train_end({})
    return epoch, int(model.get_weights()[0][0, 0])


@pytest.mark.parametrize(
    ("options", "values", "stopped", "weights_of"),
    [
        ({}, [5, 4, 4, 3], 2, 2),
        ({"patience": 2}, [5, 4, 4, 3, 3, 3], 5, 5),
        ({"patience": 1, "restore_best_weights": True}, [5, 4, 6, 3], 2, 1),
        ({"patience": 9, "restore_best_weights": True}, [5, 3, 6, 4], 3, 1),
        ({"min_delta": 0.5}, [5, 4.6, 4.0], 1, 1),
        ({"min_delta": -0.5, "patience": 1}, [5, 4.4, 3.8, 3.5], 3, 3),
        ({"mode": "max"}, [1, 2, 2], 2, 2),
        ({"monitor": "val_accuracy"}, [0.5, 0.6, 0.55], 2, 2),
        ({"monitor": "val_accuracy", "min_delta": 0.1}, [0.5, 0.55, 0.7], 1, 1),
        ({"baseline": 3, "patience": 2}, [5, 4, 3.5], 2, 2),
        ({"baseline": 3, "patience": 2}, [5, 2, 2.5, 2.5], 3, 3),
        ({"start_from_epoch": 2}, [1, 2, 3, 4], 3, 3),
    ],
)
def test_early_stopping(options, values, stopped, weights_of):
    monitor = options.get("monitor", "val_loss")
    assert decide(EarlyStopping(**options), values, monitor) == (stopped, weights_of)


def test_early_stopping_in_fit(rng, capsys):
    model = net()
    model.optimizer.learning_rate = 0
    stopping = EarlyStopping(monitor="loss", patience=2, restore_best_weights=True, verbose=1)
    history = model.fit(X, Y, epochs=9, callbacks=[stopping], verbose=0)
    assert len(history.epoch) == 3
    assert "Epoch 3: early stopping" in capsys.readouterr().out
    assert stopping.stopped_epoch == 2


@pytest.mark.parametrize("callback", [EarlyStopping(), ModelCheckpoint("m.keras", save_best_only=True)])
def test_a_value_that_is_not_logged_is_warned_of(callback, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match="watches 'val_loss', which this training doesn't log. It logs: loss"):
        net().fit(X, Y, callbacks=[callback], verbose=0)


def test_checkpoints_of_every_epoch(tmp_path):
    net().fit(X, Y, epochs=3, callbacks=[ModelCheckpoint(tmp_path / "{epoch:02d}.keras")], verbose=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["01.keras", "02.keras", "03.keras"]
    assert keras.models.load_model(tmp_path / "02.keras").optimizer.iterations == 2


def test_checkpoints_of_the_best_epoch_only(tmp_path):
    path = tmp_path / "best.weights.h5"
    checkpoint = ModelCheckpoint(path, save_best_only=True, save_weights_only=True, monitor="val_loss")
    decide(checkpoint, [5, 3, 4, 3.5])
    model = net()
    model.load_weights(path)
    assert model.get_weights()[0][0, 0] == 1


def test_a_checkpoint_has_to_beat_its_threshold(tmp_path):
    path = tmp_path / "best.keras"
    decide(ModelCheckpoint(path, save_best_only=True, initial_value_threshold=2.5), [5, 3, 4])
    assert not path.exists()


def test_checkpoints_every_few_batches(tmp_path):
    checkpoint = ModelCheckpoint(tmp_path / "{epoch}-{batch}.weights.h5", save_weights_only=True, save_freq=3)
    net().fit(X, Y, batch_size=1, epochs=2, callbacks=[checkpoint], verbose=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-3.weights.h5", "2-1.weights.h5", "2-4.weights.h5"]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ModelCheckpoint("m.h5"), ValueError, "ends in .keras"),
        (lambda: ModelCheckpoint("m.keras", save_weights_only=True), ValueError, "ends in .weights.h5"),
        (lambda: ModelCheckpoint("m.keras", save_freq="batch"), ValueError, "save_freq expects"),
        (lambda: EarlyStopping(mode="best"), ValueError, "mode expects"),
        (
            lambda: net().fit(X, Y, callbacks=[EarlyStopping(monitor="accuracy")], verbose=0),
            ValueError,
            "EarlyStopping expects mode='min' or 'max' for monitor='accuracy': .* It has: loss",
        ),
        (lambda: LambdaCallback(on_fire=print), TypeError, "on_fire"),
        (lambda: net().fit(X, Y, callbacks=[print], verbose=0), TypeError, "callbacks expects instances"),
        (lambda: keras.callbacks.RemoteMonitor, AttributeError, "no 'RemoteMonitor'"),
    ],
)
def test_bad_callbacks_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_checkpoint_that_names_an_unknown_value_says_what_there_is(tmp_path):
    with pytest.raises(KeyError, match="It logs: epoch, loss"):
        net().fit(X, Y, callbacks=[ModelCheckpoint(tmp_path / "{val_loss}.keras")], verbose=0)


def test_a_good_file_is_not_written_over_by_weights_that_are_none(tmp_path):
    model, path = net(), tmp_path / "model.keras"
    model.fit(X, Y, verbose=0, callbacks=[ModelCheckpoint(path)])
    good = model.get_weights()

    def spoil(epoch, logs):
        model.layers[0].kernel[0, 0] = np.nan

    model.fit(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_end=spoil), ModelCheckpoint(path)])
    for kept, before in zip(keras.models.load_model(path).get_weights(), good, strict=True):
        np.testing.assert_array_equal(kept, before)


# -- learning rates, and the log as a table ----------------------------------------------------------


def test_a_schedule_of_the_epoch_may_be_another_callable_and_must_return_a_float():
    model = net()
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[LearningRateScheduler(ExponentialDecay(0.5, 1, 0.5))])
    assert model.optimizer.learning_rate == 0.125
    with pytest.raises(ValueError, match=r"returns a float\. Received: 1"):
        model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(lambda epoch: 1)])

    def broken(epoch, rate):
        raise TypeError("its own")

    with pytest.raises(TypeError, match="its own"):
        model.fit(X, Y, verbose=0, callbacks=[LearningRateScheduler(broken)])


@pytest.mark.parametrize("callback", [LearningRateScheduler(lambda epoch: 0.1), ReduceLROnPlateau("loss", patience=0)])
def test_a_rate_that_a_schedule_gives_is_not_set_by_a_callback(callback):
    model = net()
    model.compile(keras.optimizers.SGD(ExponentialDecay(1e-9, 1, 0.5)), "mse")
    with pytest.raises(TypeError, match="while a schedule gives it"):
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[callback])


def test_what_reduce_lr_on_plateau_does_not_take():
    with pytest.raises(ValueError, match="a factor below 1"):
        ReduceLROnPlateau(factor=1.0)
    with pytest.warns(UserWarning, match="leaves out epsilon, as Keras does"):
        ReduceLROnPlateau(epsilon=1e-4)


def test_terminate_on_nan_makes_an_infinite_loss_an_ordinary_end(capsys):
    model, recorder = net(), Recorder()
    model.compile(keras.optimizers.SGD(1e25), "mse")
    before = model.get_weights()
    log = model.fit(X, Y, batch_size=1, epochs=3, verbose=0, callbacks=[TerminateOnNaN(), recorder])
    assert capsys.readouterr().out == "Batch 1: Invalid loss, terminating training\n"
    assert log.history == {}
    assert recorder.calls[-1][0] == "train_end"
    assert (model.training, model.stop_training) == (None, True)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(RuntimeError, match=r"NaN or Inf loss encountered at batch 1\. Loss value: inf"):
        model.fit(X, Y, batch_size=1, verbose=0, callbacks=[TerminateOnNaN(raise_error=True)])


def test_terminate_on_nan_hides_no_other_error():
    def fail(batch, logs):
        raise FloatingPointError("its own")

    with pytest.raises(FloatingPointError, match="its own"):
        net().fit(X, Y, verbose=0, callbacks=[TerminateOnNaN(), LambdaCallback(on_train_batch_end=fail)])


def test_a_csv_log_is_replaced_by_the_first_epoch_and_not_before(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("yesterday's")
    model = net()
    model.compile(keras.optimizers.SGD(1e25), "mse")
    with pytest.raises(FloatingPointError):
        model.fit(X, Y, batch_size=1, verbose=0, callbacks=[CSVLogger(path)])
    assert path.read_text() == "yesterday's"
    net().fit(X, Y, verbose=0, callbacks=[CSVLogger(path)])
    assert path.read_text().startswith("epoch,loss,val_loss\n0,")
    with pytest.raises(FileNotFoundError):
        net().fit(X, Y, verbose=0, callbacks=[CSVLogger(tmp_path / "nowhere" / "log.csv")])
