"""Model and weight files: there and back, and what is refused."""

import json
import os
import threading
import zipfile

import h5py
import numpy as np
import pytest
from model_files import edited

import tinydnn as keras
from tinydnn import layers, models
from tinydnn.files.whole import check_writable, to_json, write_whole

X, Y = np.random.default_rng(1).normal(size=(8, 4, 3)), np.eye(3)[[0, 1, 2, 0, 1, 2, 0, 1]]

OPTIMIZERS = {
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, rho=0.8, weight_decay=0.01, clipnorm=1.0),
    "rmsprop with all slots": lambda: keras.optimizers.RMSprop(momentum=0.5, centered=True, epsilon=1e-5),
    "sgd": lambda: keras.optimizers.SGD(),
    "sgd with momentum": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipvalue=0.5),
    "adam": lambda: keras.optimizers.Adam(beta_1=0.8, beta_2=0.9, epsilon=1e-6, global_clipnorm=2.0),
}


def net(optimizer="rmsprop", dtype="float32", **compile_arguments):
    model = keras.Sequential(
        [
            keras.Input((4, 3), dtype=dtype, name="images"),
            layers.Rescaling(0.5, offset=-0.1, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(6, kernel_regularizer=keras.regularizers.L1L2(1e-4, 1e-3), dtype=dtype, name="first"),
            layers.Activation("tanh", dtype=dtype),
            layers.Dropout(0.25, seed=4, dtype=dtype),
            layers.Reshape((6,), dtype=dtype),
            layers.Dense(5, activation="relu", use_bias=False, kernel_initializer="zeros", dtype=dtype),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2", dtype=dtype),
        ],
        name="mine",
    )
    loss = compile_arguments.pop("loss", "categorical_crossentropy")
    model.compile(OPTIMIZERS.get(optimizer, lambda: optimizer)(), loss, metrics=["accuracy"])
    return model


def plain(thing):
    """An object's config, down to plain values."""
    if not hasattr(thing, "get_config"):
        return thing
    return type(thing), {key: plain(value) for key, value in thing.get_config().items()}


def test_arguments_that_some_keras_3_does_not_know_are_written_only_where_they_are_used():
    written = net("adam").to_json()
    for argument in ("quantization_config", "input_axes", "output_axes", "optional", "renorm", "ema_momentum"):
        assert argument not in written


@pytest.mark.parametrize("frequency", [100, None])  # RMSprop of Keras before 3.3, and since
def test_settings_of_averages_that_nobody_asked_for_are_read(tmp_path, frequency):
    net().save(tmp_path / "m.keras")
    average = {"use_ema": False, "ema_momentum": 0.9, "ema_overwrite_frequency": frequency}
    edited(tmp_path / "m.keras", lambda config: config["compile_config"]["optimizer"]["config"].update(average))
    assert models.load_model(tmp_path / "m.keras").compiled


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_saved_model_comes_back_whole_and_trains_on(tmp_path, optimizer, dtype):
    keras.config.set_floatx(dtype)
    model = net(optimizer, dtype)
    model.fit(X, Y, batch_size=3, epochs=2, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert (loaded.name, loaded.dtype, loaded.input_shape) == ("mine", dtype, (None, 4, 3))
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
    assert loaded.optimizer.get_config() == pytest.approx(model.optimizer.get_config())
    assert loaded.optimizer.iterations == 6
    for name, slot in model.optimizer.slots.items():
        np.testing.assert_array_equal(loaded.optimizer.slots[name], slot)
    assert [plain(layer) for layer in loaded.layers] == [plain(layer) for layer in model.layers]
    for each in (model, loaded):
        each.layers[4].steps_seen = 0  # Keras' files don't have how often dropout was drawn
        each.fit(X, Y, batch_size=3, verbose=0)
    np.testing.assert_array_equal(loaded.parameters, model.parameters)


@pytest.mark.parametrize(
    "loss",
    [
        "mse",
        keras.losses.MeanSquaredError(),
        keras.losses.CategoricalCrossentropy(from_logits=True),
        keras.losses.SparseCategoricalCrossentropy(),
    ],
)
def test_losses_come_back(tmp_path, loss):
    net(loss=loss).save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras").loss
    assert type(loaded) is type(keras.losses.get(loss))
    assert loaded.from_logits == keras.losses.get(loss).from_logits


def test_a_model_never_compiled_and_one_never_built(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
    unbuilt = keras.Sequential([layers.Dense(2)])
    unbuilt.compile("sgd", "mse")
    unbuilt.save(tmp_path / "u.keras")
    loaded = models.load_model(tmp_path / "u.keras")
    assert not loaded.built
    assert loaded.compiled
    net().save(tmp_path / "c.keras")
    assert not models.load_model(tmp_path / "c.keras", compile=False).compiled


def test_weights_alone(tmp_path):
    model = net("adam")
    model.fit(X, Y, verbose=0)
    model.save_weights(tmp_path / "w.weights.h5")
    other = net("adam")
    other.fit(X, Y, batch_size=4, verbose=0)
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(other.parameters, model.parameters)
    np.testing.assert_array_equal(other.optimizer.slots["velocity"], model.optimizer.slots["velocity"])
    assert other.optimizer.iterations == 1


@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd", "adam"])
def test_an_optimizer_that_can_not_take_the_state_keeps_its_own(tmp_path, optimizer):
    model = net("adam")
    model.fit(X, Y, verbose=0)
    model.save_weights(tmp_path / "w.weights.h5")
    other = net(optimizer)  # adam too: its slots are made by the first step
    settings = other.optimizer.get_config()
    with pytest.warns(UserWarning, match="optimizer's state was left out"):
        other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(other.parameters, model.parameters)
    assert other.optimizer.get_config() == settings
    assert other.optimizer.iterations == 0


def test_a_trained_model_opens_without_its_optimizer(tmp_path):
    model = net("adam")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", compile=False)
    assert not loaded.compiled
    np.testing.assert_array_equal(loaded.parameters, model.parameters)


def test_weights_of_another_model_are_refused_and_nothing_changes(tmp_path):
    keras.Sequential([keras.Input((3,)), layers.Dense(2)]).save_weights(tmp_path / "w.weights.h5")
    model = net()
    before = model.parameters.copy()
    with pytest.raises(keras.FileFormatError, match=r"w\.weights\.h5: .*first"):
        model.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(model.parameters, before)


class Half(keras.initializers.Initializer):
    def __call__(self, shape, dtype="float32"):
        return np.full(shape, 0.5, dtype)


class LargestWeight(keras.regularizers.Regularizer):
    def __init__(self, factor=0.1):
        super().__init__()
        self.factor = factor

    def get_config(self):
        return {"factor": self.factor}


class Scale(layers.Layer):
    """y = x * s, with an s for each column."""

    def __init__(self, scale_initializer="zeros", **kwargs):
        super().__init__(**kwargs)
        self.scale_initializer = keras.initializers.get(scale_initializer)

    def weight_shapes(self, input_shape):
        return {"scale": input_shape}

    def initial_weights(self, input_shape):
        return [self.scale_initializer(input_shape, self.dtype)]

    def get_config(self):
        return {**super().get_config(), "scale_initializer": self.scale_initializer}


class AbsoluteError(keras.losses.Loss):
    pass


class Momenta(keras.optimizers.Optimizer):
    """An optimizer with more slots than any other."""

    def __init__(self, learning_rate=0.1, kept=4, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.kept = kept

    def slot_names(self):
        return [f"momentum_{i}" for i in range(self.kept)]

    def get_config(self):
        return {**super().get_config(), "kept": self.kept}


ADDED = {
    keras.initializers: Half,
    keras.regularizers: LargestWeight,
    layers: Scale,
    keras.losses: AbsoluteError,
    keras.optimizers: Momenta,
}


@pytest.fixture
def added(monkeypatch):
    """A class more in each module, as somebody may add one."""
    for module, cls in ADDED.items():
        monkeypatch.setattr(module, cls.__name__, cls, raising=False)
        monkeypatch.setattr(module, "__all__", [*module.__all__, cls.__name__])


def test_an_activation_whose_settings_a_file_can_not_have_is_not_saved(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, activation=keras.activations.Elu(0.5))])
    with pytest.raises(TypeError, match="Only activations that Keras has, by name, can be saved"):
        model.save(tmp_path / "m.keras")
    assert list(tmp_path.iterdir()) == []


def net_of_added_classes():
    model = keras.Sequential([keras.Input((3,)), Scale(Half()), layers.Dense(2, kernel_regularizer=LargestWeight(0.3))])
    model.compile(Momenta(0.25, kept=5), AbsoluteError())
    model.optimizer.build(model.layout, model.dtype, model.backend)
    for i, slot in enumerate(model.optimizer.slots.values()):
        slot[...] = i + np.arange(len(slot))
    model.optimizer.iterations = 7
    return model


@pytest.mark.parametrize("by_weight", [False, True])
@pytest.mark.usefixtures("added")
def test_classes_that_are_added_are_saved_and_loaded_without_a_line_more(tmp_path, monkeypatch, by_weight):
    monkeypatch.setattr(Momenta, "slots_by_weight", tuple(Momenta().slot_names()) if by_weight else ())
    model = net_of_added_classes()
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert [plain(layer) for layer in loaded.layers] == [plain(layer) for layer in model.layers]
    assert type(loaded.loss) is AbsoluteError
    assert plain(loaded.optimizer) == plain(model.optimizer)
    assert loaded.optimizer.iterations == 7
    np.testing.assert_array_equal(loaded.parameters, model.parameters)
    for name, slot in model.optimizer.slots.items():
        np.testing.assert_array_equal(loaded.optimizer.slots[name], slot)
    with zipfile.ZipFile(tmp_path / "m.keras") as archive, archive.open("model.weights.h5") as weights:
        shapes = [h5py.File(weights)[f"optimizer/vars/{i}"].shape for i in (2, 3)]
    assert shapes == ([(3,), (3,)] if by_weight else [(3,), (3, 2)])

    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["scale"].attrs["weight_names"]) == [b"scale/scale:0"]
    again = net_of_added_classes()
    again.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(again.parameters, model.parameters)


def test_a_class_that_keras_has_not_is_not_saved(tmp_path):
    class Dense(layers.Dense):
        """Not Keras' Dense, though it has its name."""

    for model in (keras.Sequential([keras.Input((3,)), Dense(2)]), keras.Sequential([keras.Input((3,)), Scale()])):
        with pytest.raises(TypeError, match=r"Only classes that Keras has can be saved. Received: .*\.(Dense|Scale)$"):
            model.save(tmp_path / "m.keras")
    assert not list(tmp_path.iterdir())


def first_dense(config):
    return config["config"]["layers"][3]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda c: first_dense(c).update(class_name="Conv2D"), "no class in keras.layers 'Conv2D'"),
        (
            lambda c: first_dense(c)["config"].update(kernel_constraint={"class_name": "Radial", "config": {}}),
            "no class in keras.constraints 'Radial'",
        ),
        (lambda c: first_dense(c)["config"].update(activation="glu"), "no activation 'glu'"),
        (lambda c: first_dense(c)["config"].update(units=-3), "units as a positive integer"),
        (lambda c: c["config"]["layers"][-1]["config"].update(units=4), "expected weights of shape"),
        (lambda c: first_dense(c)["config"].update(units=4), r"can't make \(6,\)"),
        (lambda c: first_dense(c)["config"].update(dtype="bfloat16"), "bfloat16"),
        (lambda c: first_dense(c)["config"].update(surprise=1), "surprise"),
        (lambda c: first_dense(c).update(registered_name="Mine>Dense"), "Keras' own classes only"),
        (lambda c: c.update(class_name="Graph"), "loads Sequential and Functional models"),
        (lambda c: c.pop("config"), "config"),
        (lambda c: c["compile_config"]["optimizer"].update(class_name="Ftrl"), "'Ftrl'"),
        (lambda c: c["compile_config"]["optimizer"]["config"].update(use_ema=True), "use_ema"),
        (lambda c: c["compile_config"].update(loss="dice"), "no loss 'dice'"),
        (lambda c: c["compile_config"].update(loss_weights=[2, 1]), "loss_weights"),
    ],
)
def test_what_tinydnn_lacks_or_does_not_know_is_named(tmp_path, edit, message):
    path = tmp_path / "m.keras"
    net().save(path)
    edited(path, edit)
    with pytest.raises(keras.FileFormatError, match=message) as caught:
        models.load_model(path)
    assert str(path) in str(caught.value)


def test_files_cut_short_are_refused(tmp_path):
    net().save(tmp_path / "m.keras")
    content = (tmp_path / "m.keras").read_bytes()
    for cut in [0, 1, 30, 100, len(content) // 2, len(content) - 1]:
        (tmp_path / "cut.keras").write_bytes(content[:cut])
        with pytest.raises(keras.FileFormatError, match=r"cut\.keras"):
            models.load_model(tmp_path / "cut.keras")


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    model = net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file["layers/dense/vars/0"][0, 0] = np.nan
    before = model.parameters.copy()
    with pytest.raises(keras.FileFormatError, match="NaN"):
        model.load_weights(path)
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize("learning_rate", [-1.0, np.inf, [0.1, 0.2]])
def test_a_bad_learning_rate_changes_nothing(tmp_path, learning_rate):
    other, model = net("sgd"), net("sgd")
    other.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "r+") as file:
        del file["optimizer/vars/1"]
        file["optimizer/vars/1"] = learning_rate
    before = model.parameters.copy()
    with pytest.raises(keras.FileFormatError, match=r"w\.weights\.h5: .*learning_rate expect"):
        model.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(model.parameters, before)
    assert model.optimizer.learning_rate == 0.01


def test_weights_come_out_of_a_whole_model_too(tmp_path):
    model, other = net("adam"), net("adam")
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    other.fit(X, Y, batch_size=4, verbose=0)
    other.load_weights(tmp_path / "m.keras")
    np.testing.assert_array_equal(other.parameters, model.parameters)
    np.testing.assert_array_equal(other.optimizer.slots["velocity"], model.optimizer.slots["velocity"])
    third = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    before = third.parameters.copy()
    with pytest.raises(keras.FileFormatError, match=r"m\.keras: "):
        third.load_weights(tmp_path / "m.keras")
    np.testing.assert_array_equal(third.parameters, before)
    (tmp_path / "w.keras").write_bytes(b"no archive")
    with pytest.raises(keras.FileFormatError, match=r"w\.keras: expects a whole zip archive"):
        third.load_weights(tmp_path / "w.keras")


def test_keras_arguments_are_taken_or_named(tmp_path):
    path = tmp_path / "m.keras"
    model = net()
    model.save(path)
    for arguments in [(None, True, True), ({}, True, False)]:
        assert models.load_model(path, *arguments).compiled
    assert not models.load_model(path, None, False).compiled
    with pytest.raises(ValueError, match=r"takes no custom_objects.*compile=False. Received: mine"):
        models.load_model(path, custom_objects={"mine": print})
    with pytest.raises(ValueError, match="takes no custom_objects"):
        models.model_from_json(model.to_json(), {"mine": print})
    model.load_weights(path, False, by_name=False)
    before = model.parameters.copy()
    for arguments in ({"skip_mismatch": True}, {"by_name": True}):
        with pytest.raises(
            ValueError, match=rf"weights of all layers.*get_layer\(name\).*{next(iter(arguments))}=True"
        ):
            model.load_weights(path, **arguments)
    with pytest.raises(TypeError, match="objects_to_skip"):
        model.load_weights(path, objects_to_skip=[])
    np.testing.assert_array_equal(model.parameters, before)


def test_endings_in_capitals_are_read_and_not_written(tmp_path):
    """Keras does not know them; but some systems' programs write names so."""
    model = net("sgd")
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "w.weights.h5")
    model.save_weights(tmp_path / "old.h5")
    for name, capitals in [("m.keras", "M.KERAS"), ("w.weights.h5", "W.Weights.H5"), ("old.h5", "OLD.H5")]:
        (tmp_path / name).rename(tmp_path / capitals)
        other = net("sgd")
        other.load_weights(tmp_path / capitals)
        np.testing.assert_array_equal(other.parameters, model.parameters)
    np.testing.assert_array_equal(models.load_model(tmp_path / "M.KERAS").parameters, model.parameters)
    for write, name in [(model.save, "n.KERAS"), (model.save_weights, "n.Weights.h5"), (model.save_weights, "n.H5")]:
        with pytest.raises(ValueError, match="in small letters only"):
            write(tmp_path / name)
    assert {path.name for path in tmp_path.iterdir()} == {"M.KERAS", "W.Weights.H5", "OLD.H5"}


def a_function(name):
    """One of Keras' functions, as Keras 3 writes it."""
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


A_METRIC = {"module": "keras.metrics", "class_name": "MeanIoU", "config": {"num_classes": 2}}


def test_functions_in_how_a_model_was_compiled_are_taken_by_their_names(tmp_path):
    net().save(tmp_path / "m.keras")
    compiled = {"loss": a_function("sparse_categorical_crossentropy"), "metrics": [a_function("accuracy"), "acc"]}
    edited(tmp_path / "m.keras", lambda config: config["compile_config"].update(compiled))
    loaded = models.load_model(tmp_path / "m.keras")
    assert type(loaded.loss) is keras.losses.SparseCategoricalCrossentropy
    assert list(loaded.metrics_by_name) == ["accuracy", "acc"]


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        ({"loss": a_function("dice")}, "no loss 'dice'"),
        ({"loss": ["mse", "mae"]}, "loss expects a name"),
        ({"metrics": ["accuracy", "mean_io_u"]}, "no metric 'mean_io_u'"),
        ({"metrics": [A_METRIC]}, "MeanIoU"),
        ({"metrics": [a_function("my_own")]}, "no metric 'my_own'"),
        ({"metrics": "accuracy"}, "metrics expects a list of names"),
        ({"optimizer": "ftrl"}, "no optimizer 'ftrl'"),
        ({"optimizer": "sgd"}, "the optimizer's variables don't fit"),
        ({"weighted_metrics": ["my_own"]}, "no metric 'my_own'"),
    ],
)
def test_a_model_that_can_not_be_compiled_as_it_was_opens_with_compile_false(tmp_path, compiled, message):
    model = net()
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "m.keras")
    edited(tmp_path / "m.keras", lambda config: config["compile_config"].update(compiled))
    with pytest.raises(keras.FileFormatError, match=rf"m\.keras: .*{message}.*give compile=False$"):
        models.load_model(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras", compile=False)
    np.testing.assert_array_equal(loaded.parameters, model.parameters)


def test_a_keras_file_of_keras_2_opens(tmp_path):
    """It has an older form of its layers, and its optimizer's variables are others."""
    model = keras.Sequential([keras.Input((2, 2)), layers.Reshape((4,)), layers.Dense(3, name="a")])
    model.save(tmp_path / "m.keras")

    def older(config):
        first, reshape, _ = config["config"]["layers"]
        first["config"]["batch_input_shape"] = first["config"].pop("batch_shape")
        reshape["config"]["batch_input_shape"] = [None, 2, 2]
        for layer in config["config"]["layers"]:
            layer["config"]["dtype"] = "float32"
        del config["config"]["build_input_shape"]

    edited(tmp_path / "m.keras", older)
    np.testing.assert_array_equal(models.load_model(tmp_path / "m.keras").parameters, model.parameters)


def test_names_and_places(tmp_path):
    model = net()
    with pytest.raises(ValueError, match=r"must end in \.keras"):
        model.save(tmp_path / "m.h5")
    with pytest.raises(ValueError, match=r"must end in \.weights\.h5, or for the files of Keras 2 in \.h5 or \.hdf5"):
        model.save_weights(tmp_path / "m.keras")
    (tmp_path / "w.txt").touch()
    with pytest.raises(ValueError, match=r"must end in \.weights\.h5 or \.keras, or for the files of Keras 2"):
        model.load_weights(tmp_path / "w.txt")
    (tmp_path / "w.txt").unlink()
    with pytest.raises(FileNotFoundError, match="There is no file"):
        models.load_model(tmp_path / "m.keras")
    with pytest.raises(FileNotFoundError, match="make it first"):
        model.save(tmp_path / "no" / "m.keras")
    model.save(tmp_path / "m.keras")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(tmp_path / "m.keras", overwrite=False)
    model.save(tmp_path / "m.keras")
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write_whole(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither such links nor pipes")
def test_a_link_is_followed_and_a_pipe_written_to(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    check_writable(tmp_path / "link")
    write_whole(tmp_path / "link", b"through the link")
    assert (tmp_path / "file").read_bytes() == b"through the link"
    assert (tmp_path / "link").is_symlink()

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    check_writable(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"through the pipe")
    reader.join(timeout=10)
    assert got == [b"through the pipe"]
    assert not pipe.is_file()


def test_what_can_not_be_written_is_told_before_the_work(tmp_path, monkeypatch):
    check_writable(tmp_path / "file")
    assert not list(tmp_path.iterdir())
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        check_writable(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist; make it first"):
        check_writable(tmp_path / "no" / "file")

    def full(**kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(OSError, match=r"Can't write to .*; name a file in another folder: No space left"):
        check_writable(tmp_path / "file")


def test_json_has_null_for_what_it_has_no_word_for():
    text = to_json({"a": [float("nan"), 1.5, (float("inf"), "x")], "b": None})
    assert json.loads(text) == {"a": [None, 1.5, [None, "x"]], "b": None}


# -- JSON, and the files of Keras 2 ----------------------------------------------------------------------

# What Keras 2.2.4 writes for the walkthrough's net.
GLOROT = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
}


def keras_2_dense(name, units, activation):
    settings = {"name": name, "trainable": True, "units": units, "activation": activation, "use_bias": True}
    settings |= {"kernel_initializer": GLOROT, "bias_initializer": {"class_name": "Zeros", "config": {}}}
    settings |= dict.fromkeys(
        ("kernel_regularizer", "bias_regularizer", "activity_regularizer", "kernel_constraint", "bias_constraint")
    )
    return {"class_name": "Dense", "config": settings}


def keras_2_json(**dense):
    reshape = {"name": "reshape_1", "trainable": True, "batch_input_shape": [None, 28, 28], "dtype": "float32"}
    net = [{"class_name": "Reshape", "config": {**reshape, "target_shape": [784]}}]
    for i, (units, activation) in enumerate([(324, "sigmoid"), (36, "sigmoid"), (10, "softmax")], start=1):
        net.append(keras_2_dense(f"dense_{i}", units, activation))
    net[1]["config"] |= dense
    config = {"name": "sequential_1", "layers": net}
    return json.dumps({"class_name": "Sequential", "config": config, "keras_version": "2.2.4", "backend": "tensorflow"})


def test_the_walkthroughs_json_and_hdf5_come_back_as_the_same_net(tmp_path):
    model = models.model_from_json(keras_2_json())
    assert model.count_params() == 254_340 + 11_700 + 370
    assert model.input_shape == (None, 28, 28)
    assert [layer.name for layer in model.layers] == ["reshape_1", "dense_1", "dense_2", "dense_3"]
    model.save_weights(tmp_path / "m.h5")
    again = models.model_from_json(keras_2_json())
    again.load_weights(tmp_path / "m.h5")
    np.testing.assert_array_equal(again.parameters, model.parameters)
    with h5py.File(tmp_path / "m.h5") as file:
        assert list(file.attrs["layer_names"]) == [b"reshape_1", b"dense_1", b"dense_2", b"dense_3"]
        assert list(file["dense_1"].attrs["weight_names"]) == [b"dense_1/kernel:0", b"dense_1/bias:0"]
        assert file["dense_1/dense_1/kernel:0"].shape == (784, 324)


def test_json_tells_layers_and_how_they_were_compiled_but_no_weights():
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, activation="relu"), layers.Dropout(0.2), layers.Dense(2)]
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse", metrics=["accuracy"])
    again = models.model_from_json(model.to_json(indent=1))
    assert [layer.get_config().keys() for layer in again.layers] == [
        layer.get_config().keys() for layer in model.layers
    ]
    assert again.compiled
    assert again.optimizer.get_config() == model.optimizer.get_config()
    assert "\n" in model.to_json(indent=1)
    assert not np.array_equal(again.parameters, model.parameters)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "The JSON of a model"),
        ("[1, 2]", "The JSON of a model"),
        ('{"class_name": "Graph", "config": {"layers": []}}', "tinydnn loads Sequential and Functional models"),
        (
            keras_2_json(kernel_constraint={"class_name": "RadialConstraint", "config": {}}),
            "no class in keras.constraints 'RadialConstraint'",
        ),
        (
            keras_2_json(activity_regularizer={"class_name": "Orthogonal", "config": {}}),
            "no class in keras.regularizers 'Orthogonal'",
        ),
        (keras_2_json(activation="celu"), "no activation 'celu'"),
        (
            keras_2_json(kernel_initializer={"class_name": "STFT", "config": {}}),
            "no class in keras.initializers 'STFT'",
        ),
    ],
)
def test_json_that_tinydnn_can_not_have_names_what_it_is(text, message):
    with pytest.raises(keras.FileFormatError, match=message):
        models.model_from_json(text)


def test_weights_of_keras_2_go_by_the_order_of_the_layers_and_their_shapes(tmp_path):
    one = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, name="a"), layers.Dropout(0.5), layers.Dense(2, name="b")]
    )
    one.save_weights(tmp_path / "w.h5")
    other = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="x"), layers.Dense(2, name="y")])
    other.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(one.parameters, other.parameters)

    before = other.parameters.copy()
    for net, message in [([4], "expected 1 layers with weights. Found: 2"), ([4, 3], "expected weights of shape")]:
        third = keras.Sequential([keras.Input((3,)), *(layers.Dense(n) for n in net)])
        kept = third.parameters.copy()
        with pytest.raises(keras.FileFormatError, match=message):
            third.load_weights(tmp_path / "w.h5")
        np.testing.assert_array_equal(third.parameters, kept)
    one.save_weights(tmp_path / "new.weights.h5")
    (tmp_path / "new.weights.h5").rename(tmp_path / "new.h5")
    with pytest.raises(keras.FileFormatError, match="attribute layer_names"):
        other.load_weights(tmp_path / "new.h5")
    with pytest.raises(keras.FileFormatError, match="weights without a model; use load_weights"):
        models.load_model(tmp_path / "w.h5")
    np.testing.assert_array_equal(other.parameters, before)


def test_names_that_keras_cut_into_several_attributes_are_put_together(tmp_path):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="a"), layers.Dense(2, name="b")])
    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"a"], [b"b"]
    other = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)])
    other.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(model.parameters, other.parameters)


def saved_with(variables, path):
    """A .weights.h5 file with these variables of its optimizer in place of the right ones."""
    model = net("adam")
    model.fit(X, Y, verbose=0)
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        for place, value in variables.items():
            del file[place]
            file[place] = value
    return model


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"optimizer/vars/0": np.int64(-1)}, "number of steps.*-1"),
        ({"optimizer/vars/0": np.uint64(2**63)}, "number of steps.*below"),
        ({"optimizer/vars/0": np.float32(1.5)}, "number of steps.*1.5"),
        ({"optimizer/vars/1": np.float32(-1)}, "learning_rate.*-1"),
        ({"optimizer/vars/1": np.float64(1e300)}, "learning_rate.*1e.300"),
        ({"optimizer/vars/1": np.float32(np.nan)}, "learning_rate.*nan"),
        ({"optimizer/vars/2": np.full((12, 6), 1e300)}, "slots expect finite numbers that fit float32"),
        ({"optimizer/vars/2": np.full((12, 6), np.nan)}, "slots expect finite numbers that fit float32"),
        ({"layers/dense/vars/0": np.full((12, 6), 1e300)}, "finite numbers and fit float32"),
    ],
)
def test_variables_that_no_optimizer_has_are_refused_before_a_weight_changes(tmp_path, variables, message):
    path = tmp_path / "w.weights.h5"
    model = saved_with({"layers/dense/vars/0": np.full((12, 6), 7.0), **variables}, path)
    optimizer, before = model.optimizer, model.parameters.copy()
    slots, steps, rate = {name: slot.copy() for name, slot in optimizer.slots.items()}, optimizer.iterations, 0.001
    with pytest.raises(keras.FileFormatError, match=message) as error:
        model.load_weights(path)
    assert "w.weights.h5" in str(error.value)
    np.testing.assert_array_equal(model.parameters, before)
    for name, slot in slots.items():
        np.testing.assert_array_equal(optimizer.slots[name], slot)
    assert (optimizer.iterations, optimizer.learning_rate) == (steps, rate)

    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", model.to_json())
        archive.writestr("model.weights.h5", path.read_bytes())
    with pytest.raises(keras.FileFormatError, match=message):
        models.load_model(tmp_path / "m.keras")


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_negative_number_of_steps_is_refused_in_files_without_slots_too(tmp_path, optimizer):
    model = net(optimizer)
    path = tmp_path / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    (tmp_path / "w.h5").write_bytes(entries["model.weights.h5"])
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file["optimizer/vars/0"]
        file["optimizer/vars/0"] = np.int64(-1)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**entries, "model.weights.h5": (tmp_path / "w.h5").read_bytes()}.items():
            archive.writestr(name, content)
    with pytest.raises(keras.FileFormatError, match="number of steps"):
        models.load_model(path)


def test_weights_that_are_too_large_for_the_dtype_are_refused(tmp_path):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5)])
    before = model.parameters.copy()
    for take_over in (model.set_weights, model.layers[0].set_weights):
        with pytest.raises(ValueError, match="finite numbers and fit float32"):
            take_over([np.full((4, 5), 1e300), np.zeros(5)])
    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file["dense/dense/kernel:0"]
        file["dense/dense/kernel:0"] = np.full((4, 5), -1e39)
    with pytest.raises(keras.FileFormatError, match="finite numbers and fit float32"):
        model.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(model.parameters, before)
    largest = float(np.finfo(np.float32).max)
    model.set_weights([np.full((4, 5), largest), np.full(5, -largest)])
    assert np.isfinite(model.parameters).all()
    keras.config.set_floatx("float64")
    keras.Sequential([keras.Input((4,)), layers.Dense(5)]).set_weights([np.full((4, 5), 1e300), np.zeros(5)])


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_file_keeps_its_permissions(tmp_path):
    model = net()
    model.fit(X, Y, verbose=0)

    def mode(path):
        return path.stat().st_mode & 0o777

    for name, save in [("m.keras", model.save), ("w.weights.h5", model.save_weights), ("w.h5", model.save_weights)]:
        path = tmp_path / name
        save(path)
        path.chmod(0o600)
        save(path)
        assert mode(path) == 0o600
    (tmp_path / "link").symlink_to(tmp_path / "m.keras")
    write_whole(tmp_path / "link", b"")
    assert mode(tmp_path / "m.keras") == 0o600
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o640

    class Private(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            for file in folder.glob("checkpoint.npz"):
                file.chmod(0o600)

    folder = tmp_path / "backup"
    backup = keras.callbacks.BackupAndRestore(folder, save_freq=1, double_checkpoint=True, delete_checkpoint=False)
    model.fit(X, Y, batch_size=3, verbose=0, callbacks=[Private(), backup])
    assert [mode(path) for path in folder.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "a/b", ".", "", 3, {"a": 1}])
def test_names_that_no_file_can_have_are_refused_where_they_are_given(name):
    for make in (
        lambda: layers.Dense(2, name=name),
        lambda: keras.Input((2,), name=name),
        lambda: keras.Sequential(name=name),
        lambda: keras.optimizers.SGD(name=name),
    ):
        with pytest.raises(ValueError, match=r"The name of a (layer|model|optimizer) is text"):
            make()
    config = json.loads(net().to_json())
    config["config"]["name"] = name
    with pytest.raises(keras.FileFormatError, match="The name of a model is text"):
        models.model_from_json(json.dumps(config))


@pytest.mark.parametrize("name", ["ä" * 300, "七", "a b:0", "-"])
def test_other_names_come_back(tmp_path, name):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name=name)], name=name)
    model.compile(keras.optimizers.SGD(name=name), "mse")
    model.save(tmp_path / "m.keras")
    loaded = models.load_model(tmp_path / "m.keras")
    assert (loaded.name, loaded.layers[0].name, loaded.optimizer.name) == (name, name, name)
    model.save_weights(tmp_path / "w.h5")
    loaded.load_weights(tmp_path / "w.h5")


def test_a_file_may_have_the_longest_name_that_there_is(tmp_path):
    for name in ("n" * 249 + ".keras", "ä" * 124 + "n.keras"):
        net().save(tmp_path / name)
        models.load_model(tmp_path / name)
    with pytest.raises(OSError, match="name too long"):
        net().save(tmp_path / ("n" * 250 + ".keras"))
    assert len(list(tmp_path.iterdir())) == 2
