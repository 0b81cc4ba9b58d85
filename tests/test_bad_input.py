"""Bad input gets a clear error before anything is changed."""

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers

X = np.arange(12, dtype=np.float32).reshape(4, 3) / 12
ONE_HOT = np.eye(2)[[0, 1, 1, 0]]
LABELS = np.array([0, 1, 1, 0])


def net(loss="categorical_crossentropy", built=True):
    model = keras.Sequential([keras.Input((3,))] if built else [])
    model.add(layers.Dense(4, activation="tanh"))
    model.add(layers.Dense(2, activation="softmax"))
    model.compile("rmsprop", loss, metrics=["accuracy"])
    return model


def with_bad(value, at=(2, 1)):
    x = X.copy()
    x[at] = value
    return x


FIT = {"x": X, "y": ONE_HOT, "verbose": 0}

CASES = {
    "wrong width": ({"x": X[:, :2]}, r"samples of shape \(3,\).*Received: shape=\(4, 2\)"),
    "wrong rank": ({"x": X[:, None]}, r"samples of shape \(3,\).*Received: shape=\(4, 1, 3\)"),
    "one sample without its batch": ({"x": X[0], "y": ONE_HOT[:1]}, r"Received: shape=\(3,\)"),
    "a number": ({"x": 3.0}, r"samples of shape"),
    "NaN": ({"x": with_bad(np.nan)}, "x expects finite numbers.*row 2"),
    "infinity": ({"x": with_bad(-np.inf)}, "x expects finite numbers.*row 2"),
    "too large for float32": ({"x": with_bad(0).astype(float) + 1e300}, "fit float32.*row 0"),
    "strings": ({"x": X.astype(str)}, "x expects real numbers"),
    "complex": ({"x": X * 1j}, "x expects real numbers"),
    "ragged": ({"x": [[1, 2, 3], [1, 2]]}, "x can't be made an array"),
    "empty": ({"x": X[:0], "y": ONE_HOT[:0]}, "at least one sample"),
    "x and y differ": ({"y": ONE_HOT[:3]}, "y expects one target for each of the 4 samples. Received: 3"),
    "one-hot of the wrong width": ({"y": np.eye(3)[LABELS]}, r"y expects 2 targets a sample.*\(4, 3\)"),
    "labels for a one-hot loss": ({"y": LABELS}, "to_categorical.*sparse_categorical_crossentropy"),
    "NaN targets": ({"y": ONE_HOT * np.nan}, "y expects finite numbers"),
    "negative epochs": ({"epochs": -2}, "epochs expects an integer of at least 0"),
    "epochs no integer": ({"epochs": 1.5}, "epochs expects an integer"),
    "negative initial_epoch": ({"initial_epoch": -1}, "initial_epoch expects an integer of at least 0"),
    "validation_split None": ({"validation_split": None}, "validation_split"),
    "no y": ({"y": None}, "fit needs targets y"),
    "zero batch size": ({"batch_size": 0}, "batch_size expects an integer of at least 1"),
    "negative batch size": ({"batch_size": -1}, "batch_size expects an integer of at least 1"),
    "validation_split of 1": ({"validation_split": 1}, "validation_split"),
    "validation_split of 1.5": ({"validation_split": 1.5}, "validation_split"),
    "validation_split negative": ({"validation_split": -0.1}, "validation_split"),
    "validation_split NaN": ({"validation_split": float("nan")}, "validation_split"),
    "nothing left to train on": ({"validation_split": 0.9}, "leaves 0 for training"),
    "nothing left to validate on": (
        {"validation_split": 1e-20},
        "leaves 4 for training and 0 for validation",
    ),
    "validation_data no pair": ({"validation_data": (X,)}, "validation_data expects"),
    "validation_data of the wrong width": ({"validation_data": (X[:, :2], ONE_HOT)}, r"samples of shape \(3,\)"),
    "a dict": ({"x": {"pixels": X}}, "x expects real numbers.*dtype=object"),
    "verbose": ({"verbose": 3}, "verbose expects 0, 1, 2 or 'auto'"),
    "validation_split beside data": ({"validation_split": 7, "validation_data": (X, ONE_HOT)}, "validation_split"),
    "validation_batch_size 0": ({"validation_batch_size": 0}, "validation_batch_size expects"),
    "validation_steps 0": ({"validation_steps": 0}, "validation_steps expects"),
    "validation_data without y": ({"validation_data": (X, None)}, "validation_data: evaluate needs targets y"),
    "class_weight of text": ({"class_weight": {0: "a"}}, r"class_weight\[0\] expects a finite number"),
    "shuffle": ({"shuffle": "batch"}, "shuffle expects True or False"),
}


def snapshot(model):
    return model.get_weights(), model.optimizer.iterations, {k: v.copy() for k, v in model.optimizer.slots.items()}


@pytest.mark.parametrize("case", CASES)
def test_fit_refuses_and_changes_nothing(case):
    arguments, message = CASES[case]
    model = net()
    model.fit(X, ONE_HOT, verbose=0)
    weights, iterations, slots = snapshot(model)
    history = model.history
    with pytest.raises(ValueError, match=message):
        model.fit(**{**FIT, **arguments})
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.optimizer.iterations == iterations
    for name, slot in slots.items():
        np.testing.assert_array_equal(model.optimizer.slots[name], slot)
    assert model.history is history


@pytest.mark.parametrize("case", CASES)
def test_fit_refuses_before_an_unbuilt_model_is_built(case):
    arguments, _ = CASES[case]
    model = net(built=False)
    if case not in ("wrong width", "wrong rank", "one sample without its batch", "validation_data of the wrong width"):
        with pytest.raises(ValueError, match=r"Received|leaves|can't"):
            model.fit(**{**FIT, **arguments})
        assert not model.built
        model.fit(**FIT)


@pytest.mark.parametrize("method", ["evaluate", "test_on_batch", "train_on_batch", "predict"])
def test_the_other_methods_refuse_the_same(method):
    model = net()
    arguments = {"y": ONE_HOT}
    for case in ("wrong width", "wrong rank", "NaN", "strings", "empty"):
        given, message = CASES[case]
        given = {"x": given["x"]} if method == "predict" else {**arguments, **given}
        with pytest.raises(ValueError, match=message):
            getattr(model, method)(**given)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([0, 1, 2, 0]), "labels from 0 to 1.*Received: from 0 to 2"),
        (np.array([0, -1, 1, 0]), "labels from 0 to 1.*Received: from -1 to 1"),
        (LABELS + 0.5, "integer labels.*float64 that are no whole numbers"),
        (LABELS * np.nan, "integer labels.*no whole numbers"),
        (LABELS * 1e300, "integer labels.*no whole numbers"),
        (ONE_HOT, "one integer label a sample.*'categorical_crossentropy'"),
        (LABELS[:3], "one target for each of the 4 samples"),
        (np.array(["0", "1", "1", "0"]), "y expects real numbers"),
    ],
)
def test_sparse_labels_are_checked(y, message):
    model = net("sparse_categorical_crossentropy")
    weights = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, verbose=0)
    for a, b in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_compile_comes_first(method):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"call compile\("):
        getattr(model, method)(X, ONE_HOT)
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"call compile\("):
        getattr(model, method)(X, ONE_HOT)


def test_compile_takes_all_or_nothing():
    model = net()
    before = model.optimizer, model.loss, model.metrics
    for arguments in [{"optimizer": "sgdd"}, {"loss": "mme"}, {"loss": "mse", "metrics": ["precize"]}]:
        with pytest.raises(ValueError, match="tinydnn has no"):
            model.compile(**arguments)
        assert (model.optimizer, model.loss, model.metrics) == before
    with pytest.raises(ValueError, match="loss_weights"):
        model.compile("sgd", "mse", loss_weights=[1, 2])
    assert (model.optimizer, model.loss, model.metrics) == before


@pytest.mark.parametrize("name", ["workers", "max_queue_size"])  # of Keras 2
def test_arguments_that_are_not_offered_are_named(name):
    with pytest.raises(TypeError, match=name):
        net().fit(X, ONE_HOT, **{name: 1})


def test_layers_that_do_not_fit_are_refused_when_added():
    model = keras.Sequential([keras.Input((4, 3))])
    with pytest.raises(ValueError, match="put a Flatten before it"):
        model.add(layers.Dense(2))
    with pytest.raises(ValueError, match=r"can't make \(5,\) from samples of shape \(4, 3\)"):
        model.add(layers.Reshape((5,)))
    with pytest.raises(ValueError, match="comes first"):
        model.add(keras.Input((3,)))
    with pytest.raises(TypeError, match=r"one of tinydnn\.layers"):
        model.add("dense")
    model.add(layers.Flatten(name="flat"))
    with pytest.raises(ValueError, match="one dtype"):
        model.add(layers.Dense(2, dtype="float64"))
    model.add(layers.Dense(2, name="out"))
    with pytest.raises(ValueError, match="different names"):
        model.add(layers.Dense(2, name="out"))
    with pytest.raises(ValueError, match=r"says input_shape=\(7,\), but gets samples of shape \(2,\)"):
        model.add(layers.Dense(2, input_shape=(7,)))
    assert [layer.name for layer in model.layers] == ["flat", "out"]
    assert model.predict(np.ones((1, 4, 3)), verbose=0).shape == (1, 2)


def test_an_unbuilt_model_is_as_before_after_data_that_does_not_fit():
    model = keras.Sequential([layers.Dense(2), layers.Reshape((3,))])
    with pytest.raises(ValueError, match="can't make"):
        model.predict(X, verbose=0)
    assert not any(layer.built for layer in model.layers)
    assert model.sample_shape is None


def test_weights_are_checked_before_they_are_taken():
    model = net()
    good = model.get_weights()
    for bad, message in [
        (good[:3], "weights of shapes"),
        ([w.T for w in good], "weights of shapes"),
        ([*good[:3], good[3] * np.nan], "finite numbers"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.set_weights([w + 1 if w.ndim == 2 else w for w in bad])
        for a, b in zip(model.get_weights(), good, strict=True):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="no weights yet"):
        net(built=False).set_weights(good)
    with pytest.raises(ValueError, match="no weights yet"):
        net(built=False).count_params()


def test_a_model_without_layers_or_weights_says_so():
    with pytest.raises(ValueError, match="no layers yet"):
        keras.Sequential().build((None, 3))
    model = keras.Sequential([keras.Input((2,)), layers.Activation("tanh")])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="no weights to train"):
        model.fit(np.ones((2, 2)), np.ones((2, 2)), verbose=0)


def test_threads_and_dtypes_are_checked():
    with pytest.raises(ValueError, match="threads expects an integer"):
        keras.Sequential(threads=0)
    with pytest.raises(ValueError, match="'float32' or 'float64'"):
        keras.config.set_floatx("float16")


def test_a_loss_of_rows_wants_one_row_of_outputs():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Reshape((2, 2))])
    model.compile("sgd", "categorical_crossentropy")
    assert model.predict(X, verbose=0).shape == (4, 2, 2)
    with pytest.raises(ValueError, match="needs one row of outputs for each sample"):
        model.fit(X, np.ones((4, 2, 2)), verbose=0)


@pytest.mark.parametrize(
    ("x", "classes", "expected"),
    [
        ([0, 2, 1], None, [[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
        ([[1], [0]], 3, [[0, 1, 0], [1, 0, 0]]),
        ([[0, 1]], None, [[[1, 0], [0, 1]]]),
        ([1.0, 0.0], None, [[0, 1], [1, 0]]),
    ],
)
def test_to_categorical(x, classes, expected):
    rows = keras.utils.to_categorical(x, classes)
    np.testing.assert_array_equal(rows, expected)
    assert rows.dtype == np.float64


@pytest.mark.parametrize(
    ("x", "classes"), [([0, 3], 3), ([-1], None), ([0.5], None), ([float("nan")], None), ([], None)]
)
def test_to_categorical_refuses(x, classes):
    with pytest.raises(ValueError, match="to_categorical expects"):
        keras.utils.to_categorical(x, classes)


def test_a_constructor_that_fails_leaves_its_layers_free():
    first = layers.Dense(3)
    with pytest.raises(ValueError, match="can't make"):
        keras.Sequential([keras.Input((6,)), first, layers.Reshape((7,))])
    keras.Sequential([keras.Input((6,)), first])


def test_a_layer_whose_weights_can_not_be_made_is_not_added():
    class Broken(keras.initializers.Initializer):
        def __call__(self, shape, dtype="float32"):
            raise RuntimeError("no weights")

    model = net()
    weights, broken = model.get_weights(), layers.Dense(2, kernel_initializer=Broken())
    with pytest.raises(RuntimeError, match="no weights"):
        model.add(broken)
    assert len(model.layers) == 2
    model.fit(**FIT)
    assert len(model.get_weights()) == len(weights)


def test_build_takes_a_batch_shape_as_keras_does():
    model = keras.Sequential([layers.Dense(2)])
    for bad in (None,), 784, (784,), (None, None), ("a", 3):
        with pytest.raises(ValueError, match=r"build expects the shape of a batch, as \(None, 784\)"):
            model.build(bad)
    assert not hasattr(model, "input")
    assert not hasattr(model, "output")
    with pytest.raises(AttributeError, match="no input_shape before it is built"):
        _ = model.input_shape
    model.build((None, 3))
    model.build((32, 3))
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))
    with pytest.raises(ValueError, match=r"takes samples of shape \(3,\). Received: \(4,\)"):
        model.build((None, 4))
    assert (model.compute_output_shape((None, 3)), model.compute_output_shape((32, 3))) == ((None, 2), (32, 2))
    with pytest.raises(ValueError, match=r"takes samples of shape \(3,\). Received: \(4,\)"):
        model.compute_output_shape((None, 4))
    with pytest.raises(ValueError, match="compute_output_shape expects the shape of a batch"):
        model.compute_output_shape((3,))


def test_what_is_fixed_says_so():
    model = net()
    with pytest.raises(AttributeError, match="activation"):
        model.layers[0].activation = "relu"
    with pytest.raises(AttributeError, match="no kernel before it is built"):
        _ = layers.Dense(2).kernel
    with pytest.raises(ValueError, match="called with training or mask"):
        model(X, training=True)
    model.fit(**FIT)
    model.optimizer.momentum = 0.9
    with pytest.raises(ValueError, match="compile the model with a new optimizer"):
        model.fit(**FIT)


def test_a_metric_is_in_the_log_under_the_name_that_was_given():
    model = net()
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy", "acc"])
    logs = model.evaluate(X, ONE_HOT, verbose=0, return_dict=True)
    assert logs["acc"] == logs["accuracy"] <= 1


def test_many_threads_may_be_the_first_to_use_a_model():
    from concurrent.futures import ThreadPoolExecutor

    for _ in range(20):
        model = keras.Sequential([layers.Dense(50, activation="tanh"), layers.Dense(2)])
        with ThreadPoolExecutor(4) as pool:
            outputs = list(pool.map(lambda _: model(X), range(4)))  # noqa: B023
        for output in outputs:
            np.testing.assert_array_equal(output, outputs[0])


def test_what_keras_has_by_position_and_tinydnn_lacks_is_not_taken_for_something_else():
    assert not keras.Sequential([layers.Dense(2)], False).trainable  # as Keras has it
    with pytest.raises(TypeError, match="positional"):
        layers.Dropout(0.5, None)  # Keras' second is `noise_shape`


def test_without_targets_each_method_says_so():
    model = net()
    for call in (lambda: model.fit(X, validation_split=0.5), lambda: model.train_on_batch(X, class_weight={0: 2.0})):
        with pytest.raises(ValueError, match="needs targets y to measure the loss on"):
            call()
    with pytest.raises(ValueError, match="test_on_batch needs targets y"):
        model.test_on_batch(X)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch", "predict_on_batch"])
def test_a_method_of_one_batch_takes_no_generator(method):
    with pytest.raises(TypeError, match=f"{method} takes arrays of samples.*Received: x=generator"):
        getattr(net(), method)(pair for pair in [(X, ONE_HOT)])
