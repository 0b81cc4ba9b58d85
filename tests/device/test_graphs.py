"""Steps that a GPU repeats from a recording give what the same calls give one by one.

The stand-in records nothing, so these tests need CuPy: on a GPU, or an emulated one.
"""

import ctypes
import threading
import time
from contextlib import nullcontext, suppress

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import config
from tinydnn.device import devices
from tinydnn.device.backend import GpuBackend
from tinydnn.device.cublas import Cublas
from tinydnn.device.cuda import Kernel
from tinydnn.device.graphs import Graph
from tinydnn.engine.divergence import Divergence
from tinydnn.engine.one_batch import OneBatch

pytestmark = pytest.mark.gpu

LAYERS = {
    "dropout": lambda: keras.layers.Dropout(0.3),
    "a softmax that the loss does not compute": lambda: keras.layers.Dense(6, activation="softmax"),
    "l2": lambda: keras.layers.Dense(6, activation="relu", kernel_regularizer="l2"),
    "activity": lambda: keras.layers.Dense(6, activation="relu", activity_regularizer="l1"),
    "batch normalization": lambda: keras.layers.BatchNormalization(),
    "layer normalization": lambda: keras.layers.LayerNormalization(),
    "normalization": lambda: keras.layers.Normalization(mean=0.1, variance=0.5),
    "unit normalization": lambda: keras.layers.UnitNormalization(),
    "noise": lambda: keras.layers.GaussianNoise(0.3),
    "gaussian dropout": lambda: keras.layers.GaussianDropout(0.3),
    "alpha dropout": lambda: keras.layers.AlphaDropout(0.3),
    "a frozen layer": lambda: keras.layers.Dense(6, activation="relu", trainable=False),
    "constraints": lambda: keras.layers.Dense(6, kernel_constraint="min_max_norm", bias_constraint="non_neg"),
}


@pytest.fixture(autouse=True)
def _on_the_gpu():
    config.set_device("gpu")
    assert devices.gpu().has_graphs
    yield
    config.set_cuda_graphs(True)


def data(rng, n=100):
    return rng.normal(size=(n, 5)).astype("float32"), rng.integers(0, 3, n)


def net(middle=(), optimizer="rmsprop", loss="sparse_categorical_crossentropy", dtype="float32"):
    config.set_floatx(dtype)
    keras.utils.set_random_seed(3)
    first, last = keras.layers.Dense(6, activation="sigmoid"), keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.layers.Input((5,)), first, *(make() for make in middle), last])
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def trained(graphs, x, y, callbacks=(), validation=None, **settings):
    """The history and weights of three epochs; the last of the five steps of an epoch takes fewer rows."""
    config.set_cuda_graphs(graphs)
    model = net(**settings)
    history = model.fit(
        x, y, batch_size=24, epochs=3, verbose=0, callbacks=[make() for make in callbacks], validation_data=validation
    )
    return history.history, model.get_weights()


def assert_same(found, expected):
    assert found[0] == expected[0]
    for one, other in zip(found[1], expected[1], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_same_bits_as_call_by_call(optimizer, dtype, rng):
    x, y = data(rng)
    settings = {"optimizer": optimizer, "dtype": dtype, "validation": (x[:70], y[:70])}
    assert_same(trained(True, x, y, **settings), trained(False, x, y, **settings))


@pytest.mark.parametrize("middle", LAYERS)
def test_layers_that_change_from_step_to_step_or_take_memory(middle, rng):
    x, y = data(rng)
    settings = {"middle": [LAYERS[middle]]}
    assert_same(trained(True, x, y, **settings), trained(False, x, y, **settings))


def test_one_hot_targets(rng):
    x, y = data(rng)
    y, settings = keras.utils.to_categorical(y), {"loss": "categorical_crossentropy"}
    assert_same(trained(True, x, y, **settings), trained(False, x, y, **settings))


class ChangesBetweenSteps(keras.callbacks.Callback):
    """What a callback may do to a model in an epoch counts from the next step on."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            self.model.optimizer.learning_rate = 0.05
            self.model.set_weights([0.9 * weight for weight in self.model.get_weights()])


class ReadsEachStep(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        assert logs["loss"] > 0


class Evaluates(keras.callbacks.Callback):
    """On the same model, whose validation has a recording of its own."""

    def on_train_batch_end(self, batch, logs=None):
        assert self.model.evaluate(np.ones((50, 5)), np.arange(50) % 3, batch_size=10, verbose=0)[0] > 0


@pytest.mark.parametrize("callback", [ChangesBetweenSteps, ReadsEachStep, Evaluates])
def test_callbacks_within_an_epoch(callback, rng):
    x, y = data(rng)
    settings = {"callbacks": [callback]}
    assert_same(trained(True, x, y, **settings), trained(False, x, y, **settings))


def test_a_recorded_step_is_one_call_of_the_host(rng, monkeypatch):
    """Kernels of the third and all further steps start without the host, but for the optimizer's."""
    recorded, launched = [], []
    monkeypatch.setattr(Graph, "__init__", counted(Graph.__init__, recorded))
    monkeypatch.setattr(Graph, "launch", counted(Graph.launch, launched))
    x, y = data(rng)
    net().fit(x, y, batch_size=20, epochs=4, verbose=0)
    assert (len(recorded), len(launched)) == (1, 4 * 5 - 2)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "huber"])
def test_weights_and_metrics_of_sums_are_recorded_too(rng, loss):
    x, labels = data(rng)
    y, weights = labels if loss.startswith("sparse") else np.eye(3)[labels], rng.random(100)
    found = []
    for graphs in (True, False):
        config.set_cuda_graphs(graphs)
        model = net(loss=loss)
        metrics = ["accuracy", lambda y, p: abs(y - p)]
        metrics += [] if loss.startswith("sparse") else ["AUC", "r2_score", "kl_divergence", "binary_accuracy"]
        model.compile("adam", loss, metrics=metrics, weighted_metrics=metrics[:2])
        history = model.fit(x, y, 24, 3, 0, sample_weight=weights, validation_data=(x, y, weights)).history
        found.append([*np.ravel([*history.values()]), *np.concatenate([w.ravel() for w in model.get_weights()])])
    np.testing.assert_array_equal(*found)


@pytest.fixture
def idle_device():
    """On the emulated GPU, kernels and products are counted and not run, so that what remains is the host's time.

    What is read there is whatever the memory held before, infinities too.
    """
    try:
        idle = ctypes.c_int.in_dll(ctypes.CDLL("libcuda.so.1"), "emu_idle")
    except ValueError:  # a real one works by itself
        yield
        return
    idle.value = 1
    with np.errstate(all="ignore"):
        yield
    idle.value = 0


def test_what_a_step_asks_of_the_host(rng, monkeypatch, idle_device):
    """Calls of CuPy's kernels and products; with -s, the host's time too, in turn, for 400 steps of a small net."""
    monkeypatch.setattr(Divergence, "check", lambda *arguments: None)  # the losses of an idle device are none
    x, y = data(rng, 8 * 400)
    seconds, calls = {True: [], False: []}, {}
    for _ in range(5):
        for graphs in (True, False):
            config.set_cuda_graphs(graphs)
            model = net()
            model.fit(x[:80], y[:80], batch_size=8, verbose=0)
            began = time.thread_time()
            model.fit(x, y, batch_size=8, verbose=0)
            seconds[graphs].append((time.thread_time() - began) / 400)
    for graphs in (True, False):
        config.set_cuda_graphs(graphs)
        asked = []
        with monkeypatch.context() as patch:
            patch.setattr(Kernel, "run", counted(Kernel.run, asked))
            patch.setattr(Cublas, "matmul", counted(Cublas.matmul, asked))
            net().fit(x, y, batch_size=8, verbose=0)
        calls[graphs] = len(asked) / 400
    for recorded, by_call in zip(*seconds.values(), strict=True):
        print(f"recorded {recorded * 1e6:.0f} us, call by call {by_call * 1e6:.0f} us")
    assert calls[True] < 1.2 < 10 < calls[False]


def test_a_recording_has_five_small_calls_more(rng, idle_device, monkeypatch):
    """They gather the rows of a step, put its losses and predictions into their places, and move on."""
    monkeypatch.setattr(Divergence, "check", lambda *arguments: None)
    counters = getattr(ctypes.CDLL("libcuda.so.1"), "emu_stats", None)
    if counters is None:
        pytest.skip("a real GPU does not count")
    numbers = (ctypes.c_long * 8).in_dll(ctypes.CDLL("libcuda.so.1"), "emu_stats")
    x, y = rng.random((8 * 20, 5), "float32"), np.eye(3, dtype="float32")[rng.integers(0, 3, 8 * 20)]
    launches = {}
    for graphs in (True, False):
        config.set_cuda_graphs(graphs)
        model, taken = net(loss="categorical_crossentropy"), []
        note = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs, taken=taken: taken.append(numbers[0])
        )
        model.fit(x, y, batch_size=8, verbose=0, callbacks=[note])
        launches[graphs] = taken[-1] - taken[-2]
    assert launches[True] == launches[False] + 5


def counted(function, calls):
    def counting(*arguments, **settings):
        calls.append(function)
        return function(*arguments, **settings)

    return counting


def test_two_trainings_side_by_side(rng):
    """Each thread records steps of its own."""
    x, y = data(rng)
    expected, found = trained(True, x, y), {}
    models = {number: net() for number in range(2)}

    def train(number):
        history = models[number].fit(x, y, batch_size=24, epochs=3, verbose=0)
        found[number] = history.history, models[number].get_weights()

    threads = [threading.Thread(target=train, args=(number,)) for number in models]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in models:
        assert_same(found[number], expected)


@pytest.mark.parametrize("when", ["before", "after"])
def test_another_thread_waits_for_the_whole_gpu(rng, monkeypatch, when):
    """CUDA ends a recording then. The step is taken call by call, and the next one is recorded."""
    x, y = data(rng)
    expected, tried = trained(False, x, y), []
    cupy, recorded = devices.gpu().xp, GpuBackend.graph

    def wait():
        with suppress(cupy.cuda.runtime.CUDARuntimeError):  # it is refused, too
            cupy.cuda.runtime.deviceSynchronize()

    def calls_and_wait(calls):
        for each in (in_a_thread(wait), calls) if when == "before" else (calls, in_a_thread(wait)):
            each()

    def graph(backend, calls):
        tried.append(calls)
        return recorded(backend, calls if len(tried) > 1 else lambda: calls_and_wait(calls))

    monkeypatch.setattr(GpuBackend, "graph", graph)
    assert_same(trained(True, x, y), expected)
    assert len(tried) == 3  # of the steps of 24 rows again, and of those of 4


def test_what_can_never_be_recorded_is_tried_a_few_times_only(rng, monkeypatch):
    x, y = data(rng)
    expected, tried = trained(False, x, y), []

    def graph(backend, calls):
        tried.append(calls)
        raise RuntimeError("not recorded")

    monkeypatch.setattr(GpuBackend, "graph", graph)
    assert_same(trained(True, x, y), expected)
    assert len(tried) == 3 + 1  # of the steps of 24 rows, and of those of 4, of which there are three


def in_a_thread(call):
    def run():
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    return run


def test_a_thread_takes_over_the_handle_of_one_that_is_gone(monkeypatch):
    """To destroy it, CUDA would wait for the whole GPU."""
    cupy, made = devices.gpu().xp, []
    cublas = Cublas(cupy)
    monkeypatch.setattr(cublas, "_new_handle", counted(cublas._new_handle, made))
    a = cupy.ones((2, 2), "f")
    for _ in range(3):
        in_a_thread(lambda: cublas.matmul(a, a, out=cupy.empty_like(a)))()
    assert len(made) == 1


def test_a_resume_at_the_short_last_step_of_an_epoch(rng, tmp_path):
    """It begins with the smaller step, and goes on to the same bits."""
    x, y = data(rng)
    expected = trained(True, x, y)
    cut = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: 1 / 0 if batch == 4 else None)
    for callbacks in ([cut], []):
        model, backup = net(), keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)
        with pytest.raises(ZeroDivisionError) if callbacks else nullcontext():
            history = model.fit(x, y, batch_size=24, epochs=3, verbose=0, callbacks=[backup, *callbacks])
    assert_same((history.history, model.get_weights()), expected)


class Noise(keras.layers.Layer):
    """Draws on the host, so that each step is another one."""

    def forward(self, x, t):
        t.y[...] = x + self.xp.asarray(np.random.default_rng(self.steps_seen).normal(size=x.shape).astype(x.dtype))
        return t.y

    def backward(self, dy, t):
        return dy


def test_what_a_recording_holds_can_not_be_changed():
    layer = keras.layers.Dropout(0.3)
    with pytest.raises(AttributeError):
        layer.rate = 0.1


def test_classes_of_the_users_own_are_called_in_each_step(rng):
    x, y = data(rng)
    settings = {"middle": [Noise]}
    assert_same(trained(True, x, y, **settings), trained(False, x, y, **settings))


def test_gradients_of_one_batch_follow_the_weights(rng):
    """From the third call on they are recorded, and still those of the present weights."""
    x, y = data(rng, 30)
    found = []
    for graphs in (True, False):
        config.set_cuda_graphs(graphs)
        with OneBatch(net(), x, y) as batch:
            for _ in range(6):
                [own] = batch.gradients()
                found.append(own.gradient.get())
                batch.update()
    for one, other in zip(found[:6], found[6:], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(found[4], found[5])


def test_a_failure_while_recording_ends_it(rng):
    """The error comes through, and the device goes on."""
    cupy = devices.gpu().xp
    total = cupy.zeros(3, "float32")

    def calls():
        cupy.add(total, total, out=total)
        raise KeyError("in between")

    with pytest.raises(KeyError, match="in between"):
        Graph(cupy, calls)
    graph = Graph(cupy, lambda: cupy.add(total, 1, out=total))
    assert total.tolist() == [0, 0, 0]  # recorded, not run
    graph.launch()
    graph.launch()
    assert total.tolist() == [2, 2, 2]


def test_memory_that_was_taken_while_recording_stays_the_graphs():
    cupy = devices.gpu().xp
    x, out = cupy.arange(1000, dtype="float64"), cupy.empty(1000, "float64")
    cupy.add(x, x)
    graph = Graph(cupy, lambda: cupy.copyto(out, cupy.add(x, x), casting="same_kind"))
    others = [cupy.full(1000, 7.0, "float64") for _ in range(20)]
    graph.launch()
    np.testing.assert_array_equal(out.get(), 2 * np.arange(1000))
    assert all((other.get() == 7).all() for other in others)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products(dtype, rng):
    """As they lie, transposed, and by a vector: (m, k) @ (k, n)."""
    backend = devices.gpu()
    a, b = rng.normal(size=(7, 5)).astype(dtype), rng.normal(size=(5, 3)).astype(dtype)
    tolerance = {"float32": 1e-5, "float64": 1e-13}[dtype]
    on_gpu = {"a": backend.asarray(a), "at": backend.asarray(a.T), "b": backend.asarray(b), "bt": backend.asarray(b.T)}
    for left in (on_gpu["a"], on_gpu["at"].T):
        for right in (on_gpu["b"], on_gpu["bt"].T):
            found = backend.matmul(left, right, out=backend.xp.empty((7, 3), dtype))
            np.testing.assert_allclose(found.get(), a @ b, rtol=tolerance, atol=tolerance)
    found = backend.matmul(backend.asarray(a[0]), on_gpu["b"], out=backend.xp.empty(3, dtype))
    np.testing.assert_allclose(found.get(), a[0] @ b, rtol=tolerance, atol=tolerance)


def test_products_of_what_a_users_layer_may_give(rng):
    """Parts of arrays, and another dtype, as NumPy takes them."""
    backend = devices.gpu()
    a, b = rng.normal(size=(6, 8)), rng.normal(size=(8, 3)).astype("float32")
    on_gpu = backend.asarray(a)
    for given, expected in ((on_gpu[::2, ::2], a[::2, ::2]), (on_gpu[:, ::-1], a[:, ::-1]), (on_gpu[:, :5], a[:, :5])):
        k = given.shape[1]
        found = backend.matmul(given, backend.asarray(b[:k]), out=backend.xp.empty((len(expected), 3), "float32"))
        np.testing.assert_allclose(found.get(), expected @ b[:k], rtol=1e-5, atol=1e-5)


def test_products_that_do_not_fit():
    backend = devices.gpu()
    x = backend.xp.zeros((4, 3), "float32")
    with pytest.raises(ValueError, match="matmul expects"):
        backend.matmul(x, x, out=backend.xp.empty((4, 3), "float32"))


def test_a_gpu_without_cublas_by_its_usual_name_takes_cupys_products(monkeypatch, rng):
    x, y = data(rng)
    expected = trained(False, x, y)

    def not_there(name, *arguments):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", not_there)
    devices.gpu.cache_clear()
    try:
        backend = devices.gpu()
        assert not backend.has_graphs
        monkeypatch.setattr(devices, "gpu", lambda: backend)
        history, _ = trained(True, x, y)
        np.testing.assert_allclose(history["loss"], expected[0]["loss"], rtol=1e-5)
    finally:
        monkeypatch.undo()
        devices.gpu.cache_clear()
