"""Copies by `copy` and `pickle`, as joblib and spawned processes make them; and that nothing outlives its last user."""

import copy
import gc
import multiprocessing
import pickle
import weakref

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import LambdaCallback

X = np.random.default_rng(1).normal(size=(16, 2, 3)).astype("float32")
Y = np.eye(3)[np.arange(16) % 3]

WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "pickle of protocol 2": lambda thing: pickle.loads(pickle.dumps(thing, 2)),
}
OPTIMIZERS = {
    "rmsprop": lambda: keras.optimizers.RMSprop(momentum=0.5, centered=True, clipnorm=1.0),
    "sgd": lambda: keras.optimizers.SGD(0.1),
    "adam": lambda: keras.optimizers.Adam(weight_decay=0.01),
}


def net(optimizer="rmsprop", **options):
    model = keras.Sequential(
        [
            keras.Input((2, 3)),
            layers.Rescaling(0.5),
            layers.Flatten(),
            layers.Dense(8, activation="tanh", kernel_regularizer="l2"),
            layers.Dropout(0.3),
            layers.Dense(4),
            layers.Dense(3, activation="softmax"),
        ],
        **options,
    )
    model.compile(OPTIMIZERS[optimizer](), "categorical_crossentropy", metrics=["accuracy"])
    return model


def train(model, epochs=1):
    keras.utils.set_random_seed(3)
    return model.fit(X, Y, batch_size=5, epochs=epochs, verbose=0)


@pytest.fixture(params=WAYS)
def copied(request):
    return WAYS[request.param]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_copy_of_a_trained_model_trains_on_to_the_same_bits_and_on_its_own(copied, optimizer):
    model = net(optimizer)
    train(model, epochs=2)
    other = copied(model)
    assert (other.name, other.built, other.compiled) == (model.name, True, True)
    np.testing.assert_array_equal(other.parameters, model.parameters)
    assert other.optimizer.iterations == model.optimizer.iterations == 8
    before = model.parameters.copy()
    train(other)
    np.testing.assert_array_equal(model.parameters, before)
    assert model.optimizer.iterations == 8
    train(model)
    np.testing.assert_array_equal(other.parameters, model.parameters)
    for name, slot in model.optimizer.slots.items():
        np.testing.assert_array_equal(other.optimizer.slots[name], slot)


def test_the_layers_of_a_copy_are_views_of_its_own_vector(copied):
    other = copied(net())
    other.layers[2].kernel[...] = 0
    other.layers[2].bias[...] = 7
    assert (other.parameters[: 6 * 8 + 8] == [*[0] * 48, *[7] * 8]).all()


def test_activations_of_a_copy_are_keras_own(copied):
    other = copied(net())
    assert other.layers[4].activation is keras.activations.linear
    assert other.last_activation is keras.activations.softmax


def test_models_that_are_not_built_or_not_compiled(copied):
    unbuilt = copied(keras.Sequential([layers.Dense(2)]))
    assert not unbuilt.built
    unbuilt.compile("sgd", "mse")
    unbuilt.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
    assert copied(keras.Sequential()).layers == []
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
    other = copied(model)
    assert not other.compiled
    np.testing.assert_array_equal(other.predict(np.ones((2, 3)), verbose=0), model.predict(np.ones((2, 3)), verbose=0))
    other.add(layers.Dense(1))
    assert (model.output_shape, other.output_shape) == ((None, 2), (None, 1))


def test_settings_of_a_copy_are_its_models(copied):
    model = net(threads=2, name="mine")
    other = copied(model)
    assert (other.threads, other.name, other.device) == (2, "mine", "cpu")
    assert other.to_json() == model.to_json()


@pytest.mark.usefixtures("gpu")
def test_a_copy_of_a_model_on_a_gpu_is_on_it_too(copied):
    model = net(device="gpu")
    train(model)
    other = copied(model)
    assert other.device == "gpu"
    for each in (other.parameters, *other.optimizer.slots.values()):
        assert type(each) is type(model.parameters)
    train(other)
    train(model)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])
    free = copied(model.layers[2])
    assert type(free.kernel) is np.ndarray


def test_a_copy_of_a_layer_has_its_weights_and_no_model(copied):
    model = net()
    train(model)
    layer = copied(model.layers[2])
    assert layer.name == model.layers[2].name
    alone = keras.Sequential([keras.Input((6,)), layer])
    np.testing.assert_array_equal(alone.get_weights()[0], model.get_weights()[0])
    alone.layers[0].kernel[...] = 0
    assert model.layers[2].kernel.any()
    assert copied(layers.Dense(3)).units == 3


def test_a_copy_of_an_optimizer_has_its_steps_and_no_model(copied):
    model, other = net(), net()
    train(model)
    optimizer = copied(model.optimizer)
    assert optimizer.get_config() == model.optimizer.get_config()
    assert optimizer.iterations == 4
    other.compile(optimizer, "categorical_crossentropy")
    train(other)
    assert (optimizer.iterations, model.optimizer.iterations) == (8, 4)


def test_an_optimizer_that_has_trained_another_model_is_none_of_the_copys(copied):
    model, other = net(), net()
    train(model)
    other.compile(model.optimizer, "categorical_crossentropy")
    again = copied(other)
    assert again.optimizer.layout is None


def test_a_copy_of_a_history_has_the_log_and_a_model(copied):
    model = net()
    history = train(model, epochs=2)
    other = copied(history)
    assert (other.history, other.epoch, other.params) == (history.history, history.epoch, history.params)
    np.testing.assert_array_equal(other.model.parameters, model.parameters)
    again = copied(model)
    assert again.history.history == history.history
    assert again.history.model is again


def test_losses_callbacks_and_initializers_are_copied_too(copied):
    assert copied(keras.losses.CategoricalCrossentropy(from_logits=True)).from_logits
    assert copied(keras.callbacks.EarlyStopping(patience=3)).patience == 3
    initializer = keras.initializers.GlorotUniform()
    np.testing.assert_array_equal(copied(initializer)((2, 2)), initializer((2, 2)))


def test_a_callback_may_keep_copies_of_the_model_under_way():
    kept = []
    model = net()
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(copy.deepcopy(model)))
    model.fit(X, Y, epochs=3, verbose=0, callbacks=[keep])
    np.testing.assert_array_equal(kept[-1].parameters, model.parameters)
    assert not np.array_equal(kept[0].parameters, model.parameters)
    assert kept[0].training is None


def test_a_spawned_process_takes_a_model():
    model = net()
    train(model)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        outputs = pool.apply(model.predict, (X,), {"verbose": 0})
        history = pool.apply(model.fit, (X, Y), {"verbose": 0})
    np.testing.assert_array_equal(outputs, model.predict(X, verbose=0))
    assert history.model.optimizer.iterations == model.optimizer.iterations + 1


# -- what nobody has any more --------------------------------------------------------------------------


def use(model, tmp_path):
    model.fit(X, Y, verbose=0, validation_split=0.25, callbacks=[keras.callbacks.EarlyStopping()])
    model.evaluate(X, Y, verbose=0)
    model.predict(X, verbose=0)
    model.train_on_batch(X, Y)
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    model.load_weights(tmp_path / "m.weights.h5")
    model.summary(print_fn=lambda text: None)
    copy.deepcopy(model)


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_a_model_is_gone_with_its_last_user(tmp_path):
    model = net()
    use(model, tmp_path)
    loaded = keras.models.load_model(tmp_path / "m.keras")
    gone = [weakref.ref(each) for each in (model, model.layers[2], model.optimizer, model.parameters, loaded)]
    del model, loaded
    assert [each() for each in gone] == [None] * len(gone)


@pytest.mark.usefixtures("no_collector")
def test_a_history_keeps_its_model_and_a_model_its_log():
    history = train(net())
    model = history.model
    assert model.history is history
    log = history.history
    del history
    assert model.history.history is log
    assert model.history.epoch == [0]
    assert model.history.params["epochs"] == 1
    gone = weakref.ref(model)
    del model
    assert gone() is None


def test_a_model_that_was_never_trained_has_no_history():
    assert net().history is None
