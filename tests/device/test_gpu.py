"""The engine on a GPU: next to the CPU number by number, and what a step costs there.

Each test runs on the stand-in, and marked `gpu` on CuPy, where it has a GPU or the emulated one.
"""

import copy
import ctypes
import itertools
import json
import os

import numpy as np
import pytest
import stand_in
from keras_cases import LOSSES, OPTIMIZERS
from tolerances import GPU_OPERATION, GPU_TRAINING

import tinydnn as keras
from tinydnn import activations, layers, losses, names
from tinydnn.device.backend import Backend
from tinydnn.device.elementwise import elementwise
from tinydnn.engine.logs import LazyLogs
from tinydnn.engine.snapshot import snapshot
from tinydnn.files import checkpoints
from tinydnn.inspect import diagnosis, microscope, own_tensors
from tinydnn.inspect.recorder import Recorder
from tinydnn.random import philox

DTYPES = ["float32", "float64"]
NOTHING = dict.fromkeys(("copies_in", "copies_out", "allocations", "synchronisations"), 0)


@pytest.fixture
def counted(gpu):
    """counted() → what the device has done so far."""
    if gpu.xp is stand_in:
        return stand_in.counts.taken
    if not os.environ.get("TINYDNN_EMULATED_GPU"):
        pytest.skip("a real GPU doesn't count what it does; the stand-in and the emulated one do")
    numbers = (ctypes.c_long * 8).in_dll(ctypes.CDLL("libcuda.so.1"), "emu_stats")
    names = (
        "launches", "copies_in", "copies_out", "copies_within",
        "allocations", "products", "synchronisations", "memsets",
    )  # fmt: skip
    return lambda: dict(zip(names, numbers, strict=True))


def same(gpu, ours, host, dtype, scale=1.0, rtol=0):
    np.testing.assert_allclose(gpu.to_numpy(ours), host, rtol=rtol, atol=GPU_OPERATION[dtype] * scale)


# -- operations ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", activations.OFFERED)
def test_activations_and_their_derivatives(gpu, name, dtype, fused, rng):
    keras.config.set_fused_kernels(fused)
    function = activations.get(name)
    z, da = (rng.normal(size=(5, 7)).astype(dtype) * 3 for _ in range(2))
    z[0, :3] = 0, 700, -700
    a, dz = np.empty_like(z), np.empty_like(z)
    with Backend().quiet():
        function.forward(np, z, a)
        function.backward(np, z, a, da, dz)
    on_device = [gpu.asarray(array) for array in (z, da, np.zeros_like(z), np.zeros_like(z))]
    function.forward(gpu.xp, on_device[0], on_device[2])
    function.backward(gpu.xp, on_device[0], on_device[2], on_device[1], on_device[3])
    rtol = GPU_OPERATION[dtype] if name == "exponential" else 0  # whose outputs, and so their roundings, may be large
    same(gpu, on_device[2], a, dtype, rtol=rtol)
    same(gpu, on_device[3], dz, dtype, scale=10, rtol=rtol)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", activations.OFFERED)
def test_a_nan_is_not_lost(gpu, name, fused):
    """CUDA's own max(NaN, 0) is 0, and a training that diverges would go on."""
    keras.config.set_fused_kernels(fused)
    z = np.array([[np.nan, 1, 2], [-1, 0, 1]], np.float32)
    da = np.array([[1, 2, 3], [1, 2, np.nan]], np.float32)
    results = []
    for backend in (gpu, Backend()):
        a, dz = (backend.asarray(np.zeros((2, 3), np.float32)) for _ in range(2))
        with backend.quiet():
            given = backend.asarray(z)
            activations.get(name).forward(backend.xp, given, a)
            activations.get(name).backward(backend.xp, given, a, backend.asarray(da), dz)
        results.append([np.isnan(backend.to_numpy(each)) for each in (a, dz)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert results[0][0][0, 0]


@pytest.mark.parametrize("fused", [True, False])
def test_a_nan_among_logits_is_not_lost(gpu, fused):
    keras.config.set_fused_kernels(fused)
    for place in range(3):
        x = np.zeros((2, 3), np.float32)
        x[0, place] = np.nan
        t = losses.LossTrace(lambda name, shape: gpu.xp.empty(shape, "float32"), 2, 3)
        t.y[...] = gpu.asarray(np.eye(3, dtype=np.float32)[:2])
        losses.CategoricalCrossentropy().forward(gpu.xp, gpu.asarray(x), t, True)
        assert np.isnan(gpu.to_numpy(t.l)).tolist() == [True, False]


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("kind", [losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy])
def test_cross_entropies_and_their_gradients(gpu, kind, logits, dtype, fused, rng):
    keras.config.set_fused_kernels(fused)
    x = rng.normal(size=(6, 4)).astype(dtype) * 2
    if logits:
        x[0] = 900, -900, 0, 1  # exp of these is infinite
    else:
        x = np.abs(x)
        x[0, 0] = 0
    results = []
    for backend in (Backend(), gpu):
        t = losses.LossTrace(lambda name, shape, b=backend: b.xp.empty(shape, dtype), *x.shape)
        t.y[...] = backend.asarray(np.eye(4, dtype=dtype)[[0, 3, 1, 1, 2, 0]])
        on_device, loss = backend.asarray(x), kind()
        loss.forward(backend.xp, on_device, t, logits)
        dx = loss.backward(backend.xp, on_device, t, logits, 6)
        results.append([backend.to_numpy(each) for each in (t.l, t.p, dx)])
    scale = max(1, *(np.abs(each).max() for each in results[0]))
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=GPU_OPERATION[dtype] * scale)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(gpu, name, dtype, fused, rng):
    keras.config.set_fused_kernels(fused)
    w, gradients = rng.normal(size=20).astype(dtype), rng.normal(size=(5, 20)).astype(dtype)
    results = []
    for backend in (Backend(), gpu):
        optimizer, on_device = OPTIMIZERS[name](keras), backend.asarray(w.copy())
        optimizer.build(keras.device.memory.Layout([(4, 4), (4,)]), dtype, backend)
        for g in gradients:
            g = backend.asarray(g.copy())
            optimizer.begin_step()
            optimizer.clip(g)
            optimizer.update(on_device, g, slice(0, 20))
        results.append([backend.to_numpy(each) for each in (on_device, *optimizer.slots.values())])
    for theirs, ours in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=10 * GPU_OPERATION[dtype])


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_dropout_masks_are_the_cpus_bit_for_bit(gpu, dtype, fused):
    keras.config.set_fused_kernels(fused)
    for first, n in ((0, 5), (3, 1), (7, 50_000), (2**34 - 3, 9)):
        masks = []
        for backend in (Backend(), gpu):
            mask = backend.xp.empty((n, 1), dtype)
            philox.dropout_mask(backend.xp, (686579304, 4), first, dtype, 0.3, mask)
            masks.append(backend.to_numpy(mask))
        np.testing.assert_array_equal(*masks)
        assert set(np.unique(masks[0])) <= {0, np.dtype(dtype).type(1 / (1 - 0.3))}


@pytest.mark.parametrize("source", [np.uint8, np.int64, np.float32, np.float64])
def test_rows_are_gathered_and_converted(gpu, source, rng):
    rows, order = rng.integers(0, 200, (9, 2, 3)).astype(source), np.array([8, 0, 3, 3])
    out = gpu.xp.empty((4, 2, 3), np.float32)
    gpu.gather(gpu.asarray(rows), gpu.asarray(order), out)
    np.testing.assert_array_equal(gpu.to_numpy(out), rows[order].astype(np.float32))


# -- whole nets ---------------------------------------------------------------------------------------


def everything(device, dtype, last="softmax", loss="categorical_crossentropy", optimizer="rmsprop"):
    """A net with every layer, from the same seed and with the same names."""
    names._counts.clear()
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((2, 3), dtype=dtype)], device=device)
    for layer in (
        layers.Rescaling(0.5, 0.25, dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.Dense(6, activation="tanh", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02), dtype=dtype),
        layers.Dense(8, bias_regularizer="l2", kernel_constraint="max_norm", bias_constraint="non_neg", dtype=dtype),
        layers.Activation("sigmoid", dtype=dtype),
        layers.Dropout(0.3, dtype=dtype),
        layers.Reshape((4, 2), dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.Dense(7, activation="sigmoid", use_bias=False, dtype=dtype),
        layers.Dense(6, activation="relu", activity_regularizer="l2", dtype=dtype),
        layers.Dense(5, activation="softmax", dtype=dtype),
        layers.Dense(4, activation=last, dtype=dtype),
    ):
        model.add(layer)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def samples(rng, n=40, outputs=4):
    return rng.normal(size=(n, 2, 3)), np.eye(outputs)[rng.integers(0, outputs, n)]


def close(ours, theirs, dtype):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=GPU_TRAINING[dtype])


def trained(model, x, y, batch_size=8, **settings):
    history = model.fit(x, y, batch_size, epochs=4, verbose=0, **settings).history
    return model, history


def compare(gpu_model, cpu_model, x, y, dtype):
    """Train both by 20 steps and more, and compare all that comes out."""
    held_out = x[:11].copy(), y[:11].copy()
    (ours, our_log), (theirs, their_log) = (
        trained(model, x, y, validation_data=held_out) for model in (gpu_model, cpu_model)
    )
    assert (ours.device, theirs.device) == ("gpu", "cpu")
    close(ours.get_weights(), theirs.get_weights(), dtype)
    for name in their_log:
        np.testing.assert_allclose(our_log[name], their_log[name], rtol=0, atol=GPU_TRAINING[dtype])
    close([ours.evaluate(x, y, verbose=0)], [theirs.evaluate(x, y, verbose=0)], dtype)
    close([ours.predict(x, batch_size=7, verbose=0)], [theirs.predict(x, verbose=0)], dtype)
    close([ours.train_on_batch(x, y)], [theirs.train_on_batch(x, y)], dtype)
    close(ours.get_weights(), theirs.get_weights(), dtype)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_net_with_every_layer_trains_as_on_the_cpu(gpu, dtype, fused, rng):
    keras.config.set_fused_kernels(fused)
    compare(everything("gpu", dtype), everything("cpu", dtype), *samples(rng), dtype)


def normalizing(device, dtype):
    """A net with the layers that normalize or draw, and a frozen one."""
    names._counts.clear()
    keras.utils.set_random_seed(3)
    adapted = layers.Normalization(dtype=dtype)
    adapted.adapt(np.linspace(-2, 3, 60).reshape(10, 2, 3))
    model = keras.Sequential([keras.Input((2, 3), dtype=dtype)], device=device)
    for layer in (
        adapted,
        layers.BatchNormalization(gamma_regularizer="l2", dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.GaussianNoise(0.1, dtype=dtype),
        layers.Dense(6, dtype=dtype),
        layers.BatchNormalization(momentum=0.8, dtype=dtype),
        layers.Activation(layers.LeakyReLU(negative_slope=0.1), dtype=dtype),
        layers.GaussianDropout(0.1, dtype=dtype),
        layers.Dense(6, activation="selu", trainable=False, dtype=dtype),
        layers.AlphaDropout(0.1, dtype=dtype),
        layers.Reshape((2, 3), dtype=dtype),
        layers.LayerNormalization(beta_constraint="max_norm", dtype=dtype),
        layers.UnitNormalization(dtype=dtype),
        layers.Flatten(dtype=dtype),
        layers.BatchNormalization(trainable=False, dtype=dtype),
        layers.LayerNormalization(scale=False, dtype=dtype),
        layers.ActivityRegularization(0.01, 0.02, dtype=dtype),
        layers.Dense(4, activation="softmax", dtype=dtype),
    ):
        model.add(layer)
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_layers_that_normalize_and_draw_train_as_on_the_cpu(gpu, dtype, fused, rng):
    keras.config.set_fused_kernels(fused)
    compare(normalizing("gpu", dtype), normalizing("cpu", dtype), *samples(rng), dtype)


def test_models_on_two_devices_share_layers(gpu, rng):
    """Whoever uses a layer brings its weights along; the optimizer's slots stay where they are."""
    x, y = samples(rng)
    shared = [everything("cpu", "float64"), everything("cpu", "float64")]
    expected = shared[1]
    here = keras.Sequential([keras.Input((2, 3), dtype="float64"), *shared[0].layers], device="gpu")
    here.compile("sgd", "categorical_crossentropy")
    for _ in range(2):
        shared[0].train_on_batch(x, y)
        expected.train_on_batch(x, y)
        close([here.predict(x, verbose=0)], [expected.predict(x, verbose=0)], "float64")
        assert shared[0].layers[2].backend.device == "gpu"
        close([shared[0].predict(x, verbose=0)], [expected.predict(x, verbose=0)], "float64")
        assert shared[0].layers[2].backend.device == "cpu"
    before = here.get_weights()
    here.train_on_batch(x, y)
    assert not np.array_equal(shared[0].predict(x, verbose=0), expected.predict(x, verbose=0))
    here.set_weights(before)
    close(shared[0].get_weights(), expected.get_weights(), "float64")


@pytest.mark.parametrize("name", LOSSES)
def test_losses_train_as_on_the_cpu(gpu, name, rng):
    last, loss = LOSSES[name]
    x, y = samples(rng)
    if "sparse" in name:
        y = y.argmax(axis=1)
    models = [everything(device, "float64", last, loss(keras)) for device in ("gpu", "cpu")]
    compare(*models, x, y, "float64")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_train_as_on_the_cpu(gpu, name, rng):
    models = [everything(device, "float64", optimizer=OPTIMIZERS[name](keras)) for device in ("gpu", "cpu")]
    compare(*models, *samples(rng), "float64")


def test_one_output_trains_as_on_the_cpu(gpu, rng):
    x, y = rng.normal(size=(30, 3)), rng.integers(0, 2, (30, 1)).astype(float)
    models = []
    for device in ("gpu", "cpu"):
        keras.utils.set_random_seed(5)
        last = layers.Dense(1, activation="sigmoid", dtype="float64")
        models.append(keras.Sequential([keras.Input((3,), dtype="float64"), last], device=device))
        models[-1].compile("adam", "mse", metrics=["accuracy"])
    compare(*models, x, y, "float64")


class HalfStep(keras.optimizers.RMSprop):
    """An optimizer of one's own, with a formula of its own."""

    @elementwise
    def step(w, v, m, a, g, rate, rho, momentum, epsilon):
        return w - rate / 2 * g, v, m, a


class Größe(keras.optimizers.Adam):
    """One whose name is none in C, and which changes nothing."""


class OneMoreSlot(keras.optimizers.SGD):
    """One with a slot that its formula does without."""

    def slot_names(self):
        return [*super().slot_names(), "extra"]


@pytest.mark.parametrize("kind", [Größe, OneMoreSlot, type("Double", (keras.optimizers.RMSprop,), {})])
def test_optimizers_derived_from_ours(gpu, kind, rng):
    models = [everything(device, "float64", optimizer=kind()) for device in ("gpu", "cpu")]
    compare(*models, *samples(rng), "float64")


class TwiceTheBias(layers.Dense):
    """A layer of one's own, which adds its bias by itself."""

    def forward(self, x, t):
        z = self.xp.matmul(x, self.kernel, out=t.z)
        z += self.bias
        z += self.bias
        if t.loss_activates:
            return z
        self.activation.forward(self.xp, z, t.y)
        return t.y


class Square(activations.Activation):
    """An activation of one's own."""

    def forward(self, xp, z, a):
        xp.multiply(z, z, out=a)

    def backward(self, xp, z, a, da, dz):
        xp.sqrt(a, out=dz)  # of positive z
        dz *= da
        dz *= 2


class LessThanRelu(type(activations.relu)):
    """One derived from an activation that has a kernel."""

    def forward(self, xp, z, a):
        xp.maximum(z, 0.5, out=a)


def test_classes_of_ones_own_compute_as_they_say(gpu, rng):
    x, y = abs(samples(rng)[0]), samples(rng)[1]
    models = []
    for device in ("gpu", "cpu"):
        model = keras.Sequential([keras.Input((2, 3), dtype="float64"), layers.Flatten(dtype="float64")], device=device)
        for units, activation in ((5, Square()), (6, LessThanRelu()), (7, "tanh"), (4, "softmax")):
            model.add(TwiceTheBias(units, activation=activation, dtype="float64"))
        weights = np.random.default_rng(1)
        model.set_weights([abs(weights.normal(size=weight.shape)) / 5 for weight in model.get_weights()])
        model.compile(HalfStep(0.1, name="half a step"), "categorical_crossentropy", metrics=["accuracy"])
        models.append(model)
    keras.utils.set_random_seed(3)
    compare(*models, x, y, "float64")


def test_a_name_may_be_any_text(gpu, rng):
    models = [
        everything(device, "float64", optimizer=keras.optimizers.Adam(name="l'été, 2 × \n"))
        for device in ("gpu", "cpu")
    ]
    compare(*models, *samples(rng), "float64")


def walkthrough(device, scaled=True, dtype="float32"):
    keras.utils.set_random_seed(42)
    model = keras.Sequential([keras.Input((28, 28), dtype=dtype)], device=device)
    if scaled:
        model.add(layers.Rescaling(1 / 255, dtype=dtype))
    model.add(layers.Reshape((784,), dtype=dtype))
    for units, activation in ((324, "sigmoid"), (36, "sigmoid"), (10, "softmax")):
        model.add(layers.Dense(units, activation=activation, dtype=dtype))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_walkthroughs_net_after_20_steps(gpu, dtype, mnist):
    (x, y), _ = mnist
    x, y = x[:10_240], keras.utils.to_categorical(y[:10_240])
    models = [walkthrough(device, dtype=dtype) for device in ("gpu", "cpu")]
    logs = [model.fit(x, y, batch_size=512, verbose=0).history for model in models]
    weights = [np.concatenate([weight.ravel() for weight in model.get_weights()]) for model in models]
    print(
        f"\n{dtype}: the largest difference of any weight after 20 steps is {np.abs(weights[0] - weights[1]).max():.1e}"
    )
    close([weights[0]], [weights[1]], dtype)
    close(logs[0].values(), logs[1].values(), dtype)


# -- what a step costs --------------------------------------------------------------------------------


def costs(model, x, y, counted, **settings):
    """What each of fit's steps cost, the first of all left out, in which kernels are compiled and buffers made."""
    taken = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: taken.append([counted()]),
        on_train_batch_end=lambda batch, logs: taken[-1].append(counted()),
    )
    model.fit(x, y, batch_size=512, verbose=0, callbacks=[note], **settings)
    return [{name: after[name] - before[name] for name in before} for before, after in taken[1:]]


@pytest.mark.parametrize(("scaled", "launches"), [(False, 25), (True, 26)])
def test_a_step_of_the_walkthroughs_net(gpu, counted, scaled, launches, mnist):
    """Call by call. Its 8 matrix products and 3 sums for the biases, which are products too, are counted in."""
    keras.config.set_cuda_graphs(False)
    (x, y), _ = mnist
    x, y = x[:2048], keras.utils.to_categorical(y[:2048])
    for cost in costs(walkthrough("gpu", scaled), x, y, counted):
        assert cost["products"] == 8 + 3
        assert cost["launches"] + cost["products"] == launches
        assert {name: cost[name] for name in NOTHING} == NOTHING


def test_plain_operations_cost_more_than_twice_as_much(gpu, counted, mnist):
    """So the budget shows that fused kernels run."""
    keras.config.set_fused_kernels(False)
    (x, y), _ = mnist
    for cost in costs(walkthrough("gpu", scaled=False), x[:1536], keras.utils.to_categorical(y[:1536]), counted):
        assert cost["launches"] + cost["products"] > 2 * 25
        assert cost["copies_in"] == cost["copies_out"] == 0


def test_an_epoch_reads_once_and_sends_its_order_alone(gpu, counted, mnist):
    (x, y), _ = mnist
    x, y = x[:2048], keras.utils.to_categorical(y[:2048])
    model, taken = walkthrough("gpu"), []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: taken.append(counted()))
    model.fit(x, y, batch_size=512, epochs=3, verbose=0, callbacks=[note])
    for before, after in itertools.pairwise(taken):
        assert after["copies_in"] - before["copies_in"] == 1  # the order
        assert after["copies_out"] - before["copies_out"] == 2  # losses and hits


def test_images_are_sent_once_as_they_are(gpu, rng):
    data = keras.engine.data.Data(walkthrough("gpu"), rng.integers(0, 256, (10, 28, 28)).astype(np.uint8))
    assert data.x.dtype == np.uint8


def test_a_prediction_is_read_once(gpu, counted, rng):
    model = walkthrough("gpu")
    x = rng.integers(0, 256, (40, 28, 28)).astype(np.uint8)
    model.predict(x, batch_size=10, verbose=0)
    before = counted()
    model.predict(x, batch_size=10, verbose=0)
    after = counted()
    assert (after["copies_in"] - before["copies_in"], after["copies_out"] - before["copies_out"]) == (1, 1)


# -- logs that are read late --------------------------------------------------------------------------


def test_a_batchs_logs_are_what_the_cpu_gives_whenever_they_are_read(gpu, rng):
    x, y = samples(rng)
    kept = {}
    for device in ("gpu", "cpu"):
        kept[device] = []
        keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs, to=kept[device]: to.append(logs))
        trained(everything(device, "float64"), x, y, callbacks=[keep])
    assert isinstance(kept["gpu"][0], LazyLogs)
    for ours, theirs in zip(kept["gpu"], kept["cpu"], strict=True):
        assert list(ours) == list(theirs) == ["accuracy", "loss"]
        assert ours["accuracy"] == theirs["accuracy"]
        assert ours["loss"] == pytest.approx(theirs["loss"], abs=GPU_TRAINING["float64"])


def test_reading_early_changes_no_bit(gpu, rng):
    """Of numbers whose sum depends on the order in which they are added up."""
    x, y = samples(rng, n=1000)
    read = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: batch % 2 and logs["loss"])
    (one, log), (other, other_log) = (
        trained(everything("gpu", "float64"), x, y, batch_size=37, callbacks=callbacks) for callbacks in (None, [read])
    )
    assert log == other_log
    for w, v in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)


def test_outputs_of_a_batch_of_predictions(gpu, rng):
    x, _ = samples(rng)
    got = []
    keep = keras.callbacks.LambdaCallback(on_predict_batch_end=lambda batch, logs: got.append(logs["outputs"]))
    whole = everything("gpu", "float32").predict(x, batch_size=16, verbose=0, callbacks=[keep])
    np.testing.assert_array_equal(np.concatenate(got), whole)


class Spoil(keras.callbacks.Callback):
    """Makes a weight NaN before this step of this epoch; before step 0, at its epoch's start."""

    def __init__(self, epoch, step):
        self.when = epoch, step

    def on_epoch_begin(self, epoch, logs=None):
        self.spoil(epoch, 0)

    def on_train_batch_begin(self, batch, logs=None):
        self.spoil(self.model.training.epoch, batch or None)

    def spoil(self, epoch, step):
        if (epoch, step) == self.when:
            self.model.layers[2].kernel[...] = np.nan


@pytest.mark.parametrize("step", [0, 2])
@pytest.mark.parametrize("epoch", [0, 1])
def test_a_training_that_diverges_ends_as_on_the_cpu(gpu, epoch, step, rng):
    """At the end of its epoch, but with the same message and the same weights."""
    x, y = samples(rng)
    ends = []
    for device in ("gpu", "cpu"):
        model = everything(device, "float64")
        with pytest.raises(FloatingPointError) as error:
            trained(model, x, y, callbacks=[Spoil(epoch, step)])
        ends.append((str(error.value), model.get_weights(), model.optimizer.iterations))
    assert ends[0][0] == ends[1][0]
    assert f"epoch {epoch + 1}, step {step + 1} of 5" in ends[0][0]
    close(ends[0][1], ends[1][1], "float64")
    assert all(np.isfinite(weight).all() for weight in ends[0][1])
    # Of the epochs whose start gave a finite loss it is the last: the first one's start, here.
    assert ends[0][2] == ends[1][2] == (5 if epoch and step else 0)


# -- between devices ----------------------------------------------------------------------------------


def test_weights_move_between_devices(gpu, rng):
    x, y = samples(rng)
    ours, _ = trained(everything("gpu", "float32"), x, y)
    theirs = everything("cpu", "float32")
    theirs.set_weights(ours.get_weights())
    close([theirs.predict(x, verbose=0)], [ours.predict(x, verbose=0)], "float32")
    weights = [w + 1 for w in theirs.get_weights()]
    ours.set_weights(weights)
    for layer in ours.layers:
        layer.set_weights([w * 2 for w in layer.get_weights()])
    for w, doubled in zip(weights, ours.get_weights(), strict=True):
        assert isinstance(doubled, np.ndarray)
        np.testing.assert_array_equal(doubled, 2 * w)


@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
@pytest.mark.parametrize(("first", "second"), [("gpu", "cpu"), ("cpu", "gpu")])
def test_files_move_between_devices(gpu, first, second, ending, tmp_path, rng):
    """The optimizer's state too: the training goes on there as here."""
    x, y = samples(rng)
    model, _ = trained(everything(first, "float64"), x, y)
    path = tmp_path / f"model{ending}"
    if ending == ".keras":
        model.save(path)
        keras.config.set_device(second)
        other = keras.models.load_model(path)
    else:
        model.save_weights(path)
        other = everything(second, "float64")
        other.train_on_batch(x, y)  # which makes the optimizer's slots
        other.load_weights(path)
    assert (model.device, other.device) == (first, second)
    for w, v in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)
    if ending != ".h5":
        for slot, vector in model.optimizer.slots.items():
            moved = other.backend.to_numpy(other.optimizer.slots[slot])
            np.testing.assert_array_equal(moved, model.backend.to_numpy(vector))


@pytest.mark.parametrize("step", [7, 10])
def test_a_resumed_training_ends_in_the_same_bits(gpu, step, tmp_path, rng):
    x, y = samples(rng)

    class Cut(keras.callbacks.Callback):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1
            if self.steps == step:
                checkpoints.write(tmp_path / "checkpoint.npz", self.model.training.state())
                raise RuntimeError("cut")

    whole, log = trained(everything("gpu", "float32"), x, y)
    with pytest.raises(RuntimeError, match="cut"):
        trained(everything("gpu", "float32"), x, y, callbacks=[Cut()])
    backup = keras.callbacks.BackupAndRestore(tmp_path)
    resumed, resumed_log = trained(everything("gpu", "float32"), x, y, callbacks=[backup])
    assert resumed_log == log
    for w, v in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)


def test_a_resumed_training_that_diverges_goes_back_as_if_it_had_not_been_cut(gpu, tmp_path, rng):
    x, y = samples(rng)
    starts = []

    class Cut(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            starts.append(self.model.get_weights())

        def on_train_batch_begin(self, batch, logs=None):
            if (self.model.training.epoch, batch) == (1, 2):
                raise RuntimeError("cut")

    backup = keras.callbacks.BackupAndRestore(tmp_path, save_freq=1)
    with pytest.raises(RuntimeError, match="cut"):
        trained(everything("gpu", "float64"), x, y, callbacks=[backup, Cut()])
    model = everything("gpu", "float64")
    with pytest.raises(FloatingPointError, match="epoch 2, step 4 of 5"):
        trained(model, x, y, callbacks=[backup, Spoil(1, 3)])
    close(model.get_weights(), starts[1], "float64")


def test_a_state_after_an_infinite_loss_is_refused(gpu, rng):
    """There the weights may be finite still, and a checkpoint of them would look good."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)], device="gpu")
    model.compile("rmsprop", "mse")
    take = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: model.training.state())
    with pytest.raises(FloatingPointError, match="epoch 1, step 1 of 4"):
        model.fit(rng.normal(size=(8, 3)), np.full((8, 2), 1e25), batch_size=2, verbose=0, callbacks=[take])
    assert model.weights_are_finite()
    assert model.optimizer.iterations == 0


def test_a_training_cut_off_after_an_infinite_loss_keeps_good_weights(gpu, rng):
    """By whatever else ends it, before anybody has looked at a loss."""
    x, y = samples(rng)

    def cut(batch, logs):
        if batch == 3:
            raise KeyboardInterrupt

    for device in ("gpu", "cpu"):
        model = everything(device, "float64")
        start = model.get_weights()
        with pytest.raises((KeyboardInterrupt, FloatingPointError)) as error:
            trained(model, x, y, callbacks=[Spoil(0, 1), keras.callbacks.LambdaCallback(on_train_batch_end=cut)])
        assert error.type is (KeyboardInterrupt if device == "gpu" else FloatingPointError)
        close(model.get_weights(), start, "float64")


def test_a_file_is_not_written_over_after_an_infinite_loss(gpu, tmp_path, rng):
    """Its weights would be finite, and its velocity not."""
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)], device="gpu")
    model.compile("rmsprop", "mse")
    checkpoint = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras", save_freq=1)
    with pytest.raises(FloatingPointError, match="epoch 1, step 1 of 4"):
        model.fit(rng.normal(size=(8, 3)), np.full((8, 2), 1e25), 2, verbose=0, callbacks=[checkpoint])
    assert not list(tmp_path.iterdir())


def test_penalties_are_read_once_an_epoch(gpu, counted, rng):
    model, taken = everything("gpu", "float32"), []
    note = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: taken.append(counted()["copies_out"]))
    trained(model, *samples(rng), callbacks=[note])
    assert [after - before for before, after in itertools.pairwise(taken)] == [3, 3, 3]  # losses, hits, penalties


def test_a_layer_that_a_gpu_model_gave_back_works_on_the_cpu(gpu):
    class NoMemory(keras.initializers.Initializer):
        def __call__(self, shape, dtype="float32"):
            raise MemoryError

    layer = layers.Dense(3, activation="tanh", bias_initializer="glorot_uniform")
    with pytest.raises(MemoryError):
        keras.Sequential([keras.Input((2,)), layer, layers.Dense(2, kernel_initializer=NoMemory())], device="gpu")
    weights, bias = layer.get_weights()
    model = keras.Sequential([keras.Input((2,)), layer], device="cpu")
    x = np.array([[1.0, 2.0]], np.float32)
    np.testing.assert_allclose(model.predict(x, verbose=0), np.tanh(x @ weights + bias), atol=GPU_OPERATION["float32"])


def test_logs_are_a_mapping(gpu, rng):
    kept = []
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: kept.append(logs))
    trained(everything("gpu", "float32"), *samples(rng), callbacks=[keep])
    for plain in (copy.copy(kept[0]), dict(kept[0]), {**kept[0]}, kept[0].copy()):
        assert dict(plain) == {name: kept[0][name] for name in ("accuracy", "loss")}
        assert json.loads(json.dumps(dict(plain))) == dict(plain)


def test_early_stopping_restores_the_best_weights(gpu, rng):
    x, y = samples(rng)
    logs = []
    for device in ("gpu", "cpu"):
        stop = keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
        model = everything(device, "float64", optimizer=keras.optimizers.SGD(3.0))
        history = model.fit(x, y, batch_size=8, epochs=10, verbose=0, callbacks=[stop]).history
        logs.append((history["loss"], model.get_weights()))
    assert len(logs[0][0]) == len(logs[1][0])
    close(logs[0][1], logs[1][1], "float64")


def test_the_microscope_shows_the_cpus_tensors(gpu, rng):
    x, y = samples(rng)
    ours, theirs = (microscope.dissect(everything(device, "float64"), x, y) for device in ("gpu", "cpu"))
    assert [tensor.name for tensor in ours] == [tensor.name for tensor in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one.value, np.ndarray)
        np.testing.assert_allclose(one.value, other.value, rtol=0, atol=GPU_TRAINING["float64"], err_msg=one.name)
        assert one.formula == other.formula
        for slope in one.slopes:
            assert slope.gradient == pytest.approx(slope.slope, abs=1e-7)


def test_a_step_is_recorded_and_looked_at_on_the_gpu(gpu, rng, tmp_path):
    x, y = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)

    def net():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(3, "softmax")], device="gpu")
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    net().fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[Recorder(tmp_path / "step.npz", 3)])
    step, model = diagnosis.read(tmp_path / "step.npz"), net()
    assert (step.x.shape, step.y.shape, step.batch_size) == ((4, 4), (4,), 8)
    found = own_tensors.compare(model, step.x, step.y, own_tensors.tensors_of(model, step))
    assert len(found.allowed) == 4
    assert not found.off
    step.slots["velocity"][0] += 1.0
    assert own_tensors.compare(model, step.x, step.y, own_tensors.tensors_of(model, step)).off


def test_data_that_lies_on_the_device_is_taken(gpu, rng):
    x, y = samples(rng)
    one, other = everything("gpu", "float64"), everything("gpu", "float64")
    trained(one, x, y)
    trained(other, gpu.asarray(x), gpu.asarray(y))
    for w, v in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)


def test_a_model_can_not_be_mixed_with_numpy_by_mistake(gpu):
    """Only CuPy raises this: the stand-in does so everywhere."""
    with pytest.raises(TypeError):
        everything("gpu", "float32").parameters + np.ones(1)


def test_a_state_is_a_copy(gpu, rng):
    """np.asarray shares memory, cp.asarray does so only on the device."""
    model, _ = trained(everything("gpu", "float32"), *samples(rng))
    state = copy.copy(snapshot(model))
    before = gpu.to_numpy(state["parameters"])
    model.set_weights([w + 1 for w in model.get_weights()])
    np.testing.assert_array_equal(gpu.to_numpy(state["parameters"]), before)
