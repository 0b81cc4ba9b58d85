"""Spellings of Keras 1 and 2 are taken with a warning that names today's; whatever is missing is named."""

import copy
import importlib
import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, missing, models, optimizers, utils
from tinydnn.old_spellings import ARGUMENTS, MODULES

X = np.random.default_rng(5).normal(size=(24, 3))
LABELS = np.arange(24) % 2
ONE_HOT = np.eye(2)[LABELS]


def old(name, today):
    return pytest.warns(DeprecationWarning, match=rf"{name}.* is an old spelling of Keras; write .*{today}")


def net(outputs=2, last="softmax", metrics=("accuracy",)):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "tanh"), layers.Dense(outputs, last)])
    model.compile("sgd", "categorical_crossentropy" if outputs > 1 else "mse", metrics=list(metrics))
    return model


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "spelling", "today", "attribute", "value"),
    [
        (lambda: layers.Dense(output_dim=5), "output_dim", "units", "units", 5),
        (lambda: layers.Dropout(p=0.25), "p", "rate", "rate", 0.25),
        (lambda: layers.Dense(2, bias=False), "bias", "use_bias", "use_bias", False),
        (lambda: layers.Dense(2, batch_input_shape=(None, 7)), "batch_input_shape", "input_shape", "given_shape", (7,)),
        (lambda: optimizers.SGD(lr=0.3), "lr", "learning_rate", "learning_rate", 0.3),
        (lambda: optimizers.Adam(lr=0.3), "lr", "learning_rate", "learning_rate", 0.3),
        (lambda: optimizers.RMSprop(lr=0.3, rho=0.8), "lr", "learning_rate", "learning_rate", 0.3),
    ],
)
def test_an_old_argument_is_todays(make, spelling, today, attribute, value):
    with old(spelling, today) as warned:
        assert getattr(make(), attribute) == value
    assert [warning.filename for warning in warned] == [__file__]


def test_the_initializer_and_the_penalty_of_keras_1():
    with old("init", "kernel_initializer"):
        assert isinstance(layers.Dense(2, init="zeros").kernel_initializer, keras.initializers.Zeros)
    with old("W_regularizer", "kernel_regularizer"):
        assert layers.Dense(2, W_regularizer=keras.regularizers.l2(0.5)).kernel_regularizer.l2 == 0.5


def test_a_class_of_ones_own_takes_them_too():
    class Wide(layers.Dense):
        def __init__(self, **kwargs):
            super().__init__(activation="relu", **kwargs)

    with old("output_dim", "units"):
        assert Wide(output_dim=9).units == 9
    with pytest.raises(TypeError, match="Wide has no argument 'widht'"):
        Wide(units=9, widht=3)


def test_both_names_at_once_are_refused():
    with pytest.raises(TypeError, match="output_dim is the old name of units: give units alone"):
        layers.Dense(units=2, output_dim=2)
    with pytest.raises(TypeError, match="multiple values for argument 'units'"), old("output_dim", "units"):
        layers.Dense(2, output_dim=2)


def test_epochs_and_classes():
    with old("nb_epoch", "epochs"):
        assert net().fit(X, ONE_HOT, nb_epoch=3, verbose=0).epoch == [0, 1, 2]
    with old("nb_classes", "num_classes"):
        assert utils.to_categorical(LABELS, nb_classes=3).shape == (24, 3)


def test_every_old_argument_leads_to_another_one():
    assert not ARGUMENTS.keys() & set(ARGUMENTS.values())


# -- methods and attributes ------------------------------------------------------------------------


def test_predicted_classes_and_probabilities():
    model = net()
    expected = model.predict(X, verbose=0)
    with old("predict_proba", "predict"):
        np.testing.assert_array_equal(model.predict_proba(X), expected)
    with old("predict_classes", "argmax"):
        np.testing.assert_array_equal(model.predict_classes(X, batch_size=5, verbose=0), expected.argmax(axis=1))


def test_predicted_classes_of_one_output():
    model = net(1, "sigmoid")
    expected = model.predict(X, verbose=0) > 0.5
    with old("predict_classes", "> 0.5"):
        classes = model.predict_classes(X)
    assert 0 < expected.sum() < len(X)
    assert (classes.shape, classes.dtype) == ((24, 1), np.int32)
    np.testing.assert_array_equal(classes, expected)


def test_the_learning_rate_by_its_old_name():
    optimizer = optimizers.SGD(0.25)
    with old("optimizer.lr", "optimizer.learning_rate"):
        assert optimizer.lr == 0.25
    with old("optimizer.lr", "optimizer.learning_rate"):
        optimizer.lr = 0.5
    assert optimizer.learning_rate == 0.5
    with old("optimizer.lr", "optimizer.learning_rate"), pytest.raises(ValueError, match="learning_rate"):
        optimizer.lr = -1


# -- logs ------------------------------------------------------------------------------------------


def test_a_history_answers_to_acc():
    log = net().fit(X, ONE_HOT, validation_split=0.25, verbose=0).history
    assert list(log) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    for same in (log, copy.deepcopy(log), pickle.loads(pickle.dumps(log))):
        with old("'acc'", "'accuracy'"):
            assert same["acc"] == log["accuracy"]
        with old("'val_acc'", "'val_accuracy'"):
            assert same["val_acc"] == log["val_accuracy"]
        with pytest.raises(KeyError, match="acuracy"):
            same["acuracy"]


def test_acc_is_acc_where_it_was_asked_for():
    log = net(metrics=["acc"]).fit(X, ONE_HOT, verbose=0).history
    assert list(log) == ["acc", "loss"]
    with pytest.raises(KeyError):
        log["val_acc"]


@pytest.mark.parametrize("metric", ["accuracy", "acc"])
def test_a_callback_watches_val_acc(metric, recwarn):
    watch = keras.callbacks.EarlyStopping("val_acc", patience=50)
    net(metrics=[metric]).fit(X, ONE_HOT, validation_split=0.25, epochs=2, callbacks=[watch], verbose=0)
    assert watch.best is not None
    assert [str(warning.message) for warning in recwarn] == [
        "'val_acc' of metrics=['accuracy'] is an old spelling of Keras; write 'val_accuracy'"
    ] * (metric == "accuracy")


def test_a_file_is_named_after_val_acc(tmp_path):
    save = keras.callbacks.ModelCheckpoint(str(tmp_path / "{epoch}-{val_acc:.2f}.keras"))
    with old("'val_acc'", "'val_accuracy'"):
        log = net().fit(X, ONE_HOT, validation_split=0.25, callbacks=[save], verbose=0).history
    assert [path.name for path in tmp_path.iterdir()] == [f"1-{log['val_accuracy'][0]:.2f}.keras"]


def test_a_resumed_training_answers_to_acc(tmp_path):
    def stop(epoch, logs):
        if epoch == 1:
            raise InterruptedError

    def fit(*callbacks):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        return net().fit(X, ONE_HOT, epochs=3, callbacks=[backup, *callbacks], verbose=0)

    with pytest.raises(InterruptedError):
        fit(keras.callbacks.LambdaCallback(on_epoch_begin=stop))
    log = fit(keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: None)).history
    with old("'acc'", "'accuracy'"):
        assert len(log["acc"]) == 3


def test_decay_is_left_out_with_a_warning_at_the_line_that_has_it():
    with pytest.warns(UserWarning, match="decay=1e-06 is left out, as in Keras 3") as warned:
        assert optimizers.SGD(0.01, decay=1e-6).learning_rate == 0.01
    assert [warning.filename for warning in warned] == [__file__]


# -- modules ---------------------------------------------------------------------------------------


@pytest.fixture
def _not_imported():
    """The old modules as they are before anybody has asked for them."""

    def forget():
        for name in MODULES:
            sys.modules.pop(name, None)
            package, _, last = name.rpartition(".")
            vars(sys.modules[package]).pop(last, None)

    forget()
    yield
    forget()


@pytest.mark.usefixtures("_not_imported")
@pytest.mark.parametrize(("name", "today"), MODULES.items())
def test_an_old_module_is_todays(name, today):
    with old(name, today):
        assert importlib.import_module(name) is sys.modules[today]


@pytest.mark.usefixtures("_not_imported")
def test_old_modules_as_scripts_write_them():
    with old("np_utils", "tinydnn.utils") as warned:
        from tinydnn.utils import np_utils
    assert np_utils is utils
    assert [warning.filename for warning in warned] == [__file__]
    with old("layers.core", "tinydnn.layers"):
        from tinydnn.layers.core import Dense
    assert Dense is layers.Dense
    with old("advanced_activations", "tinydnn.layers"):
        assert keras.layers.advanced_activations is layers


def test_backend():
    from tinydnn import backend as K  # noqa: N812

    assert (K.floatx(), K.epsilon(), K.image_data_format()) == ("float32", 1e-7, "channels_last")
    K.set_floatx("float64")
    assert layers.Dense(2).dtype == "float64"
    assert layers.Dense(2).name == "dense_1"
    K.clear_session()
    assert layers.Dense(2).name == "dense"


# -- what is missing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda: layers.Dense(2, lora_rank=2), TypeError, "Dense has no argument 'lora_rank': Keras has it"),
        (
            lambda: layers.Dense(2, autocast=False),
            TypeError,
            "'autocast': Keras has it.*It offers: activation, .*units",
        ),
        (lambda: layers.Dense(2, activaton="relu"), TypeError, r"'activaton'\. Did you mean 'activation'\?"),
        (lambda: optimizers.Adam(use_ema=True), TypeError, "Adam has no argument 'use_ema': Keras has it"),
        (lambda: keras.losses.MeanSquaredError(nme="x"), TypeError, "MeanSquaredError has no argument 'nme'"),
        (lambda: keras.constraints.MaxNorm(m=2), TypeError, "MaxNorm has no argument 'm'"),
        (lambda: optimizers.schedules.ExponentialDecay(0.1, 1, 0.9, steps=3), TypeError, "ExponentialDecay has no arg"),
        (lambda: keras.regularizers.L2(0.1, l1=0.1), TypeError, r"L2 has no argument 'l1'.*It offers: l2\."),
        (lambda: keras.Input((3,), sparse=True), TypeError, "Input has no argument 'sparse': Keras has it"),
        (lambda: net().fit(X, ONE_HOT, epoch=2), TypeError, r"fit has no argument 'epoch'\. Did you mean 'epochs'\?"),
        (lambda: net().fit(X, ONE_HOT, show_accuracy=True), TypeError, r"Write compile\(metrics=\['accuracy'\]\)"),
        (lambda: net().save("a.keras", zipped=True), TypeError, "save has no argument 'zipped': Keras has it"),
        (lambda: net().summary(layer_range=1), TypeError, "summary has no argument 'layer_range': Keras has it"),
        (lambda: keras.callbacks.EarlyStopping(patiance=2), TypeError, "Did you mean 'patience'"),
        (lambda: net().fit_generator, AttributeError, r"Sequential has no 'fit_generator'\. Write fit instead"),
        (lambda: net().evalute, AttributeError, r"Sequential has no 'evalute'\. Did you mean 'evaluate'\?"),
        (lambda: layers.Dense(2).kernal, AttributeError, "Dense has no 'kernal'. Did you mean 'kernel'"),
        (lambda: optimizers.SGD().get_gradients, AttributeError, "SGD has no 'get_gradients'"),
    ],
)
def test_what_is_missing_is_named(ask, error, message):
    with pytest.raises(error, match=message):
        ask()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from tinydnn.layers import Conv3D", r"tinydnn\.layers has no 'Conv3D'.*It offers: Activation, .*Dense"),
        ("from tinydnn.activations import rleu", r"tinydnn\.activations has no 'rleu'\. Did you mean 'relu'"),
        ("from tinydnn import Modle", "tinydnn has no 'Modle'.*It offers: "),
        ("import tinydnn.wrappers", "tinydnn has no 'wrappers'.*It offers: "),
        ("from tinydnn.wrappers.scikit_learn import KerasClassifier", "tinydnn has no 'wrappers'"),
        ("from tinydnn.optimizers.legacy import SGD", r"tinydnn\.optimizers has no 'legacy'"),
        ("import tinydnn.backend.tensorflow_backend", r"tinydnn\.backend has no 'tensorflow_backend'"),
    ],
)
def test_a_missing_import_is_named(line, message):
    with pytest.raises(ImportError, match=message):
        exec(line)


def test_what_is_no_business_of_tinydnns_stays_pythons():
    assert not hasattr(net(), "_repr_html_")
    assert not hasattr(net(), "__array__")
    with pytest.raises(ModuleNotFoundError, match="No module named 'tinydnm'"):
        importlib.import_module("tinydnm")
    assert list(inspect.signature(layers.Dense).parameters)[:3] == ["units", "activation", "use_bias"]
    assert list(inspect.signature(models.Sequential.fit).parameters)[:3] == ["self", "x", "y"]


# -- next to Keras ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    return pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")


@pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow", "ignore:Do not pass an `input_shape`")
class TestNextToKeras:
    def test_input_dim(self, real_keras):
        for k in (keras, real_keras):
            for layer in (k.layers.Dense(2, input_dim=3), k.layers.Dropout(0.2, input_dim=3)):
                assert k.Sequential([layer, k.layers.Dense(2)]).input_shape == (None, 3)
            with pytest.raises(ValueError, match="input_shape"):
                k.layers.Dense(2, input_dim=3, input_shape=(3,))
            with pytest.raises(ValueError, match="shape"):
                k.Sequential([k.layers.Dense(2, input_dim="three")])

    def test_names_in_their_spellings(self, real_keras):
        for k in (keras, real_keras):
            k.utils.set_random_seed(3)
            model = k.Sequential([k.layers.Dense(2, input_dim=3, activation="softmax")])
            logs = []
            for name in ("acc", "accuracy", "Accuracy"):
                model.compile(loss="MSE", optimizer="RMSProp", metrics=[name])
                logs.append(model.fit(X, ONE_HOT, validation_split=0.25, verbose=0).history)
            assert [list(log) for log in logs] == [
                [name, "loss", f"val_{name}", "val_loss"] for name in ("acc", "accuracy", "Accuracy")
            ]
            for name in ("sgd", "SGD", "Sgd", "adam", "ADAM", "rmsprop", "RMSprop"):
                assert type(k.optimizers.get(name)).__name__.lower() == name.lower()
            with pytest.raises(ValueError, match="Mse"):
                k.losses.get("Mse")

    def test_the_session_is_cleared_and_the_seed_stays(self, real_keras):
        runs = []
        for k in (keras, real_keras):
            k.utils.set_random_seed(3)
            k.backend.clear_session()
            model = k.Sequential([k.Input((3,)), k.layers.Dense(2, activation="softmax")])
            assert (model.name, model.layers[0].name) == ("sequential", "dense")
            runs.append(model.get_weights()[0])
        np.testing.assert_array_equal(*runs)

    def test_what_errors_call_keras_arguments_are(self, real_keras):
        for owner, names in missing._OF_KERAS.items():
            assert set(names.split()) <= arguments(find(real_keras, owner)) | {"objects_to_skip"}, owner  # of **kwargs
            assert not set(names.split()) & arguments(find(keras, owner)), owner

    @pytest.mark.parametrize("module", ["layers", "optimizers", "losses", "metrics", "constraints", "initializers"])
    def test_no_argument_of_keras_is_forgotten(self, real_keras, module):
        for name in getattr(keras, module).__all__:
            ours, theirs = getattr(getattr(keras, module), name), getattr(getattr(real_keras, module), name, None)
            if isinstance(ours, type) and isinstance(theirs, type):
                said = {word for each in ours.__mro__ for word in missing._OF_KERAS.get(each.__name__, "").split()}
                assert arguments(theirs) - arguments(ours) <= said, name


def find(k, name):
    """A class or method of tinydnn or Keras."""
    owners = (k.Sequential, k.layers, k.optimizers, k.losses, k.metrics, k.initializers, k, k.models, k.utils, k.ops)
    return next(getattr(owner, name) for owner in owners if name in dir(owner))


def arguments(thing):
    """The names of what a class or function takes."""
    functions = list(missing._constructors(thing)) if isinstance(thing, type) else [thing]
    return {name for function in functions for name in missing._named(function)}


# -- whole programs --------------------------------------------------------------------------------

IN_2018 = """
import numpy as np
import tinydnn as keras
from tinydnn.datasets import mnist
from tinydnn import models
from tinydnn import layers
from tinydnn.utils import to_categorical

print(keras.__version__)
(images, labels), (test_images, test_labels) = mnist.load_data()
images, labels, test_images, test_labels = images[:2000], labels[:2000], test_images[:500], test_labels[:500]
one_hot, test_one_hot = to_categorical(labels), to_categorical(test_labels)

keras.utils.set_random_seed(1)
net = models.Sequential()
net.add(layers.Reshape((28 * 28,), input_shape=(28, 28)))
net.add(layers.Dense(40, activation="sigmoid"))
net.add(layers.Dense(10, activation="softmax"))
net.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
net.summary()
history = net.fit(images, one_hot, epochs=10, batch_size=64, validation_split=0.2, shuffle=True)
acc, val_acc = history.history["acc"], history.history["val_acc"]
assert len(acc) == len(val_acc) == 10 and acc[-1] > acc[0]
(loss, accuracy) = net.evaluate(test_images, test_one_hot)
assert accuracy > 0.7, accuracy
with open("net.json", "w") as file:
    file.write(net.to_json())
net.save_weights("net.h5")
results = net.predict(test_images)

again = models.model_from_json(open("net.json").read())
again.load_weights("net.h5")
assert (again.predict_classes(test_images) == results.argmax(axis=-1)).all()
assert net.get_weights()[1].reshape(4, 10).shape == (4, 10)
"""

IN_2016 = """
import numpy as np
import tinydnn as keras
from tinydnn.models import Sequential
from tinydnn.layers.core import Dense, Dropout, Activation
from tinydnn.optimizers import SGD
from tinydnn.utils import np_utils

keras.utils.set_random_seed(7)
X = np.random.normal(size=(200, 8))
Y = np_utils.to_categorical((X[:, 0] > 0).astype(int), nb_classes=2)
model = Sequential()
model.add(Dense(output_dim=12, input_dim=8, init="glorot_uniform"))
model.add(Activation("tanh"))
model.add(Dropout(p=0.1))
model.add(Dense(2))
model.add(Activation("softmax"))
model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.1, momentum=0.9, nesterov=True), metrics=["accuracy"])
model.fit(X, Y, nb_epoch=20, batch_size=20, verbose=2)
score = model.evaluate(X, Y, verbose=0)
assert score[1] > 0.9, score
assert set(model.predict_classes(X, verbose=0)) == {0, 1}
"""


@pytest.mark.parametrize(
    ("program", "warnings"),
    [
        (IN_2018, {"'acc'", "'val_acc'", "predict_classes(x)"}),
        (
            IN_2016,
            {
                "tinydnn.layers.core", "tinydnn.utils.np_utils", "nb_classes=…", "output_dim=…", "init=…", "p=…",
                "lr=…", "nb_epoch=…", "predict_classes(x)",
            },
        ),
    ],
    ids=["2018", "2016"],
)  # fmt: skip
def test_a_program_of_then_runs(program, warnings, tmp_path):
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    root = str(Path(keras.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    said = [line.partition("Warning: ")[2] for line in done.stderr.splitlines() if "DeprecationWarning: " in line]
    assert {line.partition(" is an old")[0].partition(" of metrics")[0] for line in said} == warnings


@pytest.mark.filterwarnings("ignore:.*is an old spelling")
def test_a_batch_input_shape_that_fixes_a_size_warns():
    with pytest.warns(UserWarning, match=r"batch_input_shape=\(32, 4\) fixes no size of a batch here"):
        assert layers.Dense(2, batch_input_shape=(32, 4)).given_shape == (4,)
    with pytest.raises(TypeError, match="batch_input_shape expects the shape of a batch"):
        layers.Dense(2, batch_input_shape=5)
    x = keras.Input((2,))
    with pytest.raises(AttributeError, match="Functional has no 'predict_classes'"):
        keras.Model(x, layers.Dense(2)(x)).predict_classes(X)
