"""Building: the same model however its layers come, in time that grows with their number, in memory that there is."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, models, random
from tinydnn.random import philox


def dense(n):
    return [keras.Input((3,)), *(layers.Dense(3) for _ in range(n))]


def test_layers_one_by_one_and_in_a_list_make_the_same_model():
    built = []
    for one_by_one in (False, True):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([] if one_by_one else dense(4))
        for layer in dense(4) if one_by_one else []:
            model.add(layer)
        assert model.built
        assert model.output_shape == (None, 3)
        assert all(layer.weights[0].base is not None for layer in model.layers)
        built.append(model.parameters.copy())
    np.testing.assert_array_equal(*built)


def test_a_model_is_laid_out_once_whatever_the_number_of_its_layers(monkeypatch):
    """Once a layer, it took 47 s for 2,000 of them."""
    calls = {"build": 0, "move": 0}

    def counted(name):
        original = getattr(layers.Layer, name)

        def call(self, *args):
            calls[name] += 1
            return original(self, *args)

        return call

    for name in calls:
        monkeypatch.setattr(layers.Layer, name, counted(name))
    model = keras.Sequential(dense(40))
    assert calls == {"build": 40, "move": 40}
    models.model_from_json(model.to_json())
    assert calls == {"build": 80, "move": 80}


def test_a_list_with_a_layer_that_does_not_fit_leaves_the_others_free():
    good, bad = layers.Dense(3), layers.Reshape((2, 2))
    with pytest.raises(ValueError, match="can't make"):
        keras.Sequential([keras.Input((3,)), good, bad])
    assert not good.weights
    keras.Sequential([keras.Input((5,)), good])  # nobody's, and not built for another shape


def test_a_layer_that_does_not_fit_is_taken_back():
    model = keras.Sequential(dense(1))
    for _ in range(2):
        with pytest.raises(ValueError, match="can't make"):
            model.add(layers.Reshape((2, 2), name="odd"))
    model.add(layers.Dense(4, name="odd"))
    assert model.output_shape == (None, 4)
    assert model.built


@pytest.fixture
def nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(philox, "philox", lambda *args: pytest.fail("drawn before there was room"))


@pytest.mark.parametrize("units", [10**12, 10**15, 10**30])
def test_weights_that_no_memory_holds_are_refused_before_any_is_drawn(units, nothing_is_drawn):
    with pytest.raises(MemoryError, match=rf"no memory for .* weights; layer 'wide' has {5 * units:,}"):
        keras.Sequential([keras.Input((8,)), layers.Dense(4), layers.Dense(units, name="wide")])
    model = keras.Sequential([keras.Input((4,))])
    with pytest.raises(MemoryError, match="'wide'"):
        model.add(layers.Dense(units, name="wide"))
    assert model.layers == []
    model.add(layers.Dense(2, kernel_initializer="zeros", name="wide"))
    config = json.loads(model.to_json())
    config["config"]["layers"][1]["config"]["units"] = units
    with pytest.raises(keras.FileFormatError, match="The JSON of a model: MemoryError: There is no memory"):
        models.model_from_json(json.dumps(config))


def test_random_numbers_are_given_room_before_they_are_drawn(monkeypatch):
    """64 KiB at a time they would fill the memory for minutes."""
    monkeypatch.setattr(philox, "_scrambled", lambda seed: [1, 2, 3, 4])
    monkeypatch.setattr(philox, "philox", lambda *args: pytest.fail("drawn before there was room"))
    for dtype in ("float32", "float64"):
        with pytest.raises(MemoryError):
            random.uniform(1, (10**14,), 0, 1, dtype)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_a_layer_that_is_too_large_for_this_process_is_refused():
    program = "import tinydnn as k; k.Sequential([k.Input((4,)), k.layers.Dense(10**9)])"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**31,) * 2);"
    ended = subprocess.run([sys.executable, "-c", limit + program], capture_output=True, text=True, check=False)
    assert "MemoryError: There is no memory for 5,000,000,000 weights" in ended.stderr


def test_the_pieces_of_a_long_stream_are_its_words():
    words = philox.uniform01((7, 0), 0, 40_000, "float32")
    for start, stop in [(0, 1), (3, 17_001), (16_383, 16_385), (39_999, 40_000), (5, 5)]:
        np.testing.assert_array_equal(philox.uniform01((7, 0), start, stop, "float32"), words[start:stop])
    assert math.isclose(words.mean(), 0.5, abs_tol=0.01)
