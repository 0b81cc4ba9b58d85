"""What Keras accepts, refuses and decides, tinydnn does too: the same lines on both give the same answers."""

import os
import warnings

import numpy as np
import pytest
from tolerances import KERAS_FLOAT32

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

ENGINES = tinydnn, real_keras
X = np.random.default_rng(0).random((24, 6)).astype("float32")
LABELS = np.random.default_rng(1).integers(0, 3, 24)
PREDICTIONS = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], "float32")


def net(k, optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=("accuracy",), shape=(6,), **dense):
    k.utils.set_random_seed(1)
    layers = [k.layers.Flatten()] if len(shape) > 1 else []
    model = k.Sequential([k.Input(shape), *layers, k.layers.Dense(3, activation="softmax", **dense)])
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def weights_after(model, x=X, y=LABELS, **fit):
    history = model.fit(x, y, **{"epochs": 3, "batch_size": 5, "verbose": 0, **fit})
    return {"weights": model.get_weights(), "logs": history.history, "epochs": history.epoch}


SAME = {
    "labels that are whole numbers": lambda k: weights_after(net(k), y=LABELS.astype(float)),
    "labels as a column": lambda k: weights_after(net(k), y=LABELS[:, None]),
    "labels as a column of floats": lambda k: weights_after(net(k), y=LABELS[:, None].astype("float32")),
    "labels with two axes more": lambda k: weights_after(net(k, metrics=()), y=LABELS[:, None, None]),
    "one-hot rows with an axis more": lambda k: weights_after(
        net(k, loss="mse", metrics=()), y=np.eye(3)[LABELS][..., None]
    ),
    "an axis more": lambda k: weights_after(net(k), x=X[..., None]),
    "an axis more, of images": lambda k: weights_after(net(k, shape=(2, 3)), x=X.reshape(-1, 2, 3, 1)),
    "an axis less": lambda k: weights_after(net(k, shape=(6, 1))),
    "validation data with an axis more": lambda k: weights_after(net(k), validation_data=(X[..., None], LABELS)),
    "no epochs": lambda k: weights_after(net(k), epochs=0),
    "no epochs left": lambda k: weights_after(net(k), epochs=2, initial_epoch=2),
    "clipvalue 0": lambda k: weights_after(net(k, k.optimizers.SGD(clipvalue=0.0))),
    "clipnorm 0": lambda k: weights_after(net(k, k.optimizers.SGD(clipnorm=0.0))),
    "global_clipnorm 0": lambda k: weights_after(net(k, k.optimizers.SGD(global_clipnorm=0.0))),
    "no initializer of the kernel": lambda k: weights_after(net(k, kernel_initializer=None)),
    "no initializer of the bias": lambda k: weights_after(net(k, bias_initializer=None)),
    "predict_on_batch": lambda k: {"outputs": np.asarray(net(k).predict_on_batch(X[:7]))},
    "predict with an axis more": lambda k: {"outputs": net(k).predict(X[..., None], verbose=0)},
}


def assert_close(ours, theirs):
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        ours, theirs = list(ours.values()), list(theirs.values())
    if isinstance(theirs, list):
        for a, b in zip(ours, theirs, strict=True):
            assert_close(a, b)
    else:
        np.testing.assert_allclose(ours, theirs, rtol=KERAS_FLOAT32, atol=KERAS_FLOAT32)


@pytest.mark.parametrize("case", SAME)
def test_the_same_lines_give_the_same(case):
    assert_close(*(SAME[case](k) for k in ENGINES))


def test_initializers_of_none_are_drawn_when_the_layer_is_built():
    """So a net that is built late draws its seeds in another order."""
    built = []
    for k in ENGINES:
        k.utils.set_random_seed(4)
        model = k.Sequential([k.layers.Dense(4, kernel_initializer=None), k.layers.Dense(3), k.layers.Dense(2)])
        model.build((None, 6))
        built.append(model.get_weights())
    for a, b in zip(*built, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("here", ENGINES)
def test_none_as_an_initializer_and_no_clipping_travel_in_a_file(here, tmp_path):
    there = next(k for k in ENGINES if k is not here)
    model = net(here, here.optimizers.Adam(clipnorm=0.0), kernel_initializer=None)
    weights_after(model, shuffle=False)
    model.save(tmp_path / "m.keras")
    other = there.models.load_model(tmp_path / "m.keras")
    assert other.layers[0].kernel_initializer is None
    assert other.optimizer.clipnorm == 0
    assert_close(*(weights_after(each, shuffle=False) for each in (model, other)))


def stopped(k, x=X, y=LABELS, rate=0.1, metrics=("accuracy",), **stopping):
    """How many epochs it takes, and what was best."""
    model = net(k, k.optimizers.SGD(rate), metrics=metrics)
    callback = k.callbacks.EarlyStopping(**stopping)
    history = model.fit(x, y, epochs=12, verbose=0, validation_split=0.25, callbacks=[callback])
    return len(history.epoch), callback.best_epoch, callback.best


STOPPING = {
    "a name in capitals": {"monitor": "val_Accuracy", "metrics": ("Accuracy",), "patience": 1},
    "its own name": {"monitor": "acc", "metrics": ("acc",), "patience": 1},
    "upwards, against its nature": {"monitor": "val_accuracy", "mode": "min", "patience": 1, "rate": 1.0},
    "from a baseline": {"patience": 1, "baseline": 0.1},
    "by min_delta": {"patience": 1, "min_delta": 1e-3},
}


@pytest.mark.parametrize("case", STOPPING)
def test_early_stopping_stops_after_the_same_epoch(case):
    (epochs, best_epoch, best), theirs = (stopped(k, **STOPPING[case]) for k in ENGINES)
    assert (epochs, best_epoch) == theirs[:2]
    assert best == pytest.approx(theirs[2], rel=KERAS_FLOAT32)


@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_an_improvement_by_exactly_min_delta_counts_as_in_keras(floatx):
    """Which of them count is a matter of rounding: accuracies of 10,000 samples that rise by 0.001."""
    for k in ENGINES:
        k.config.set_floatx(floatx)
    number = np.dtype(floatx).type
    for mode, sign in (("max", 1), ("min", -1)):
        decisions = []
        for k in ENGINES:
            callback = k.callbacks.EarlyStopping("val_accuracy", mode=mode, min_delta=0.001)
            callback.set_model(net(k))
            if k is real_keras:
                callback._set_monitor_op()
            improves = callback.improves if k is tinydnn else callback._is_improvement
            value = (lambda i: i / 10000) if k is tinydnn else (lambda i: float(number(i) / number(10000)))
            decisions.append([bool(improves(value(i + 10 * sign), value(i))) for i in range(4000, 9000, 25)])
        assert decisions[0] == decisions[1]
        assert (True in decisions[0]) == (floatx == "float32")


@pytest.mark.parametrize("step", [1e-9, 2e-8, 1e-7])
def test_a_step_too_small_for_float32_is_no_improvement(step, tmp_path):
    ends = []
    for k in ENGINES:

        def fall(epoch, logs):
            logs["val_loss"] = 0.9 - epoch * step

        path = str(tmp_path / k.__name__) + "-{epoch}.keras"
        callbacks = [
            k.callbacks.LambdaCallback(on_epoch_end=fall),
            k.callbacks.ModelCheckpoint(path, save_best_only=True),
            k.callbacks.EarlyStopping(patience=2),
        ]
        history = net(k).fit(X, LABELS, epochs=12, verbose=0, callbacks=callbacks)
        ends.append((history.epoch, sorted(each.name.partition("-")[2] for each in tmp_path.glob(f"{k.__name__}-*"))))
    assert ends[0] == ends[1]
    assert (len(ends[0][0]) == 12) == (step > 5e-8)


@pytest.mark.parametrize("monitor", ["accuracy", "val_acc", "lr"])
@pytest.mark.parametrize("metrics", [(), ("Accuracy",)])
def test_a_monitor_without_its_metric_is_refused(monitor, metrics):
    for k in ENGINES:
        with pytest.raises(ValueError, match=r"mode='max'|mode='min' or 'max'"):
            stopped(k, monitor=monitor, metrics=metrics)


def test_a_monitor_with_a_mode_is_only_warned_of():
    for k in ENGINES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert stopped(k, monitor="accuracy", mode="max", metrics=())[0] == 12
        assert any("accuracy" in str(each.message) for each in caught)


LOSSES = {
    "SparseCategoricalCrossentropy": ([[2, 0], [2.0, 0.0], [[2], [0]]], [[3, 0], [-1, 0], [np.nan, 0]]),
    "CategoricalCrossentropy": ([[[0, 0, 1], [1, 0, 0]], [[0, 0, 1.0], [0.5, 0.5, 0]]], [[[1], [0]], [2, 0]]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_called_on_their_own(name):
    taken, refused = LOSSES[name]
    ours, theirs = (getattr(k.losses, name)() for k in ENGINES)
    for y in taken:
        assert ours(np.array(y), PREDICTIONS) == pytest.approx(float(theirs(np.array(y), PREDICTIONS)))
    for y in refused:
        for loss in (ours, theirs):
            with pytest.raises(Exception, match=r"y_true expects|label value|same shape|must have (the same )?rank"):
                loss(np.array(y), PREDICTIONS)


def test_a_layers_name_may_have_spaces_and_any_letters(tmp_path):
    """Keras on TensorFlow takes such a name, opens the file, and fails where it computes."""
    model = tinydnn.Sequential([tinydnn.Input((6,)), tinydnn.layers.Dense(3, name="äußere Schicht")])
    outputs = model.predict(X, verbose=0)
    model.save(tmp_path / "m.keras")
    again = tinydnn.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), outputs)
    theirs = real_keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(theirs.get_layer("äußere Schicht").get_weights()[0], model.get_weights()[0])
    with pytest.raises(ValueError, match="not a valid scope name"):
        theirs.predict(X, verbose=0)


def test_get_layer_finds_and_refuses_the_same():
    for k in ENGINES:
        model = net(k, shape=(2, 3))
        flatten, dense = model.layers
        assert model.get_layer(dense.name) is model.get_layer(index=1) is model.get_layer(index=-1) is dense
        assert model.get_layer(index=0) is flatten
        for arguments in [{}, {"name": "dense_7"}, {"index": 2}, {"name": dense.name, "index": 1}]:
            with pytest.raises(ValueError, match="layer"):
                model.get_layer(**arguments)


def test_a_history_knows_its_parameters_and_its_model():
    params = []
    for k in ENGINES:
        model = net(k)
        history = model.fit(X, LABELS, batch_size=7, epochs=2, verbose=0)
        assert history.model is model
        params.append(history.params)
    assert params[0] == params[1] == {"verbose": 0, "epochs": 2, "steps": 4}
