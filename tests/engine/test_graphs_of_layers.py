"""Models of any graph: what layers are called on, what models are made of that, and what is refused."""

import copy
import gc
import pickle
import re
import weakref

import numpy as np
import pytest
from tolerances import FINITE_DIFFERENCE, SAME_FLOAT64

import tinydnn as keras
from tinydnn import layers
from tinydnn.engine.one_batch import OneBatch
from tinydnn.inspect import diagnosis, microscope
from tinydnn.inspect.watch import Watch


@pytest.fixture(autouse=True)
def _float64():
    keras.config.set_floatx("float64")


def residual():
    inputs = keras.Input((4,))
    x = layers.Dense(5, activation="tanh", activity_regularizer="l2")(inputs)
    y = layers.Dense(5, activation="sigmoid", kernel_regularizer="l1", activity_regularizer="l2")(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.Add()([x, y])))


def branches():
    inputs = keras.Input((4,))
    a, b = layers.Dense(3, activation="tanh")(inputs), layers.Dense(3)(inputs)
    c = layers.subtract([a, b])
    parts = [layers.maximum([a, b, c]), layers.minimum([b, a]), layers.average([a, b, a]), layers.multiply([a, b, c])]
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.concatenate([*parts, inputs])))


def shared():
    inputs, twice = keras.Input((4,)), layers.Dense(4, activation="tanh", kernel_regularizer="l2")
    x = twice(twice(inputs))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.add([x, x, twice(x)])))


def three_takers():
    """Each of the three gets the gradient of a sum as it is, and two of them would add to it in place."""
    inputs = keras.Input((4,))
    x = layers.Dense(4)(inputs)
    parts = [layers.Dense(4, activity_regularizer="l2", activation=f)(x) for f in ("tanh", "sigmoid")]
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.add([layers.add([*parts, x]), x])))


def of_models():
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh")])
    inside = keras.Input((3,))
    both = layers.Dense(3, activation="sigmoid")(inside)
    decoder = keras.Model(inside, [layers.Dense(2)(inside), layers.add([both, inside])])
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(decoder(encoder(inputs))[1]))


MODELS = {each.__name__: each for each in (residual, branches, shared, three_takers, of_models)}
X, Y = np.random.default_rng(3).normal(size=(10, 4)), np.arange(10) % 3


def compiled(make, optimizer="sgd", **options):
    model = make()
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


# -- gradients ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("make", MODELS)
def test_gradients_are_the_slopes_of_the_loss(make, threads):
    model = compiled(MODELS[make])
    model.threads = threads
    with OneBatch(model, X, Y) as batch:

        def loss():
            batch.gradients()
            return batch.logs()["loss"]

        passes = batch.gradients()
        gradient = sum(each.gradient.copy() for each in passes)
        w, h = model.parameters, 1e-6
        for i in range(w.size):
            before = w[i]
            w[i] = before + h
            above = loss()
            w[i] = before - h
            slope = (above - loss()) / (2 * h)
            w[i] = before
            assert abs(slope - gradient[i]) < FINITE_DIFFERENCE, i


@pytest.mark.parametrize("make", MODELS)
def test_threads_make_no_difference(make):
    weights = []
    for threads in (1, 3):
        keras.utils.set_random_seed(1)
        model = compiled(MODELS[make], "adam")
        model.threads = threads
        model.fit(X, Y, batch_size=4, epochs=3, verbose=0)
        weights.append(model.get_weights())
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=SAME_FLOAT64)


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (layers.Add, lambda a, b, c: a + b + c),
        (layers.Multiply, lambda a, b, c: a * b * c),
        (layers.Average, lambda a, b, c: (a + b + c) / 3),
        (layers.Maximum, lambda a, b, c: np.maximum(np.maximum(a, b), c)),
        (layers.Minimum, lambda a, b, c: np.minimum(np.minimum(a, b), c)),
        (layers.Concatenate, lambda *parts: np.concatenate(parts, axis=-1)),
        (lambda: layers.Concatenate(axis=1), lambda *parts: np.concatenate(parts, axis=1)),
    ],
)
def test_merging_layers_compute_what_their_names_say(make, formula, rng):
    parts = [rng.normal(size=(3, 2, 4)) for _ in range(3)]
    np.testing.assert_allclose(make()(parts), formula(*parts), rtol=0, atol=SAME_FLOAT64)


def test_where_numbers_are_equal_the_first_of_a_maximum_gets_all_of_the_gradient():
    inputs = keras.Input((2,))
    first, second = (layers.Dense(2, kernel_initializer="ones") for _ in range(2))
    model = keras.Model(inputs, layers.maximum([first(inputs), second(inputs)]))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(np.ones((2, 2)), np.zeros((2, 2)), verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [True, True, False, False]


# -- symbolic tensors, and models of them --------------------------------------------------------------


def test_a_symbolic_tensor_has_the_shape_of_a_batch():
    inputs = keras.Input(shape=(8,), name="columns")
    x = layers.Dense(4)(inputs)
    assert (inputs.shape, inputs.dtype, inputs.name) == ((None, 8), "float64", "columns")
    assert (x.shape, x.ndim, x.name) == ((None, 4), 2, "keras_tensor")


def test_a_layer_computes_what_it_is_called_on():
    layer = layers.Dense(2, activation="relu")
    x = [[1.0, -2.0, 3.0], [0.5, 0.5, 0.5]]
    np.testing.assert_allclose(layer(x), np.maximum(np.array(x) @ layer.kernel, 0), rtol=0, atol=SAME_FLOAT64)
    given = np.ones((2, 3))
    layers.Reshape((3,))(given)[...] = 0
    assert given.all(), "it is a copy"


@pytest.mark.parametrize("built_by", ["Input", "build", "fit"])
def test_a_sequential_can_be_taken_apart(built_by):
    start = [keras.Input((4,))] if built_by == "Input" else []
    model = keras.Sequential([*start, layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax")])
    if built_by == "build":
        model.build((None, 4))
    if built_by == "fit":
        model.compile("sgd", "sparse_categorical_crossentropy")
        model.fit(X, Y, verbose=0)
    hidden = np.tanh(X @ model.layers[0].kernel + model.layers[0].bias)
    for inputs, outputs in [
        (model.input, model.layers[0].output),
        (model.inputs, model.layers[-2].output),
        (model.layers[0].input, [model.layers[1].input]),
    ]:
        np.testing.assert_allclose(
            np.reshape(keras.Model(inputs, outputs).predict(X, verbose=0), (10, 5)), hidden, rtol=0, atol=SAME_FLOAT64
        )
    top = keras.Model(model.layers[1].input, model.outputs[0])
    np.testing.assert_allclose(top(hidden), model(X), rtol=0, atol=SAME_FLOAT64)
    assert [type(layer).__name__ for layer in top.layers] == ["InputLayer", "Dense"]


def test_models_that_share_layers_share_their_weights():
    inputs = keras.Input((4,))
    code = layers.Dense(2, name="code")(inputs)
    autoencoder = keras.Model(inputs, layers.Dense(4, name="back")(code))
    encoder = keras.Model(inputs, code)
    coded = keras.Input((2,))
    decoder = keras.Model(coded, autoencoder.get_layer("back")(coded))
    for each in (autoencoder, encoder):
        each.compile("adam", "mse")
    before = encoder.predict(X, verbose=0)
    autoencoder.fit(X, X, verbose=0)
    after = encoder.predict(X, verbose=0)
    assert abs(after - before).max() > 1e-6
    np.testing.assert_array_equal(decoder.predict(after, verbose=0), autoencoder.predict(X, verbose=0))
    encoder.fit(X, X[:, :2], epochs=2, verbose=0)  # which moves the shared weights into its own vector
    autoencoder.fit(X, X, verbose=0)
    np.testing.assert_array_equal(
        decoder.predict(encoder.predict(X, verbose=0), verbose=0), autoencoder.predict(X, verbose=0)
    )


def test_models_in_models_are_trained_through_the_outer_one():
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(2)], name="encoder")
    decoder = keras.Sequential([layers.Dense(4)], name="decoder")
    inputs = keras.Input((4,))
    outer = keras.Model(inputs=[inputs], outputs=[decoder(encoder(inputs))])
    row = keras.Sequential([encoder, decoder])
    assert [each.name for each in outer.layers] == ["input_layer_1", "encoder", "decoder"]
    assert outer.count_params() == row.count_params() == 22
    before = decoder(encoder(X))
    for each in (outer, row):
        each.compile("adam", "mse")
        each.fit(X, X, verbose=0)
        after = decoder(encoder(X))
        assert abs(after - before).max() > 1e-6
        np.testing.assert_array_equal(outer(X), after)
        np.testing.assert_array_equal(row(X), after)
        before = after


def test_several_outputs_come_as_a_list_in_their_order():
    inputs = keras.Input((4,))
    x = layers.Dense(2)(inputs)
    model = keras.Model(inputs, [layers.Dense(1)(x), x])
    one, two = model.predict(X, batch_size=3, verbose=0)
    assert (one.shape, two.shape) == ((10, 1), (10, 2))
    np.testing.assert_array_equal(two, keras.Model(inputs, x)(X))
    with pytest.raises(ValueError, match="several outputs can't be compiled, here of 2"):
        model.compile("sgd", "mse")


def test_every_layer_of_a_model_can_be_an_output():
    model = branches()
    every = keras.Model(model.input, [layer.output for layer in model.layers])
    found = every.predict(X, batch_size=4, verbose=0)
    assert len(found) == len(model.layers)
    np.testing.assert_array_equal(found[0], X)
    np.testing.assert_array_equal(found[-1], model(X))


def test_names_weights_and_layers_are_in_keras_order():
    model = residual()
    assert [layer.name for layer in model.layers] == ["input_layer", "dense", "dense_1", "add", "dense_2"]
    assert [w.shape for w in model.get_weights()] == [(4, 5), (5,), (5, 5), (5,), (5, 3), (3,)]
    assert (model.name, residual().name, keras.Model(model.input, model.output, name="mine").name) == (
        "functional", "functional_1", "mine",
    )  # fmt: skip
    assert (model.get_layer("add").output.shape, model.get_layer(index=1).name) == ((None, 5), "dense")
    assert (model.input_shape, model.output_shape) == ((None, 4), (None, 3))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("make", MODELS)
def test_a_copy_trains_on_its_own_and_to_the_same_bits(make, copied):
    model = compiled(MODELS[make], "adam")
    model.fit(X, Y, verbose=0)
    other = copied(model)
    before = model.get_weights()
    other.fit(X, Y, batch_size=3, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    model.fit(X, Y, batch_size=3, verbose=0)
    for a, b in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert keras.Model(other.input, other.layers[-1].input).predict(X, verbose=0).shape[0] == 10


def test_a_deep_graph_is_built_copied_and_freed():
    x = inputs = keras.Input((2,))
    for _ in range(2000):
        x = layers.Activation("linear")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(X[:, :2]), model(X[:, :2]))


class Stop(keras.callbacks.Callback):
    """Cuts a training off after a backup of its first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


def test_a_training_that_was_cut_off_goes_on_to_the_same_bits(tmp_path):
    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    def started():
        keras.utils.set_random_seed(5)
        return compiled(shared, "adam")

    whole = started()
    whole.fit(X, Y, batch_size=4, epochs=4, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        started().fit(X, Y, batch_size=4, epochs=4, verbose=0, callbacks=[backup(), Stop()])
    assert (tmp_path / "backup").exists()
    resumed = started()
    resumed.fit(X, Y, batch_size=4, epochs=4, verbose=0, callbacks=[backup()])
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_checkpoint_of_another_graph_of_the_same_layers_is_refused(tmp_path):
    def net(crossed):
        inputs = keras.Input((4,))
        a, b = (layers.Dense(4) for _ in range(2))
        x = a(inputs)
        return keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.add([b(x), x if crossed else inputs])))

    def fit(crossed, *callbacks):
        model = compiled(lambda: net(crossed))
        model.fit(X, Y, epochs=3, verbose=0, callbacks=[keras.callbacks.BackupAndRestore(tmp_path / "b"), *callbacks])

    with pytest.raises(KeyboardInterrupt):
        fit(False, Stop())
    with pytest.raises(keras.FileFormatError, match="of another training"):
        fit(True)


class Doubled(layers.Layer):
    """A layer of the user's own."""

    def forward(self, x, t):
        return np.multiply(x, 2, out=t.y)

    def backward(self, dy, t):
        return None if t.dx is None else np.multiply(dy, 2, out=t.dx)


def test_a_layer_of_ones_own_stands_in_a_graph():
    inputs = keras.Input((4,))
    x = layers.Dense(3)(inputs)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.add([Doubled()(x), x])))
    other = keras.Model(inputs, layers.Dense(3, activation="softmax")(layers.add([layers.Rescaling(2)(x), x])))
    for each in (model, other):
        each.set_weights([np.full(w.shape, 0.1) + np.arange(w.shape[-1]) for w in each.get_weights()])
        each.compile("sgd", "sparse_categorical_crossentropy")
        start = each.get_weights()
        each.fit(X, Y, verbose=0)
        each.after = each.get_weights()
        each.set_weights(start)
    for a, b in zip(model.after, other.after, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=SAME_FLOAT64)


# -- what looks into models ----------------------------------------------------------------------------


def as_row(functional):
    keras.utils.set_random_seed(2)
    parts = [layers.Dense(5, activation="tanh", name="one"), layers.Dense(3, activation="softmax", name="two")]
    if not functional:
        return keras.Sequential([keras.Input((4,)), *parts])
    x = inputs = keras.Input((4,))
    for part in parts:
        x = part(x)
    return keras.Model(inputs, x)


def test_a_functional_row_is_shown_as_a_sequential_is():
    found, watched = [], []
    for functional in (False, True):
        tensors = microscope.dissect(compiled(lambda functional=functional: as_row(functional)), X, Y)
        found.append([(tensor.name, tensor.formula.text, tensor.value.tolist()) for tensor in tensors])
        model, watch = compiled(lambda functional=functional: as_row(functional)), Watch(every=1)
        model.fit(X, Y, verbose=0, callbacks=[watch])
        watched.append(watch.history)
        step = diagnosis.record(model, X, Y)
        assert diagnosis.diagnose(compiled(lambda functional=functional: as_row(functional)), step) is not None
    assert found[0] == found[1]
    assert watched[0] == watched[1]


@pytest.mark.parametrize("look", [
    lambda model: microscope.dissect(model, X, Y),
    lambda model: model.fit(X, Y, verbose=0, callbacks=[Watch()]),
    lambda model: diagnosis.diagnose(model, diagnosis.record(model, X, Y)),
])  # fmt: skip
def test_what_shows_rows_refuses_branches(look):
    with pytest.raises(ValueError, match="takes models with layers in a row"):
        look(compiled(residual))


# -- what is refused -----------------------------------------------------------------------------------


def two_inputs():
    a, b = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    return a, b, layers.concatenate([a, b])


def dropout_twice():
    inputs, dropout = keras.Input((2,)), layers.Dropout(0.5)
    return keras.Model(inputs, dropout(dropout(inputs)))


def another_name():
    inputs = keras.Input((2,))
    return keras.Model(inputs, layers.Dense(2, name="one")(layers.Dense(2, name="one")(inputs)))


def elsewhere():
    x = layers.Dense(2)(keras.Input((2,)))
    return keras.Model(keras.Input((2,), name="mine"), x)


def one_of_two():
    x = keras.Input((2,))
    two = keras.Model(x, [layers.Dense(2)(x), layers.Dense(2)(x)])
    p, q = two(keras.Input((2,)))
    return keras.Model(p, layers.Add()([p, q]))


REFUSED = {
    "several inputs": (lambda: keras.Model(list(two_inputs()[:2]), two_inputs()[2]), ValueError, "takes one input"),
    "an input that is missing": (lambda: (lambda a, b, c: keras.Model(a, c))(*two_inputs()), ValueError, "'right'"),
    "outputs of another input": (elsewhere, ValueError, "takes one input, 'mine'"),
    "an array": (lambda: keras.Model(np.ones(3), np.ones(3)), TypeError, "inputs as a symbolic tensor"),
    "its own input": (lambda: (lambda x: keras.Model(x, x))(keras.Input((2,))), ValueError, "gives its input as it is"),
    "dropout at two places": (dropout_twice, ValueError, "several places of model 'functional', which a Dropout can't"),
    "one name twice": (another_name, ValueError, "different names. Received: 'one' twice in 'functional'"),
    "a list for one": (lambda: layers.Dense(2)(list(two_inputs()[:2])), TypeError, "takes one tensor"),
    "one for a list": (lambda: layers.Add()(keras.Input((2,))), TypeError, "takes a list of tensors"),
    "one in a list": (lambda: layers.Add()([keras.Input((2,))]), ValueError, "list of at least two tensors"),
    "a row with a sum": (lambda: keras.Sequential([keras.Input((2,)), layers.Add()]), ValueError, "in a Model(inputs,"),
    "other shapes": (lambda: layers.add([keras.Input((2,)), keras.Input((3,))]), ValueError, "tensors of one shape"),
    "three for two": (lambda: layers.subtract([keras.Input((2,))] * 3), ValueError, "two tensors"),
    "the batch's axis": (lambda: layers.Concatenate(axis=0), ValueError, "axis other than the batch's"),
    "an axis too many": (lambda: layers.concatenate([keras.Input((2,))] * 2, axis=2), ValueError, "has axis=2"),
    "numbers of a tensor": (lambda: np.asarray(keras.Input((2,))), TypeError, "has no numbers"),
    "training by a call": (lambda: layers.Dropout(0.5)(keras.Input((2,)), training=True), ValueError, "with training"),
    "a layer never called": (lambda: layers.Dense(2).output, AttributeError, "no input or output yet"),
    "a model without ends": (lambda: keras.Sequential([layers.Dense(2)]).output, AttributeError, "no output before"),
    "adding to a graph": (lambda: residual().add(layers.Dense(2)), AttributeError, "Functional has no 'add'"),
    "an input layer on something": (
        lambda: layers.InputLayer((2,))(keras.Input((2,))), TypeError, "takes nothing; call layers on its tensor"
    ),
    "one output of two as input": (one_of_two, ValueError, "takes one input"),
    "division by a number": (lambda: keras.Input((2,)) / 255, TypeError, "for a number use a Rescaling layer"),
    "a number less a tensor": (lambda: 2 - keras.Input((2,)), TypeError, "for a number use a Rescaling layer"),
    "a tensor's negative": (lambda: -keras.Input((2,)), TypeError, "for a number use a Rescaling layer"),
    "several outputs in a row": (
        lambda: keras.Sequential([keras.Model((m := residual()).input, [m.output, m.output])]), ValueError, "one output"
    ),
    "other samples": (lambda: residual()(keras.Input((5,))), ValueError, "samples of shape (4,). Received: (5,)"),
    "two dtypes": (
        lambda: keras.Model(x := keras.Input((2,)), layers.Dense(2, dtype="float32")(layers.Dense(2)(x))),
        ValueError,
        "one dtype",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_says_why(case):
    make, error, message = REFUSED[case]
    with pytest.raises(error, match=re.escape(message)):
        make()


def test_own_call_methods_are_refused_where_the_class_is_written():
    with pytest.raises(TypeError, match="MyModel defines call, which tinydnn does not run: there are no automatic"):

        class MyModel(keras.Model):
            def call(self, x):
                return x

    with pytest.raises(TypeError, match=r"Bare can't be derived from Model: .* Sequential or Model\(inputs, outputs\)"):

        class Bare(keras.Model):
            pass

    with pytest.raises(TypeError, match="MyRow defines train_step"):

        class MyRow(keras.Sequential):
            def train_step(self, data):
                return data

    with pytest.raises(TypeError, match=r"MyLayer defines call, .* forward\(x, t\) and backward\(dy, t\)"):

        class MyLayer(layers.Layer):
            def call(self, x):
                return x


def test_every_model_is_a_model():
    assert isinstance(keras.Sequential(), keras.Model)
    assert isinstance(residual(), keras.models.Model)
    assert type(residual()).__name__ == "Functional"


def test_operators_of_symbolic_tensors_are_merging_layers():
    inputs = keras.Input((4,))
    x, y = layers.Dense(3)(inputs), layers.Dense(3)(inputs)
    model = keras.Model(inputs, (x + y) * (x - y))
    a, b = (keras.Model(inputs, each)(X) for each in (x, y))
    np.testing.assert_allclose(model(X), (a + b) * (a - b), rtol=0, atol=SAME_FLOAT64)
    assert [layer.name for layer in model.layers[3:]] == ["add", "subtract", "multiply"]
    for wrong in (lambda: x + 1, lambda: 2 * x, lambda: X - x):
        with pytest.raises(TypeError, match=r"symbolic tensor|has no numbers"):
            wrong()


def test_a_model_that_nobody_has_is_gone_at_once():
    inputs = keras.Input((4,))
    encoder = keras.Model(inputs, layers.Dense(3)(inputs))
    model = keras.Model(inputs, layers.Dense(2)(encoder(inputs)))
    model.compile("sgd", "mse")
    gc.disable()
    try:
        model.fit(X, X[:, :2], verbose=0)
        kept = [weakref.ref(each) for each in (model, encoder, model.layers[-1])]
        del model, encoder, inputs
        assert [each() for each in kept] == [None] * 3
    finally:
        gc.enable()
