"""Threads, Ctrl-C, forks, and an output that nobody reads: a training goes on, or ends between two steps."""

import errno
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import BackupAndRestore, LambdaCallback

unix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor SIGINT for one process")

PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import LambdaCallback

def net(threads=2):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="tanh"), layers.Dense(2)], threads=threads)
    model.compile("adam", "mse")
    return model

rng = np.random.default_rng(0)
x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 2))

def train(model, epochs=5, **options):
    return model.fit(x, y, 8, epochs=epochs, **{"verbose": 0, **options})
"""


def run(program, **options):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM + program],
        capture_output=True, text=True, timeout=60, check=False, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@unix_only
def test_ctrl_c_in_the_main_thread_leaves_a_training_in_another_one_whole():
    said = run("""
model, steps = net(), []
begun = LambdaCallback(on_train_batch_end=lambda batch, logs: steps.append(1) or time.sleep(0.002))
thread = threading.Thread(target=train, args=(model, 10_000), kwargs={"callbacks": [begun]})
thread.start()
while len(steps) < 20:
    time.sleep(0.01)
threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("Ctrl-C")
before = len(steps)
time.sleep(0.1)
assert thread.is_alive() and len(steps) > before  # it is the main thread's; the training goes on
model.stop_training = True
thread.join(10)
assert not thread.is_alive() and model.training is None  # it came to its end
assert model.optimizer.iterations == len(steps)
train(model, 1)
print("whole")
""")
    assert said.split() == ["Ctrl-C", "whole"]


@unix_only
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_forked_process_trains_to_the_same_bits():
    """After a training, and in the middle of one that a thread of the parent runs."""
    said = run("""
def in_child(model):
    reading, writing = os.pipe()
    if not os.fork():
        try:
            signal.alarm(20)  # should it hang
            train(model)
            os.write(writing, model.parameters.tobytes())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    os.wait()
    return content

here = net()
train(here)
assert in_child(net()) == here.parameters.tobytes()
other = net()
thread = threading.Thread(target=train, args=(other, 400))
thread.start()
for _ in range(10):
    time.sleep(0.02)
    assert in_child(net()) == here.parameters.tobytes()
other.stop_training = True
thread.join()
train(other, 1)
print("same")
""")
    assert said == "same\n"


@unix_only
def test_a_model_that_is_in_training_can_be_forked_in_a_callback():
    said = run("""
def fork(epoch, logs):
    if not os.fork():
        try:
            signal.alarm(20)
            model.predict(x, verbose=0)
            train(model, 1)
        except BaseException:
            os._exit(3)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)

model = net()
train(model, 2, callbacks=[LambdaCallback(on_epoch_end=fork)])
expected = net()
train(expected, 2)
assert (model.parameters == expected.parameters).all()
""")
    assert said.split() == ["0", "0"]


@unix_only
@pytest.mark.parametrize("verbose", [1, 2])
def test_fit_evaluate_and_predict_without_an_output(verbose):
    run(f"assert sys.stdout is None\nmodel = net()\ntrain(model, verbose={verbose})\nmodel.summary()\n"
        f"model.evaluate(x, y, verbose={verbose})\nmodel.predict(x, verbose={verbose})",
        preexec_fn=lambda: os.close(1))  # fmt: skip


@pytest.mark.parametrize("verbose", [1, 2])
def test_an_output_that_is_closed_during_the_training_does_not_cost_it(tmp_path, verbose, monkeypatch):
    rng = np.random.default_rng(0)
    model = keras.Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    out = open(tmp_path / "out", "w")  # noqa: SIM115
    monkeypatch.setattr(sys, "stdout", out)
    close = LambdaCallback(on_epoch_end=lambda epoch, logs: out.close() if epoch == 1 else None)
    history = model.fit(rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), epochs=4, verbose=verbose, callbacks=[close])
    assert history.epoch == [0, 1, 2, 3]


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_terminal_that_is_gone_does_not_end_a_training(verbose, monkeypatch):
    """Whether it ends is for SIGHUP to say, which may be ignored."""

    class Gone(io.StringIO):
        def write(self, text):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        def isatty(self):
            return True

    rng = np.random.default_rng(0)
    model = keras.Sequential([layers.Dense(2)])
    model.compile("sgd", "mse")
    monkeypatch.setattr(sys, "stdout", Gone())
    history = model.fit(rng.normal(size=(8, 3)), rng.normal(size=(8, 2)), epochs=3, verbose=verbose)
    assert history.epoch == [0, 1, 2]


@unix_only
def test_the_command_trains_without_an_output(tmp_path):
    for number, arguments in enumerate([["--json"], []]):
        folder = tmp_path / str(number)
        done = subprocess.run(
            [sys.executable, "-m", "tinydnn", "train", "--epochs", "1", "--hidden", "8", "--out", folder, *arguments],
            preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert (folder / "model.keras").exists()


def test_two_trainings_that_back_up_at_the_same_time_do_not_disturb_each_other(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(64, 4)), rng.normal(size=(64, 2))

    def train(folder, seed, out):
        model = keras.Sequential([layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(seed=seed))])
        model.compile("adam", "mse")
        backup = BackupAndRestore(folder, save_freq=1, delete_checkpoint=False)
        model.fit(x, y, 8, epochs=4, verbose=0, shuffle=False, callbacks=[backup])
        out[seed] = model.parameters.tobytes()

    alone, together = {}, {}
    for seed in (1, 2):
        train(tmp_path / f"alone-{seed}", seed, alone)
    workers = [threading.Thread(target=train, args=(tmp_path / f"{seed}", seed, together)) for seed in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert together == alone
    assert all(Path(tmp_path / f"{seed}" / "checkpoint.npz").exists() for seed in (1, 2))


@pytest.mark.parametrize("hook", ["on_train_begin", "on_train_batch_end", "on_epoch_end"])
def test_a_callback_can_not_fit_compile_or_change_the_model_that_is_in_training(hook):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    errors = []

    def misuse(*_):
        for name, call in {
            "fit": lambda: model.fit(x, y, verbose=0),
            "compile": lambda: model.compile("sgd", "mae"),
            "add": lambda: model.add(layers.Dense(2)),
        }.items():
            with pytest.raises(RuntimeError, match=f"{name} can't be called while fit trains model .*stop_training"):
                call()
            errors.append(name)
        model.evaluate(x, y, verbose=0)
        model.predict(x, verbose=0)

    def train(callbacks):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        model.compile("adam", "mse")
        return model, lambda: model.fit(x, y, 4, 2, 0, callbacks)

    model, run = train([LambdaCallback(**{hook: misuse})])
    run()
    undisturbed, run = train([])
    run()
    assert errors[:3] == ["fit", "compile", "add"]
    np.testing.assert_array_equal(model.parameters, undisturbed.parameters)
    model.compile("sgd", "mse")  # afterwards all is allowed again
    model.fit(x, y, verbose=0)


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_a_model_whose_training_was_cut_off_can_be_compiled_and_trained_again(error):
    def fail(batch, logs):
        raise error

    x, y = np.ones((8, 3)), np.ones((8, 2))
    model = keras.Sequential([layers.Dense(2)])
    model.compile("adam", "mse")
    with pytest.raises(error):
        model.fit(x, y, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=fail)])
    model.compile("sgd", "mse")
    model.fit(x, y, verbose=0)


def test_another_thread_can_not_fit_a_model_that_is_in_training():
    x, y = np.ones((8, 3)), np.ones((8, 2))
    model, errors = keras.Sequential([layers.Dense(2)]), []
    model.compile("adam", "mse")

    def fit():
        try:
            model.fit(x, y, verbose=0)
        except RuntimeError as error:
            errors.append(str(error))

    def elsewhere(batch, logs):
        thread = threading.Thread(target=fit)
        thread.start()
        thread.join()

    model.fit(x, y, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=elsewhere)])
    assert len(errors) == 1
    assert "fit can't be called while fit trains model" in errors[0]
    assert model.optimizer.iterations == 1
