"""Ctrl-C and errors at any moment: threads, the limits of BLAS and the model are left as they were."""

import json
import linecache
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import interrupts
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import tinydnn as keras
from tinydnn.callbacks import LambdaCallback
from tinydnn.device import threads
from tinydnn.engine import shards

unix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")


def counted(*arguments):
    """What the helper counts, in a process of its own, as its Ctrl-C is a real one."""
    done = subprocess.run(
        [sys.executable, interrupts.__file__, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(Path(keras.__file__).parents[1])},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@unix_only
@pytest.mark.parametrize("presses", [1, 2])
@pytest.mark.parametrize("operation", interrupts.OPERATIONS)
def test_ctrl_c_at_each_instruction_leaves_all_as_it_was(operation, presses):
    count = counted(operation, "--presses", presses)
    assert count.pop("tried") > 100
    assert count == {"lost": 0}


@unix_only
@pytest.mark.parametrize("operation", interrupts.OPERATIONS)
def test_ctrl_c_at_random_moments_leaves_all_as_it_was(operation):
    count = counted(operation, "--times", 50)
    assert count.pop("tried") >= count.pop("hit") == 50
    assert count == {"lost": 0}


@pytest.fixture
def blas_of_two_threads():
    """Limits that a training changes, also where OPENBLAS_NUM_THREADS is 1."""
    with threadpool_limits(interrupts.BLAS_THREADS, "blas"):
        yield


class PlantedError(Exception):
    pass


def fail_in_line(number, files):
    """A trace function that raises a PlantedError in the nth line, of those in these files that begin something."""
    count, entered = 0, set()

    def ends(frame):
        while frame is not None and frame.f_code.co_name not in ("__exit__", "_dismiss", "release", "run", "_work"):
            frame = frame.f_back if frame.f_code.co_filename in files else None
        return frame is not None

    def trace(frame, event, arg):
        nonlocal count
        if frame.f_code.co_filename not in files or ends(frame):
            return None
        if event == "line":
            text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
            if (frame, frame.f_lineno) in entered or text == "_blas.release(user)":  # a `with` or `try` block ends
                return trace
            if text.startswith("with "):
                entered.add((frame, frame.f_lineno))
            count += 1
            if count == number:
                sys.settrace(None)
                raise PlantedError
        return trace

    return trace


@pytest.mark.parametrize("operation", ["predict", "train_on_batch"])
def test_an_error_in_each_line_of_the_beginning_leaves_all_as_it_was(operation, blas_of_two_threads):
    """As where memory ends, or another signal's handler raises."""
    alive, blas, model, failed = set(threading.enumerate()), interrupts.limits(), interrupts.net(), 0
    interrupts.OPERATIONS[operation](model)
    files = {threads.__file__, shards.__file__}
    before = sys.gettrace()
    while True:
        sys.settrace(fail_in_line(failed + 1, files))
        try:
            interrupts.OPERATIONS[operation](model)
            break
        except PlantedError:
            failed += 1
        finally:
            sys.settrace(before)
        assert not interrupts.new_threads(alive), failed
        assert interrupts.limits() == blas, failed
    assert failed > 40
    interrupts.OPERATIONS[operation](model)


def test_a_thread_that_cannot_start_leaves_none_behind(monkeypatch, blas_of_two_threads):
    alive, blas, start = set(threading.enumerate()), interrupts.limits(), threading.Thread.start

    def start_but_the_third(thread):
        if thread.name == "tinydnn-3":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_but_the_third)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], threads=5)
    model.compile("sgd", "mse")
    for operation in interrupts.OPERATIONS.values():
        with pytest.raises(RuntimeError, match="can't start new thread") as caught:
            operation(model)
        assert caught.value.__notes__ == ["5 threads were to share each batch; Sequential(…, threads=1) starts none"]
        assert set(threading.enumerate()) == alive
        assert interrupts.limits() == blas
    monkeypatch.undo()
    interrupts.OPERATIONS["fit"](model)


def test_an_operation_leaves_no_thread_that_is_still_about_to_end():
    alive, model = set(threading.enumerate()), interrupts.net()
    for operation in interrupts.OPERATIONS.values():
        operation(model)
        assert set(threading.enumerate()) == alive


def test_ctrl_c_is_not_lost_where_the_training_fails_for_another_reason():
    def fail(batch, logs):
        signal.raise_signal(signal.SIGINT)
        raise ValueError("mine")

    with pytest.raises(KeyboardInterrupt) as caught:
        interrupts.OPERATIONS["fit"](interrupts.net(), [LambdaCallback(on_train_batch_end=fail)])
    assert isinstance(caught.value.__context__, ValueError)


@pytest.mark.parametrize("operation", ["evaluate", "predict"])
def test_ctrl_c_ends_evaluate_and_predict_after_the_batch_under_way(operation):
    seen, name = [], {"evaluate": "test", "predict": "predict"}[operation]

    class Press(keras.callbacks.Callback):
        pass

    def press(self, batch, logs=None):
        seen.append(batch)
        if batch == 1:
            signal.raise_signal(signal.SIGINT)
            seen.append("on")

    setattr(Press, f"on_{name}_batch_begin", press)
    setattr(Press, f"on_{name}_batch_end", lambda self, batch, logs=None: seen.append(f"end of {batch}"))
    arrays = (interrupts.x, interrupts.y) if operation == "evaluate" else (interrupts.x,)
    with pytest.raises(KeyboardInterrupt):
        getattr(interrupts.net(), operation)(*arrays, batch_size=8, verbose=0, callbacks=[Press()])
    assert seen == [0, "end of 0", 1, "on", "end of 1"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_in_a_callback_that_evaluates_waits_for_what_begins_and_ends_there():
    """The evaluation's threads end, although the callback itself may be left at once."""
    alive, model = set(threading.enumerate()), interrupts.net()
    press = LambdaCallback(on_test_begin=lambda logs: [signal.raise_signal(signal.SIGINT) for _ in range(3)])

    def evaluate(batch, logs):
        model.evaluate(interrupts.x, interrupts.y, verbose=0, callbacks=[press])

    with pytest.raises(KeyboardInterrupt):
        interrupts.OPERATIONS["fit"](model, [LambdaCallback(on_train_batch_begin=evaluate)])
    assert set(threading.enumerate()) == alive
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert np.isfinite(model.predict(interrupts.x, verbose=0)).all()
