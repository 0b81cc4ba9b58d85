"""Functional models in files: what is written, what is refused, and files that lie about their graph."""

import json

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, models

X = np.random.default_rng(2).normal(size=(6, 4))


def net():
    inputs = keras.Input((4,), name="columns")
    x = layers.Dense(3, activation="tanh", name="one")(inputs)
    y = layers.Dense(3, name="two")(x)
    return keras.Model(inputs, layers.Add(name="sum")([x, y]), name="mine")


def test_json_has_keras_form():
    config = json.loads(net().to_json())
    assert (config["module"], config["class_name"]) == ("keras.src.models.functional", "Functional")
    assert config["registered_name"] == "Functional"
    settings = config["config"]
    assert (settings["input_layers"], settings["output_layers"]) == (["columns", 0, 0], ["sum", 0, 0])
    assert [layer["name"] for layer in settings["layers"]] == ["columns", "one", "two", "sum"]
    assert settings["layers"][0]["inbound_nodes"] == []
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 3], "dtype": "float32", "keras_history": [name, 0, 0]},
        }
        for name in ("one", "two")
    ]
    assert settings["layers"][3]["inbound_nodes"] == [{"args": [tensors], "kwargs": {}}]
    assert settings["layers"][3]["build_config"] == {"input_shape": [[None, 3], [None, 3]]}


def test_outputs_in_a_list_stay_in_one():
    model = net()
    config = json.loads(keras.Model(model.inputs, [model.output]).to_json())
    assert config["config"]["output_layers"] == [["sum", 0, 0]]


def test_a_model_that_is_called_twice_comes_back(tmp_path):
    code = keras.Input((4,))
    inner = keras.Model(code, layers.Dense(4, activation="tanh")(code))
    inputs = keras.Input((4,))
    for outputs in (inner(inner(inputs)), [inner(inputs), inner(inner(inputs))]):
        model = keras.Model(inputs, outputs)
        model.save(tmp_path / "m.keras")
        found, expected = (each.predict(X, verbose=0) for each in (models.load_model(tmp_path / "m.keras"), model))
        np.testing.assert_array_equal(found, expected)


def test_layers_in_any_order_make_the_same_model():
    config = json.loads(net().to_json())
    config["config"]["layers"].reverse()
    model = models.model_from_json(json.dumps(config))
    assert [layer.name for layer in model.layers] == ["columns", "one", "two", "sum"]


def history(settings, layer, to):
    settings["layers"][layer]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = to


def node(settings, layer):
    return settings["layers"][layer]["inbound_nodes"][0]


LIES = {
    "a circle": (lambda s: history(s, 1, ["two", 0, 0]), "Found: a circle"),
    "a layer that isn't there": (lambda s: history(s, 1, ["none", 0, 0]), "without inputs"),
    "a call that isn't there": (lambda s: history(s, 2, ["one", 3, 0]), "without inputs"),
    "an output that isn't there": (lambda s: history(s, 2, ["one", 0, 5]), "IndexError"),
    "no such end": (lambda s: s.update(output_layers=["none", 0, 0]), "KeyError"),
    "no such input": (lambda s: s.update(input_layers=["none", 0, 0]), "an InputLayer 'none'"),
    "an input that is no Input": (lambda s: s.update(input_layers=["one", 0, 0]), "an InputLayer 'one'"),
    "two inputs": (lambda s: s.update(input_layers=[["columns", 0, 0], ["one", 0, 0]]), "a model takes one input"),
    "a number": (lambda s: node(s, 3)["args"].append(2.5), "calls layers on tensors. Found: 2.5"),
    "training": (lambda s: node(s, 1)["kwargs"].update(training=True), "calls layers without training"),
    "one name twice": (lambda s: s["layers"][2].update(name="one"), "Found: a circle"),
    "no layers": (lambda s: s.update(layers=[]), "an InputLayer 'columns'"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_graph_that_lies_is_named(lie):
    change, message = LIES[lie]
    config = json.loads(net().to_json())
    change(config["config"])
    with pytest.raises(keras.FileFormatError, match=message):
        models.model_from_json(json.dumps(config))


def test_training_none_and_masks_are_what_keras_writes():
    config = json.loads(net().to_json())
    node(config["config"], 1)["kwargs"] |= {"training": None, "mask": None}
    assert models.model_from_json(json.dumps(config)).count_params() == 27


def test_models_in_models_that_double_are_refused_before_they_fill_the_memory():
    model = net()
    for _ in range(3):
        inputs = keras.Input((4,))
        narrow = layers.Dense(4)
        model = keras.Model(inputs, narrow(model(narrow(model(inputs)))))
    level = json.loads(model.to_json())
    for _ in range(40):
        outer = json.loads(model.to_json())
        inner = next(layer for layer in outer["config"]["layers"] if layer["class_name"] == "Functional")
        inner["config"] = level["config"]
        level = outer
    with pytest.raises(keras.FileFormatError, match="100,000 calls of layers at most"):
        models.model_from_json(json.dumps(level))


def test_what_a_layer_of_the_users_own_can_not_do_is_save(tmp_path):
    class Own(layers.Layer):
        pass

    inputs = keras.Input((4,))
    with pytest.raises(TypeError, match="Only classes that Keras has can be saved"):
        keras.Model(inputs, Own()(inputs)).save(tmp_path / "m.keras")
    assert not (tmp_path / "m.keras").exists()


def test_weights_of_keras_2_without_models_in_models(tmp_path):
    model, other = net(), net()
    model.save_weights(tmp_path / "w.h5")
    other.load_weights(tmp_path / "w.h5")
    np.testing.assert_array_equal(other(X), model(X))
    nested = keras.Sequential([model])
    with pytest.raises(ValueError, match="no models within models in the files of Keras 2, as 'mine'"):
        nested.save_weights(tmp_path / "n.h5")
    assert not (tmp_path / "n.h5").exists()
