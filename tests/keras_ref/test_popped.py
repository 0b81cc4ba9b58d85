"""Layers taken away and put on again: the same training as in Keras."""

import numpy as np
import pytest

import tinydnn

keras = pytest.importorskip("keras")

X = np.random.default_rng(5).normal(size=(20, 3)).astype("float32")
Y = (X @ [1.0, -2.0, 0.5] > 0).astype("float32")


def test_a_model_that_lost_layers_trains_as_keras():
    logs = []
    for k in (tinydnn, keras):
        k.utils.set_random_seed(3)
        model = k.Sequential([k.Input((3,)), k.layers.Dense(4, "relu"), k.layers.Dense(2), k.layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(X, Y, verbose=0)
        assert model.pop().name == "dense_2"
        model.pop()
        model.add(k.layers.Dense(1, "sigmoid"))
        model.compile("adam", "mse")
        logs.append(model.fit(X, Y, epochs=3, verbose=0).history["loss"])
    np.testing.assert_allclose(*logs, rtol=2e-5)
