"""What a model tells of itself and how it is made again: its config, clones, pop, its summary."""

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")


def net():
    first = layers.Dense(4, "relu", kernel_regularizer="l2", name="first")
    return keras.Sequential([keras.Input((3,)), first, layers.Dense(1, name="last")], name="net")


def graph():
    source = keras.Input((3,))
    a = layers.Dense(2, name="a")(source)
    return keras.Model(source, layers.Concatenate()([a, layers.Dense(2, name="b")(a)]))


@pytest.mark.parametrize("make", [net, graph])
def test_a_config_makes_the_model_again(make):
    model = make()
    again = type(model).from_config(model.get_config())
    assert again.get_config() == model.get_config()
    assert [w.shape for w in again.get_weights()] == [w.shape for w in model.get_weights()]


@pytest.mark.parametrize("make", [net, graph])
def test_a_clone_has_new_weights_and_is_not_compiled(make):
    model = make()
    model.compile("sgd", "mse")
    before = model.get_weights()
    clone = keras.models.clone_model(model)
    assert type(clone) is type(model)
    assert not clone.compiled
    assert not np.array_equal(clone.get_weights()[0], before[0])
    clone.set_weights(before)
    np.testing.assert_array_equal(clone.predict(X, verbose=0), model.predict(X, verbose=0))
    clone.compile("sgd", "mse")
    clone.fit(X, np.ones((8, clone.output_shape[-1])), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_layers_and_optimizers_are_made_of_their_configs():
    for thing in (
        layers.Dense(3, "tanh", kernel_constraint="non_neg"),
        layers.Dropout(0.3, seed=2),
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9), beta_1=0.8),
        keras.initializers.RandomNormal(stddev=0.2, seed=1),
        keras.regularizers.L1L2(0.1, 0.2),
        keras.losses.BinaryCrossentropy(from_logits=True),
    ):
        assert type(thing).from_config(thing.get_config()).get_config() == thing.get_config()


def test_custom_objects_are_refused():
    with pytest.raises(ValueError, match=r"classes only.* mine"):
        keras.Sequential.from_config(net().get_config(), custom_objects={"mine": object})


def test_a_layer_that_is_popped_keeps_its_weights():
    model = net()
    kernel = model.layers[-1].get_weights()[0]
    first = model.predict(X, verbose=0)
    last = model.pop()
    assert (last.name, model.output_shape, len(model.layers)) == ("last", (None, 4), 1)
    np.testing.assert_array_equal(last.get_weights()[0], kernel)
    model.add(last)
    np.testing.assert_array_equal(model.predict(X, verbose=0), first)


def test_a_model_that_lost_a_layer_trains_with_another_one():
    model = net()
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    model.pop()
    with pytest.raises(ValueError, match="compile this model with a new optimizer"):
        model.fit(X, np.tile(Y, 4), verbose=0)
    model.add(layers.Dense(1, "sigmoid", name="other"))
    model.compile("adam", "mse")
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"]).all()


def test_an_empty_model_has_nothing_to_pop():
    with pytest.raises(ValueError, match="no layer to take away"):
        keras.Sequential().pop()
    with pytest.raises(AttributeError, match="Functional has no 'pop'"):
        graph().pop()


def test_build_needs_a_shape_where_nobody_says_one():
    net().build()
    keras.Sequential([layers.Dense(2, input_shape=(3,))]).build()
    with pytest.raises(ValueError, match="start it with an Input"):
        keras.Sequential([layers.Dense(2)]).build()


def test_what_changes_no_result_is_taken():
    weights = []
    idle = {"run_eagerly": True, "jit_compile": False, "steps_per_execution": 4, "auto_scale_loss": False}
    for options in ({}, idle):
        keras.utils.set_random_seed(2)
        model = net()
        model.compile("sgd", "mse", **options)
        model.fit(X, Y, 2, 2, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_array_equal(*weights)


def test_a_summary_has_the_width_that_it_is_given(capsys):
    net().summary(line_length=50, positions=[0.3, 0.7, 1.0])
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("┏", "└"))]
    assert {len(line) for line in table} == {50}
    assert table[0].index("┳") == 15
    with pytest.raises(ValueError, match="rising order"):
        net().summary(positions=[0.7, 0.3, 1.0])
