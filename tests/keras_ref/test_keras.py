"""tinydnn next to Keras itself: one script on both, and files in both directions."""

import os

import numpy as np
import pytest
from in_turn import in_float64, in_turn
from keras_cases import LOSSES, OPTIMIZERS
from tolerances import HANDED_OVER, KERAS_FLOAT32, KERAS_FLOAT64
from two_ways import FEATURES, differences

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from keras_ref.engines import seed_both  # noqa: E402
from tinydnn.files.optimizer_variables import slots_in_order  # noqa: E402

TOLERANCE = {"float32": KERAS_FLOAT32, "float64": KERAS_FLOAT64}


def compute_in(dtype):
    """Keras rounds what fit gets to floatx, whatever the dtype of the layers."""
    for k in (tinydnn, real_keras):
        k.config.set_floatx(dtype)


def samples(sparse=False):
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 4, 41)
    return rng.normal(size=(41, 2, 3)), labels if sparse else np.eye(4)[labels]


def network(k, dtype, last="softmax", **dense):
    """The same lines for both: they differ in what k is."""
    k.utils.set_random_seed(11)
    return k.Sequential(
        [
            k.Input((2, 3), dtype=dtype),
            k.layers.Flatten(dtype=dtype),
            k.layers.Rescaling(0.5, offset=0.1, dtype=dtype),
            k.layers.Dense(7, activation="sigmoid", dtype=dtype, **dense),
            k.layers.Dropout(0.3, dtype=dtype),
            k.layers.Dense(5, dtype=dtype),
            k.layers.Activation("relu", dtype=dtype),
            k.layers.Dense(4, activation=last, dtype=dtype),
        ]
    )


def train(k, dtype, optimizer="rmsprop", loss="softmax", **dense):
    last, make_loss = LOSSES[loss]
    x, y = samples(sparse=loss.startswith("sparse"))
    model = network(k, dtype, last, **dense)
    model.compile(OPTIMIZERS[optimizer](k), make_loss(k), metrics=["accuracy"])
    history = model.fit(x, y, batch_size=8, epochs=3, validation_split=0.2, verbose=0)
    return model, history, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0)


@pytest.mark.parametrize(("loss", "dtype"), in_float64(LOSSES))
def test_evaluate_and_predict_give_what_keras_gives(loss, dtype):
    compute_in(dtype)
    (_, history, results, outputs), (_, expected, expected_results, expected_outputs) = (
        train(k, dtype, loss=loss) for k in (tinydnn, real_keras)
    )
    np.testing.assert_allclose(results, expected_results, rtol=KERAS_FLOAT32, atol=KERAS_FLOAT32)
    np.testing.assert_allclose(outputs, expected_outputs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    assert outputs.dtype == expected_outputs.dtype
    assert history.epoch == expected.epoch
    assert list(history.history) == list(expected.history)


def test_signatures_begin_as_keras_do():
    """What is given by position means the same."""
    from inspect import signature

    def positional(function):
        kinds = [p for p in signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        return [p.name for p in kinds], {p.name: p.default for p in kinds if p.default is not p.empty}

    for path in [
        "Sequential.fit", "Sequential.evaluate", "Sequential.predict", "Sequential.compile",
        "Sequential.train_on_batch", "Sequential.test_on_batch", "layers.Dense", "layers.Dropout", "layers.Rescaling",
        "layers.Activation", "layers.Reshape", "optimizers.RMSprop", "optimizers.SGD", "optimizers.Adam",
        "optimizers.AdamW", "optimizers.Adamax", "optimizers.Nadam", "optimizers.Adagrad", "optimizers.Adadelta",
        "optimizers.Lion", "optimizers.schedules.ExponentialDecay", "optimizers.schedules.InverseTimeDecay",
        "optimizers.schedules.PolynomialDecay", "optimizers.schedules.PiecewiseConstantDecay",
        "optimizers.schedules.CosineDecay", "optimizers.schedules.CosineDecayRestarts",
        "callbacks.LearningRateScheduler", "callbacks.ReduceLROnPlateau", "callbacks.CSVLogger",
        "callbacks.TerminateOnNaN",
        "regularizers.L1", "regularizers.L2", "regularizers.L1L2", "callbacks.EarlyStopping",
        "callbacks.ModelCheckpoint", "utils.to_categorical", "utils.set_random_seed", "initializers.GlorotUniform",
        "initializers.RandomUniform", "initializers.RandomNormal", "initializers.TruncatedNormal",
        "initializers.VarianceScaling", "initializers.Orthogonal", "initializers.Identity",
        "initializers.Constant", "constraints.MaxNorm", "constraints.MinMaxNorm", "constraints.UnitNorm",
        *(f"losses.{name}" for name in tinydnn.losses.__all__ if name[0].isupper() and name != "Loss"),
        *(f"metrics.{name}" for name in tinydnn.metrics.__all__ if name[0].isupper() and name != "Metric"),
    ]:  # fmt: skip
        ours, theirs = tinydnn, real_keras
        for name in path.split("."):
            ours, theirs = getattr(ours, name), getattr(theirs, name)
        names, defaults = positional(ours)
        their_names, their_defaults = positional(theirs)
        assert names == their_names[: len(names)], path
        for name, default in defaults.items():
            if name in their_defaults and (name, default) != ("name", None):  # which is the class's own
                assert default == their_defaults[name], (path, name)


# -- files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("optimizer", "dtype"), in_turn(OPTIMIZERS, ("float64", "float32")))
def test_a_model_saved_here_opens_there_and_back(tmp_path, optimizer, dtype):
    compute_in(dtype)
    x, _ = samples()
    ours, *_ = train(tinydnn, dtype, optimizer=optimizer, kernel_regularizer=tinydnn.regularizers.L1L2(1e-3, 1e-3))
    ours.save(tmp_path / "ours.keras")
    theirs = real_keras.saving.load_model(tmp_path / "ours.keras")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(theirs.optimizer.iterations.numpy()) == ours.optimizer.iterations == 3 * 4
    np.testing.assert_allclose(theirs.predict(x, verbose=0), ours(x), rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])

    theirs.save(tmp_path / "theirs.keras")
    back = tinydnn.models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_array_equal(back.parameters, ours.parameters)
    for name, slot in ours.optimizer.slots.items():
        np.testing.assert_array_equal(back.optimizer.slots[name], slot)
    assert back.optimizer.iterations == ours.optimizer.iterations
    assert type(back.optimizer) is type(ours.optimizer)


def test_one_epoch_here_and_one_there_is_two(tmp_path):
    """Trained on, handed over with the optimizer's state; without dropout, whose count no Keras file has."""

    def start(k):
        model = k.Sequential([k.Input((2, 3), dtype="float64"), k.layers.Flatten(dtype="float64")])
        model.add(k.layers.Dense(5, activation="tanh", dtype="float64"))
        model.add(k.layers.Dense(4, activation="softmax", dtype="float64"))
        model.compile("rmsprop", "categorical_crossentropy")
        return model

    compute_in("float64")
    x, y = samples()
    real_keras.utils.set_random_seed(2)
    tinydnn.utils.set_random_seed(2)  # and so Python's generator, from which both take their layers' seeds
    alone = start(tinydnn)
    alone.fit(x, y, batch_size=8, epochs=3, verbose=0)

    tinydnn.utils.set_random_seed(2)
    here = start(tinydnn)
    here.fit(x, y, batch_size=8, verbose=0)
    here.save(tmp_path / "1.keras")
    there = real_keras.saving.load_model(tmp_path / "1.keras")
    there.fit(x, y, batch_size=8, verbose=0)
    there.save(tmp_path / "2.keras")
    back = tinydnn.models.load_model(tmp_path / "2.keras")
    back.fit(x, y, batch_size=8, verbose=0)
    np.testing.assert_allclose(back.parameters, alone.parameters, rtol=0, atol=KERAS_FLOAT64)


def test_the_walkthroughs_net_handed_over_and_back_ends_as_on_one_engine(tmp_path, mnist):
    """An epoch here, two in Keras, one here again, on scaled digits."""

    def start(k):
        seed_both(8)
        model = k.Sequential([k.Input((28, 28)), k.layers.Rescaling(1 / 255), k.layers.Reshape((784,))])
        for units, activation in [(324, "sigmoid"), (36, "sigmoid"), (10, "softmax")]:
            model.add(k.layers.Dense(units, activation=activation))
        model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
        return model

    compute_in("float64")
    x, y = mnist[0][0][:6000], np.eye(10)[mnist[0][1][:6000]]
    ends = []
    for alone in (tinydnn, real_keras):
        model = start(alone)
        seed_both(8)
        model.fit(x, y, batch_size=512, epochs=4, verbose=0)
        ends.append(model.get_weights())

    model = start(tinydnn)
    for i, (k, last) in enumerate([(tinydnn, 1), (real_keras, 3), (tinydnn, 4)]):
        if i:
            model = k.models.load_model(tmp_path / f"{i}.keras")
        seed_both(8)
        model.fit(x, y, batch_size=512, epochs=last, initial_epoch=[0, 1, 3][i], verbose=0)
        model.save(tmp_path / f"{i + 1}.keras")
    for handed, *alone in zip(model.get_weights(), *ends, strict=True):
        for each in alone:
            np.testing.assert_allclose(handed, each, rtol=0, atol=HANDED_OVER)


def test_a_model_trained_by_an_optimizer_that_tinydnn_lacks_opens_without_it(tmp_path):
    """This one keeps more for each weight than any other of Keras'."""
    model = network(real_keras, "float32")
    settings = {"momentum": 0.5, "centered": True, "use_ema": True, "gradient_accumulation_steps": 2}
    model.compile(real_keras.optimizers.RMSprop(**settings), "categorical_crossentropy")
    model.fit(*samples(), verbose=0)
    model.save(tmp_path / "m.keras")
    with pytest.raises(tinydnn.FileFormatError, match=r"no RMSprop\(use_ema"):
        tinydnn.models.load_model(tmp_path / "m.keras")
    loaded = tinydnn.models.load_model(tmp_path / "m.keras", compile=False)
    for a, b in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_files_go_both_ways(tmp_path):
    ours, *_ = train(tinydnn, "float32")
    theirs = network(real_keras, "float32")
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    other = network(tinydnn, "float32")
    other.load_weights(tmp_path / "theirs.weights.h5")
    np.testing.assert_array_equal(other.parameters, ours.parameters)


@pytest.mark.parametrize(("loss", "dtype"), in_turn(LOSSES, ("float64", "float32")))
def test_json_goes_both_ways(loss, dtype):
    compute_in(dtype)
    last, make_loss = LOSSES[loss]
    for here, there in [(tinydnn, real_keras), (real_keras, tinydnn)]:
        model = network(here, dtype, last, kernel_regularizer="l2")
        model.compile(OPTIMIZERS["rmsprop all"](here), make_loss(here), metrics=["accuracy"])
        other = there.models.model_from_json(model.to_json())
        assert [layer.name for layer in other.layers] == [layer.name for layer in model.layers]
        assert [w.shape for w in other.get_weights()] == [w.shape for w in model.get_weights()]
        assert other.dtype == dtype
        ours, theirs = model.optimizer.get_config(), other.optimizer.get_config()
        for name in ours.keys() & theirs.keys():  # Keras gives the learning rate as the float32 that it keeps
            assert ours[name] == (theirs[name] if name != "learning_rate" else pytest.approx(theirs[name]))
        other.set_weights(model.get_weights())
        x, y = samples(sparse=loss.startswith("sparse"))
        close = {"rel": KERAS_FLOAT32, "abs": KERAS_FLOAT32}
        assert other.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0), **close)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_of_keras_2_open_in_keras(tmp_path, dtype):
    compute_in(dtype)
    ours, *_ = train(tinydnn, dtype)
    ours.save_weights(tmp_path / "ours.h5")
    theirs = network(real_keras, dtype)
    theirs.load_weights(tmp_path / "ours.h5")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("optimizer", "dtype"), in_turn(OPTIMIZERS, ("float64", "float32")))
def test_whole_h5_models_of_keras_open_here_and_train_on(tmp_path, optimizer, dtype):
    compute_in(dtype)
    theirs, *_ = train(real_keras, dtype, optimizer=optimizer, kernel_regularizer="l2")
    theirs.save(tmp_path / "theirs.h5")
    ours = tinydnn.models.load_model(tmp_path / "theirs.h5")
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    slots = [variable.numpy() for variable in theirs.optimizer.variables if len(variable.shape)]
    for (_, _, slot), theirs_slot in zip(slots_in_order(ours), slots, strict=True):
        np.testing.assert_array_equal(slot, theirs_slot)
    assert ours.optimizer.iterations == int(theirs.optimizer.iterations.numpy())
    x, y = samples()
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(theirs.evaluate(x, y, verbose=0), rel=KERAS_FLOAT32)
    assert not tinydnn.models.load_model(tmp_path / "theirs.h5", compile=False).compiled


# Those of a kind that differ by a formula or a few settings go one way each; two_ways.py sends all of them both ways.
ALIKE = "activations", "initializers", "constraints", "losses", "optimizers"
JOURNEYS = [
    (group, name, here)
    for group, features in FEATURES.items()
    for name, only in in_turn(features, ("tinydnn", "keras"))
    for here in ((only,) if group in ALIKE else ("tinydnn", "keras"))
]


def test_the_summary_is_keras_own(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    texts = []
    for k in (tinydnn, real_keras):
        text = []
        k.Sequential([k.layers.Dense(3, name="a")], name="s").summary(print_fn=text.append)
        model = network(k, "float32")
        model.compile("rmsprop", "categorical_crossentropy")
        model.summary(print_fn=text.append)
        model.fit(*samples(), verbose=0)
        model.summary(print_fn=text.append)
        texts.append("\n".join(text))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(("group", "name", "here"), JOURNEYS)
def test_every_feature_travels_in_a_file_and_is_trained_on(group, name, here, tmp_path):
    engines = {"tinydnn": tinydnn, "keras": real_keras}
    there = engines["keras" if here == "tinydnn" else "tinydnn"]
    assert differences(engines[here], there, FEATURES[group][name], tmp_path / "model.keras") == []


def test_a_feature_that_is_lost_on_the_way_is_seen(tmp_path, monkeypatch):
    """The check that the table rests on finds what is not handed over."""
    saved = tinydnn.Sequential.save

    def forgetful(model, path):
        for slot in model.optimizer.slots.values():
            slot *= 2
        model.layers[-1].weights[1][0] += 1e-3
        saved(model, path)
        for slot in model.optimizer.slots.values():
            slot /= 2
        model.layers[-1].weights[1][0] -= 1e-3

    monkeypatch.setattr(tinydnn.Sequential, "save", forgetful)
    off = differences(tinydnn, real_keras, FEATURES["optimizers"]["adam"], tmp_path / "model.keras")
    assert {"weights", "predictions", "the optimizer's state", "weights after training on"} <= set(off)
