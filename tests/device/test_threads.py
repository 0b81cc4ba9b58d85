"""BLAS is held to one thread while tinydnn computes, from any thread, and has its own limits again afterwards.

To test another threadpoolctl than the installed one, put it in front: pip install --target FOLDER threadpoolctl==3.5.0,
and run this file with PYTHONPATH=FOLDER.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import indent

import numpy as np
import pytest
from interrupts import limits
from threadpoolctl import threadpool_limits

import tinydnn as keras
from tinydnn.callbacks import LambdaCallback
from tinydnn.device.threads import single_threaded_blas

rng = np.random.default_rng(0)
x, y = rng.normal(size=(600, 300)).astype(np.float32), rng.integers(0, 10, 600)
IN_USE = 3  # threads of BLAS before and afterwards


@pytest.fixture(autouse=True)
def _blas_with_threads():
    """As where BLAS has threads, whatever the machine and the test before have."""
    before = limits()
    in_thread(threadpool_limits, IN_USE, "blas")
    if IN_USE not in limits():
        pytest.skip("this BLAS has no threads to limit")
    yield
    in_thread(threadpool_limits, max(before), "blas")


def in_thread(function, *arguments):
    """The result of a call in a new thread."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    thread.join()
    return results[0]


def net():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(200, "tanh"), keras.layers.Dense(10)], threads=2)
    model.compile("rmsprop", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def train(model=None, callbacks=()):
    """The bits of the weights after a training, and the limits that were seen in it."""
    model, seen = model or net(), []
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(limits()))
    model.fit(x, y, 200, 2, 0, [look, *callbacks], shuffle=False)
    return model.parameters.tobytes(), seen


def test_every_thread_trains_to_the_same_bits_with_a_blas_of_one_thread():
    before = limits()
    runs = [train(), in_thread(train), in_thread(train), train()]
    assert {bits for bits, _ in runs} == {runs[0][0]}
    assert {tuple(each) for _, seen in runs for each in seen} == {(1,) * len(before)}
    assert limits() == before


def test_two_threads_that_train_at_the_same_time():
    before, (bits, _) = limits(), train()
    both, results = threading.Barrier(2), []
    meet = LambdaCallback(on_train_batch_begin=lambda batch, logs: both.wait(20))
    models = [net(), net()]
    workers = [threading.Thread(target=lambda m=m: results.append(train(m, [meet]))) for m in models]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [found for found, _ in results] == [bits, bits]
    assert {tuple(each) for _, seen in results for each in seen} == {(1,) * len(before)}
    assert limits() == before


@pytest.mark.parametrize("first", ["main", "other"])
def test_whoever_ends_last_gives_blas_its_threads_back(first):
    before, inside, leave = limits(), threading.Event(), threading.Event()

    def predict():
        def wait(batch, logs):
            inside.set()
            leave.wait(20)

        net().predict(x, verbose=0, callbacks=[LambdaCallback(on_predict_batch_end=wait)])
        return limits()

    def end_the_other(*_):
        leave.set()
        other.join()

    at_the_end = []
    other = threading.Thread(target=lambda: at_the_end.append(predict()))
    start = LambdaCallback(on_train_begin=lambda logs: [other.start(), inside.wait(20)])
    callbacks = [start] if first == "main" else [start, LambdaCallback(on_train_batch_begin=end_the_other)]
    _, seen = train(callbacks=callbacks)
    one = [1] * len(before)
    assert seen == [one] * 6
    assert (limits() == one) == (first == "main")
    end_the_other()
    assert limits() == before


def test_a_limit_of_the_users_own_can_be_set_and_left_while_another_thread_trains():
    """From threadpoolctl 3.8 on it would be ignored, if tinydnn kept the control that it takes."""
    found, before = [], limits()

    def limit(batch, logs):
        if batch == 0:
            with threadpool_limits(2, "blas"):
                found.append(limits())
            found.append(limits())

    def watch():
        elsewhere = LambdaCallback(on_train_batch_end=lambda batch, logs: in_thread(limit, batch, logs))
        net().fit(x, y, 200, 1, 0, [elsewhere])

    in_thread(watch)
    assert found == [[2] * len(before), [1] * len(before)]
    assert limits() == before
    with threadpool_limits(2, "blas"):
        in_thread(train)
        assert limits() == [2] * len(before)
    assert limits() == before


def test_an_error_within_leaves_the_limits_as_they_were():
    before = limits()
    with pytest.raises(KeyError), single_threaded_blas():
        raise KeyError
    assert limits() == before


def test_the_way_out_that_the_page_shows_has_all_threads_while_a_model_trains(tmp_path):
    page = (Path(__file__).parents[2] / "docs/keras.md").read_text(encoding="utf-8")
    example = page.split("use another process:\n\n```python\n")[1].split("```")[0]
    program = """
import threadpoolctl, tinydnn as keras, numpy as np
def limits(a):
    return max(library["num_threads"] for library in threadpoolctl.threadpool_info())
if __name__ == "__main__":
    np.linalg.eigvalsh, here = limits, []
    a, x, y = np.eye(2), np.ones((8, 3)), np.ones((8, 2))
    model = keras.Sequential([keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    fit, wait = model.fit, lambda batch, logs: here.append((limits(a), later.result(60)))
    look = keras.callbacks.LambdaCallback(on_train_batch_end=wait)
    model.fit = lambda x, y: fit(x, y, verbose=0, callbacks=[look])
"""
    path = tmp_path / "program.py"
    path.write_text(program + indent(example, "    ") + "    print(here, eigenvalues)\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, env=environment, check=False)
    assert (done.stdout, done.stderr) == ("[(1, 2)] 2\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_forked_while_another_thread_trains_has_its_own_limits():
    program = """
import os, threading, time
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits
import tinydnn as keras
from tinydnn.device.threads import single_threaded_blas
limits = lambda: [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
threadpool_limits(3, "blas")
before, held, done = limits(), threading.Event(), threading.Event()
def hold():
    with single_threaded_blas():
        held.set(), done.wait(20)
thread = threading.Thread(target=hold)
thread.start()
held.wait()
def child(expected):
    if not os.fork():
        try:
            assert limits() == expected, limits()
            with single_threaded_blas():
                assert set(limits()) == {1}
            assert limits() == expected, limits()
            os._exit(0)
        finally:
            os._exit(1)  # behind an error
    assert os.wait()[1] == 0
child(before)
with single_threaded_blas():
    child([1] * len(before))
done.set(), thread.join()
assert limits() == before
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
