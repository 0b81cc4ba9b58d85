"""Models of any graph on a GPU: the same numbers as on the CPU, call by call and recorded."""

import numpy as np
import pytest
from tolerances import GPU_TRAINING

import tinydnn as keras
from tinydnn import layers


def merged(device):
    keras.utils.set_random_seed(4)
    inputs = keras.Input((6,))
    x = layers.Dense(5, activation="tanh", activity_regularizer="l2")(inputs)
    y = layers.Dropout(0.2, seed=3)(layers.Dense(5, kernel_regularizer="l2")(x))
    twice = layers.Dense(5, activation="relu")
    parts = [
        layers.add([x, y]),
        layers.maximum([x, y, twice(twice(x))]),
        layers.minimum([x, y]),
        layers.average([x, y]),
    ]
    z = layers.concatenate([*parts, layers.average([x, y]), layers.subtract([x, y]) * x])
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(z), device=device)


def in_models(device):
    keras.utils.set_random_seed(4)
    encoder = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu")], device=device)
    inputs = keras.Input((6,))
    outputs = layers.Dense(3, activation="softmax")(layers.concatenate([encoder(inputs), inputs]))
    return keras.Model(inputs, outputs, device=device)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [merged, in_models])
def test_a_graph_trains_as_on_the_cpu(gpu, make, dtype, rng):
    keras.config.set_floatx(dtype)
    x, y = rng.normal(size=(40, 6)), rng.integers(0, 3, 40)
    weights, found = [], []
    for device in ("gpu", "cpu"):
        model = make(device)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)
        weights.append(model.get_weights())
        found.append(model.predict(x, verbose=0))
    for a, b in zip(weights[0] + found[:1], weights[1] + found[1:], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=GPU_TRAINING[dtype])


def test_layers_of_a_cpus_model_and_several_outputs(gpu, rng):
    x = rng.normal(size=(5, 6)).astype(np.float32)
    model = merged("cpu")
    both = keras.Model(model.input, [model.layers[1].output, model.output], device="cpu")
    expected = both.predict(x, verbose=0)
    on_gpu = keras.Model(model.input, [model.layers[1].output, model.output], device="gpu")
    for a, b in zip(on_gpu.predict(x, verbose=0), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=GPU_TRAINING["float32"])
