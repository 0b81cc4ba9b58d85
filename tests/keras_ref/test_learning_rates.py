"""Learning rates that change, next to Keras: schedules, and the callbacks that set or log them."""

import json
import os

import numpy as np
import pytest
from in_turn import in_float64
from keras_cases import OPTIMIZERS, SCHEDULES
from tolerances import KERAS_FLOAT32, RATE, TRAINED

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402

BOTH = tinydnn, real_keras
MANY_STEPS = ["adam amsgrad", *(name for name in OPTIMIZERS if name.endswith(("options", "schedule")))]
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 5)), np.eye(3)[RNG.integers(0, 3, 60)]


def net(k, optimizer, dtype="float32"):
    k.config.set_floatx(dtype)
    k.utils.set_random_seed(3)
    layers = [k.layers.Dense(8, activation="tanh", dtype=dtype), k.layers.Dense(3, activation="softmax", dtype=dtype)]
    model = k.Sequential([k.Input((5,), dtype=dtype), *layers])
    model.compile(optimizer(k), "categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(k, model, *callbacks, epochs=12):
    k.utils.set_random_seed(4)
    return model.fit(
        X, Y, batch_size=10, epochs=epochs, validation_split=0.2, verbose=0, callbacks=list(callbacks)
    ).history


@pytest.mark.parametrize(("name", "dtype"), in_float64(MANY_STEPS))
def test_fifty_steps_end_as_in_keras(name, dtype):
    ours, theirs = (net(k, OPTIMIZERS[name], dtype) for k in BOTH)
    logs = [fit(k, model, epochs=10) for k, model in zip(BOTH, (ours, theirs), strict=True)]
    assert ours.optimizer.iterations == int(theirs.optimizer.iterations.numpy()) == 50
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=TRAINED[dtype])
    for key in logs[1]:
        np.testing.assert_allclose(logs[0][key], logs[1][key], rtol=0, atol=TRAINED["float32"])  # Keras logs float32


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_those_of_keras_trainings(name):
    """Keras' graphs divide by multiplying, so that a stair may come a step later than where a schedule is called."""
    import tensorflow as tf

    ours, theirs = (SCHEDULES[name](k.optimizers.schedules) for k in BOTH)
    in_graphs = tf.function(theirs)
    expected = [float(in_graphs(tf.constant(step, "int64"))) for step in range(100)]
    np.testing.assert_allclose([ours(step) for step in range(100)], expected, rtol=0, atol=RATE)
    if "cosine" not in name:
        assert [ours(step) for step in range(100)] == expected
    assert ours.get_config() == theirs.get_config()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_goes_from_engine_to_engine_in_a_file(name):
    for here, there in [BOTH, BOTH[::-1]]:
        model = net(here, lambda k: k.optimizers.Nadam(SCHEDULES[name](k.optimizers.schedules)))
        there.config.set_floatx("float32")
        other = there.models.model_from_json(model.to_json())
        saved, again = (json.loads(each.to_json())["compile_config"]["optimizer"] for each in (model, other))
        assert again["config"]["learning_rate"] == saved["config"]["learning_rate"]


def test_a_rate_can_not_be_set_while_a_schedule_gives_it_but_another_schedule_can():
    for k in BOTH:
        schedules = k.optimizers.schedules
        optimizer = k.optimizers.SGD(schedules.InverseTimeDecay(0.5, 1, 1.0))
        with pytest.raises(TypeError, match=r"(?i)schedule"):
            optimizer.learning_rate = 0.1
        optimizer.learning_rate = schedules.PiecewiseConstantDecay([3], [0.25, 0.125])
        assert float(optimizer.learning_rate) == 0.25
        optimizer = k.optimizers.SGD(0.5)
        optimizer.learning_rate = schedules.InverseTimeDecay(0.5, 1, 1.0)
        assert float(optimizer.learning_rate) == 0.5


CALLBACKS = {
    "a function of the epoch": lambda c: c.LearningRateScheduler(lambda epoch: 0.5 * 0.9**epoch, verbose=1),
    "a function of the epoch and the rate": lambda c: c.LearningRateScheduler(
        lambda epoch, rate: rate * 0.9, verbose=1
    ),
    "a plateau": lambda c: c.ReduceLROnPlateau(patience=1, factor=0.3, cooldown=1, min_lr=0.02, verbose=1),
    "a plateau of the accuracy": lambda c: c.ReduceLROnPlateau(
        "val_accuracy", patience=2, factor=0.3, min_delta=0.01, verbose=1
    ),
}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks_set_say_and_log_the_rates_of_keras(name, capsys):
    logs, texts = [], []
    for k in BOTH:
        model = net(k, lambda k: k.optimizers.SGD(0.5))
        capsys.readouterr()
        logs.append(fit(k, model, CALLBACKS[name](k.callbacks)))
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert texts[0].count("learning rate to") >= 2
    assert list(logs[0]) == list(logs[1])
    assert logs[0]["learning_rate"] == logs[1]["learning_rate"]
    for key in logs[1]:
        np.testing.assert_allclose(logs[0][key], logs[1][key], rtol=0, atol=KERAS_FLOAT32)


@pytest.mark.parametrize(("separator", "append"), [(",", False), (";", True)])
def test_the_csv_log_is_keras(separator, append, tmp_path):
    tables = []
    for k in BOTH:
        path = tmp_path / f"{k.__name__}.csv"
        rates = k.callbacks.LearningRateScheduler(lambda epoch: 0.5 * 0.9**epoch)
        for epochs in (3, 2):
            logger = k.callbacks.CSVLogger(path, separator=separator, append=append)
            fit(k, net(k, lambda k: k.optimizers.SGD(0.5)), rates, logger, epochs=epochs)
        with open(path, newline="") as file:
            tables.append([line.split(separator) for line in file.read().split("\r\n")])
    assert tables[0][0] == tables[1][0]
    assert len(tables[0]) == len(tables[1]) == (7 if append else 4)
    for ours, theirs in zip(tables[0][1:-1], tables[1][1:-1], strict=True):
        np.testing.assert_allclose([float(v) for v in ours], [float(v) for v in theirs], rtol=0, atol=KERAS_FLOAT32)


def test_without_validation_the_csv_log_has_keras_columns(tmp_path):
    texts = []
    for k in BOTH:
        path = tmp_path / f"{k.__name__}.csv"
        model = net(k, lambda k: k.optimizers.SGD(0.5))
        model.fit(X, Y, verbose=0, callbacks=[k.callbacks.CSVLogger(path)])
        texts.append([line.split(",")[:1] + line.split(",")[3:] for line in path.read_text().splitlines()])
    assert texts[0] == texts[1] == [["epoch", "val_accuracy", "val_loss"], ["0", "NA", "NA"]]
