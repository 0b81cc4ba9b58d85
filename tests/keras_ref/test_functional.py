"""Models of any graph next to Keras: the same weights after some steps, the same files both ways, the same summary."""

import numpy as np
import pytest
from tolerances import KERAS_FLOAT32, KERAS_FLOAT64

pytestmark = pytest.mark.filterwarnings(
    "ignore:::keras", "ignore:::tensorflow", "ignore:You are saving", "ignore:.*optimizer's state was left out"
)
keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from keras_ref import one_step  # noqa: E402
from keras_ref.engines import floatx, seed_both  # noqa: E402
from tinydnn import names  # noqa: E402
from tinydnn.inspect import microscope  # noqa: E402

BOTH = (keras, tinydnn)
X = np.random.default_rng(0).normal(size=(96, 8))
Y = np.random.default_rng(1).integers(0, 3, 96)


def residual(k):
    inputs = k.Input((8,))
    x = k.layers.Dense(16, activation="relu")(inputs)
    for _ in range(2):
        y = k.layers.Dense(16)(k.layers.Dense(16, activation="relu")(x))
        x = k.layers.Activation("relu")(k.layers.Add()([x, y]))
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(x))


def normalized(k):
    inputs = k.Input((8,))
    x = k.layers.BatchNormalization()(k.layers.Dense(16, use_bias=False, activation="tanh")(inputs))
    y = k.layers.LayerNormalization()(k.layers.Dense(16)(k.layers.Dropout(0.2, seed=3)(x)))
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(k.layers.add([x, y])))


def branches(k):
    inputs = k.Input((8,), name="columns")
    a, b = k.layers.Dense(7, activation="tanh")(inputs), k.layers.Dense(5, activation="sigmoid")(inputs)
    joined, c = k.layers.Concatenate()([a, b, inputs]), k.layers.Dense(7, activity_regularizer="l2")(b)
    d = k.layers.Maximum()([a, c, k.layers.Multiply()([a, c])])
    e = k.layers.Subtract()([k.layers.Average()([k.layers.Minimum()([d, c]), d, a]), a])
    return k.Model(inputs=inputs, outputs=k.layers.Dense(3, activation="softmax")(k.layers.concatenate([joined, e])))


def shared(k):
    inputs, twice = k.Input((8,)), k.layers.Dense(8, activation="tanh", kernel_regularizer="l2")
    return k.Model([inputs], [k.layers.Dense(3, activation="softmax")(twice(twice(inputs)))])


def nested(k):
    encoder = k.Sequential([k.Input((8,)), k.layers.Dense(6, activation="relu")])
    code = k.Input((6,))
    decoder = k.Model(code, [k.layers.Dense(4)(code), k.layers.Dense(6)(code)])
    inputs = k.Input((8,))
    four, six = decoder(encoder(inputs))
    more, _ = decoder(six)
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(k.layers.concatenate([four, more])))


def ends_in_models(k):
    inputs, code = k.Input((8,)), k.Input((5,))
    decoder = k.Model(code, k.layers.Dense(3, activation="softmax")(code), name="decoder")
    encoder = k.Model(inputs, k.layers.Dense(5)(inputs), name="encoder")
    return k.Model(inputs, decoder(encoder(inputs)))


def row_of_models(k):
    first = k.Sequential([k.Input((8,)), k.layers.Dense(6, activation="relu")])
    second = k.Sequential([k.layers.Dense(5), k.layers.Dropout(0.3, seed=3)])
    return k.Sequential([first, second, k.layers.Dense(3, activation="softmax")])


def frozen(k):
    encoder = k.Sequential([k.Input((8,)), k.layers.Dense(6), k.layers.BatchNormalization()], name="encoder")
    encoder.trainable = False
    inputs = k.Input((8,))
    x = k.layers.Concatenate()([encoder(inputs), k.layers.Dense(3)(inputs)])
    return k.Model(inputs, k.layers.Dense(3, activation="softmax")(x))


def taken_apart(k):
    whole = k.Sequential([k.Input((8,)), k.layers.Dense(8), k.layers.Dense(3, activation="softmax"), k.layers.Dense(2)])
    return k.Model(whole.layers[1].input, whole.layers[-2].output)


def several_outputs(k):
    inputs = k.Input((8,), name="columns")
    x = k.layers.Dense(5, name="one")(inputs)
    return k.Model(inputs, [k.layers.Dense(2, name="two")(x), x])


TRAINED = {
    each.__name__: each
    for each in (
        residual, normalized, branches, shared, nested, ends_in_models, row_of_models, frozen, taken_apart,
    )
}  # fmt: skip
ALL = TRAINED | {"several_outputs": several_outputs}


def made(k, make, seed=5):
    seed_both(seed)
    if k is tinydnn:
        names.number_anew()
    model = make(k)
    if make is not several_outputs:
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def outputs(model, x=X):
    found = model.predict(x, verbose=0)
    return found if isinstance(found, list) else [found]


def assert_close(ours, theirs, atol=KERAS_FLOAT32):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize(("dtype", "atol"), [("float64", KERAS_FLOAT64), ("float32", KERAS_FLOAT32)])
@pytest.mark.parametrize("make", TRAINED)
def test_training_is_keras_training(make, dtype, atol):
    weights, losses, found = [], [], []
    with floatx(dtype):
        for k in BOTH:
            model = made(k, TRAINED[make])
            history = model.fit(X.astype(dtype), Y, batch_size=16, epochs=3, verbose=0)
            weights.append(model.get_weights())
            losses.append(history.history["loss"])
            found.append(outputs(model))
    assert_close(*weights, atol)
    assert_close(*losses, atol)
    assert_close(*found, atol)


@pytest.mark.parametrize(("writer", "reader"), [(keras, tinydnn), (tinydnn, keras), (tinydnn, tinydnn)])
@pytest.mark.parametrize("make", ALL)
def test_files_go_both_ways(make, writer, reader, tmp_path):
    model, path = made(writer, ALL[make]), tmp_path / "m.keras"
    if make in TRAINED:
        model.fit(X, Y, epochs=2, verbose=0)
    model.save(path)
    loaded = reader.models.load_model(path)
    assert loaded.name == model.name
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert [w.shape for w in loaded.get_weights()] == [w.shape for w in model.get_weights()]
    assert_close(outputs(loaded), outputs(model))
    described = reader.models.model_from_json(model.to_json())
    model.save_weights(tmp_path / "w.weights.h5")
    described.load_weights(tmp_path / "w.weights.h5")
    assert_close(outputs(described), outputs(model))
    if make in TRAINED and make not in ("row_of_models", "normalized"):  # files don't have how often dropout was drawn
        for each in (model, loaded):
            each.fit(X, Y, shuffle=False, verbose=0)
        assert_close(loaded.get_weights(), model.get_weights())


@pytest.mark.parametrize("make", ["residual", "branches", "shared", "several_outputs"])
def test_files_of_keras_2_come_in(make, tmp_path):
    model = made(keras, ALL[make])
    model.save(tmp_path / "m.h5")
    loaded = tinydnn.models.load_model(tmp_path / "m.h5")
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]
    assert_close(outputs(loaded), outputs(model))
    loaded.set_weights([w * 0 for w in loaded.get_weights()])
    loaded.load_weights(tmp_path / "m.h5")
    assert_close(outputs(loaded), outputs(model))


def test_a_file_of_keras_2_with_models_in_models_is_refused(tmp_path):
    made(keras, nested).save(tmp_path / "m.h5")
    with pytest.raises(tinydnn.FileFormatError, match=r"no models within models .* use \.keras"):
        tinydnn.models.load_model(tmp_path / "m.h5")


@pytest.mark.parametrize("make", ALL)
def test_the_summary_is_keras_text(make):
    texts = []
    for k in BOTH:
        keras.utils.clear_session(free_memory=False)
        lines = []
        made(k, ALL[make]).summary(print_fn=lambda text, lines=lines, **_: lines.append(text))
        texts.append("\n".join(lines).rstrip())
    assert texts[0] == texts[1]


def test_a_step_of_a_row_under_the_microscope_is_keras_step():
    x = inputs = tinydnn.Input((8,))
    for layer in (tinydnn.layers.Dense(5, activation="tanh"), tinydnn.layers.Dense(3, activation="softmax")):
        x = layer(x)
    model = tinydnn.Model(inputs, x)
    model.compile("adam", "sparse_categorical_crossentropy")
    theirs = one_step.tensors(model, X, Y)
    for tensor in microscope.dissect(model, X, Y, theirs):
        np.testing.assert_allclose(tensor.value, tensor.keras, rtol=0, atol=KERAS_FLOAT32, err_msg=tensor.name)
