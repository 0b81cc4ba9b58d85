"""Layers and activations on worked examples, and what they refuse."""

import copy
import pickle

import numpy as np
import pytest
from tolerances import SAME_FLOAT32, SAME_FLOAT64

import tinydnn as keras
from tinydnn import activations, layers
from tinydnn.device.backend import Backend
from tinydnn.engine.data import Data
from tinydnn.engine.passes import Pass, Workspace


def model_of(*entries, dtype="float64", **kwargs):
    return keras.Sequential([entry for entry in entries if entry is not None], **kwargs)


def test_dense_computes_x_at_w_plus_b():
    layer = layers.Dense(2, dtype="float64")
    model = model_of(keras.Input((3,), dtype="float64"), layer)
    model.set_weights([[[1, 2], [3, 4], [5, 6]], [10, 20]])
    np.testing.assert_array_equal(model.predict(np.array([[1.0, 0, -1], [2, 1, 0]]), verbose=0), [[6, 16], [15, 28]])
    np.testing.assert_array_equal(layer.kernel, [[1, 2], [3, 4], [5, 6]])
    np.testing.assert_array_equal(layer.bias, [10, 20])


def test_a_2_2_2_net_by_hand():
    """Forward and backward of one sample, every number worked out on paper."""
    model = model_of(
        keras.Input((2,), dtype="float64"),
        layers.Dense(2, activation="relu", dtype="float64"),
        layers.Dense(2, dtype="float64"),
        threads=1,
    )
    model.set_weights([[[1, -1], [2, 1]], [0, 1], [[1, 0], [3, 2]], [1, -1]])
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x, y = np.array([[1.0, 2]]), np.array([[8.0, 0]])
    # z1 = (1 + 4, -1 + 2) + (0, 1) = (5, 2), a1 the same; z2 = (5 + 6, 4) + (1, -1) = (12, 3); loss (16 + 9) / 2
    assert model.test_on_batch(x, y) == 12.5
    # dz2 = (4, 3); dW2 = a1' dz2 = (20, 15; 8, 6); da1 = (4*1 + 3*0, 4*3 + 3*2) = (4, 18); dW1 = (4, 18; 8, 36)
    assert model.train_on_batch(x, y) == 12.5
    expected = [[[-3, -19], [-6, -35]], [-4, -17], [[-19, -15], [-5, -4]], [-3, -4]]
    for weight, by_hand in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, by_hand)


@pytest.mark.parametrize(
    ("name", "z", "a"),
    [
        ("sigmoid", [0, np.log(3), -np.log(3)], [0.5, 0.75, 0.25]),
        ("tanh", [0, np.log(2), -np.log(2)], [0, 0.6, -0.6]),
        ("relu", [0, 2, -3], [0, 2, 0]),
        ("linear", [0, 2, -3], [0, 2, -3]),
        ("softmax", [0, np.log(2), np.log(5)], [0.125, 0.25, 0.625]),
        ("log_softmax", [0, np.log(2), np.log(5)], np.log([0.125, 0.25, 0.625])),
        ("relu6", [2, -3, 7], [2, 0, 6]),
        ("leaky_relu", [0, 2, -4], [0, 2, -4 * np.float64(np.float32(0.2))]),
        ("elu", [0, 2, -np.log(2)], [0, 2, -0.5]),
        ("selu", [0, 1, -np.log(2)], [0, 1.0507009873554805, -1.7580993408473766 / 2]),
        ("softplus", [0, np.log(3), -800], [np.log(2), np.log(4), 0]),
        ("softsign", [0, 1, -3], [0, 0.5, -0.75]),
        ("exponential", [0, np.log(3), -np.log(3)], [1, 3, 1 / 3]),
        ("hard_sigmoid", [0, 1.5, -4], [0.5, 0.75, 0]),
        ("silu", [0, np.log(3), -np.log(3)], [0, 0.75 * np.log(3), -0.25 * np.log(3)]),
        ("hard_silu", [0, 1.5, -4], [0, 1.125, 0]),
        ("mish", [0, np.log(1), 50], [0, 0, 50]),
    ],
)
def test_activations_at_known_points(name, z, a):
    function = activations.get(name)
    assert function is getattr(activations, name)
    np.testing.assert_allclose(function(np.array([z])), [a], rtol=SAME_FLOAT64)
    assert function(np.array([z], np.float32)).dtype == np.float32


def test_activations_with_settings_as_keras_takes_them():
    x = np.array([[-2.0, 0.5, 3, 8]])
    np.testing.assert_array_equal(activations.relu(x, 0.5), [[-1, 0.5, 3, 8]])
    np.testing.assert_array_equal(
        activations.relu(x, negative_slope=0.5, max_value=6, threshold=1), [[-1.5, -0.25, 3, 6]]
    )
    np.testing.assert_array_equal(activations.leaky_relu(x, negative_slope=0.25), [[-0.5, 0.5, 3, 8]])
    np.testing.assert_array_equal(activations.elu(x, alpha=2), [[2 * (np.exp(-2) - 1), 0.5, 3, 8]])
    exact, approximate = activations.gelu(x), activations.gelu(x, approximate=True)
    assert 1e-5 < np.abs(exact - approximate).max() < 1e-3
    assert activations.swish is activations.get("swish") is activations.silu
    with pytest.raises(TypeError, match="slope"):
        activations.elu(x, slope=1)


@pytest.mark.parametrize("name", activations.OFFERED)
def test_a_copy_of_an_activation_is_itself(name):
    function = activations.get(name)
    assert copy.deepcopy(function) is pickle.loads(pickle.dumps(function)) is function


@pytest.mark.parametrize(
    ("make", "a"),
    [
        (lambda: layers.ReLU(), [0, 0.5, 3, 8]),
        (lambda: layers.ReLU(6), [0, 0.5, 3, 6]),
        (lambda: layers.ReLU(max_value=2.5, threshold=1), [0, 0, 2.5, 2.5]),
        (lambda: layers.ReLU(negative_slope=0.5), [-1, 0.5, 3, 8]),
        (lambda: layers.ReLU(6, 0.5, 1), [-1.5, -0.25, 3, 6]),
        (lambda: layers.LeakyReLU(0.25), [-0.5, 0.5, 3, 8]),
        (lambda: layers.LeakyReLU(), [-2 * np.float32(0.3), 0.5, 3, 8]),
        (lambda: layers.ELU(0.5), [0.5 * np.expm1(np.float32(-2)), 0.5, 3, 8]),
        (lambda: layers.Softmax(axis=1), np.exp([-2, 0.5, 3, 8]) / np.exp([-2, 0.5, 3, 8]).sum()),
    ],
)
def test_layers_that_are_an_activation(make, a):
    model = model_of(keras.Input((4,)), make())
    np.testing.assert_allclose(model.predict(np.array([[-2.0, 0.5, 3, 8]]), verbose=0), [a], rtol=SAME_FLOAT32)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("z", [1e3, 5e3, 1e30])
def test_activations_at_extremes_are_exact_and_without_warnings(dtype, z):
    both = np.array([[z, -z]], dtype)
    np.testing.assert_array_equal(activations.sigmoid(both), [[1, 0]])
    np.testing.assert_array_equal(activations.tanh(both), [[1, -1]])
    np.testing.assert_array_equal(activations.softmax(both), [[1, 0]])
    np.testing.assert_array_equal(activations.relu(both), [[both[0, 0], 0]])


@pytest.mark.parametrize("x", [["1", "2"], [1j], [[1, 2], [3]], [None]])
def test_activations_called_on_their_own_want_real_numbers(x):
    with pytest.raises(ValueError, match=r"x expects real numbers|x can't be made an array"):
        activations.relu(x)


def test_a_saturated_units_gradient_is_zero_not_a_denormal_number():
    """Denormal numbers made training on raw grey values three times slower."""
    z = np.linspace(-200, 200, 4001, dtype=np.float32)
    a = activations.sigmoid(z)
    dz = np.empty_like(a)
    activations.sigmoid.backward(np, z, a, np.full_like(a, 1e-6), dz)
    tiny = np.finfo(np.float32).tiny
    for values in (a, dz):
        assert not ((values != 0) & (np.abs(values) < tiny)).any()


def test_softmax_takes_the_maximum_of_each_row_not_of_the_batch():
    rows = np.array([[1000.0, 1001.0], [-1000.0, -1001.0]])
    expected = activations.softmax(np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(activations.softmax(rows), expected, rtol=SAME_FLOAT64)


def test_reshape_flatten_and_rescaling():
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for layer, shape in [
        (layers.Reshape((12,)), (2, 12)),
        (layers.Reshape((2, -1)), (2, 2, 6)),
        (layers.Flatten(), (2, 12)),
    ]:
        out = model_of(keras.Input((3, 4)), layer).predict(images, verbose=0)
        np.testing.assert_array_equal(out, images.reshape(shape))
        assert out.dtype == np.float32
    out = model_of(keras.Input((3, 4)), layers.Rescaling(0.5, offset=-1)).predict(images, verbose=0)
    np.testing.assert_array_equal(out, images * 0.5 - 1)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32", "float64", ">f4", "bool"])
def test_samples_of_any_dtype_give_the_same(dtype, rng):
    x = rng.integers(0, 2, (5, 4)).astype(dtype)
    for first in (None, layers.Rescaling(0.5)):
        model = model_of(keras.Input((4,)), first, layers.Dense(3))
        expected = model.predict(x.astype(np.float32), verbose=0)
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


def test_dropout_scales_what_it_keeps_and_does_nothing_outside_training():
    model = model_of(keras.Input((1000,)), layers.Dropout(0.3, seed=1), layers.Dense(1))
    x = np.ones((4, 1000), np.float32)
    model.compile("sgd", "mse")
    data = Data(model, x, np.zeros((4, 1)))
    model.prepare_training((1000,))
    dropped = Pass(model, data, 4, Workspace(Backend().empty), training=True)
    dropped.forward(np.arange(4))
    y = dropped.traces[0].y
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.7)}
    assert 0.25 < np.mean(y == 0) < 0.35
    kept = Pass(model, data, 4, Workspace(Backend().empty), training=False)
    kept.forward(np.arange(4))
    assert kept.traces[0].x is kept.traces[1].x


@pytest.mark.parametrize(("rate", "kept"), [(0, 1), (1, 0)])
def test_dropout_of_nothing_and_of_everything(rate, kept):
    model = model_of(keras.Input((3,)), layers.Dropout(rate), layers.Dense(1, use_bias=False))
    model.set_weights([np.ones((3, 1))])
    model.compile("sgd", "mse")
    assert model.train_on_batch(np.ones((2, 3)), np.zeros((2, 1))) == pytest.approx(9 * kept, rel=SAME_FLOAT32)


def test_layers_are_numbered_by_their_class():
    assert [layers.Dense(1).name for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert layers.Dense(1, name="mine").name == "mine"
    assert [keras.Sequential().name for _ in range(2)] == ["sequential", "sequential_1"]


def test_users_get_copies_and_layers_hold_views():
    model = model_of(keras.Input((3,)), layers.Dense(4), layers.Dense(2))
    for layer in model.layers:
        assert np.shares_memory(layer.kernel, model.parameters)
        assert np.shares_memory(layer.bias, model.parameters)
        assert not any(np.shares_memory(weight, model.parameters) for weight in layer.get_weights())
    model.get_weights()[0][...] = 99
    assert not (model.parameters == 99).any()
    model.parameters[...] = 7
    assert (model.layers[1].kernel == 7).all()
    assert model.count_params() == model.parameters.size == 3 * 4 + 4 + 4 * 2 + 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(0), ValueError, "units as a positive integer"),
        (lambda: layers.Dense(2.5), ValueError, "units as a positive integer"),
        (lambda: layers.Dense(2, activation="sigmoyd"), ValueError, "Did you mean 'sigmoid'"),
        (lambda: layers.Dense(2, activation=np.tanh), TypeError, "derive a class"),
        (lambda: layers.Dense(2, kernel_initializer="glorot"), ValueError, "glorot_uniform"),
        (lambda: layers.Dense(2, kernel_initializer=lambda shape, dtype: 0), TypeError, "a name or an instance"),
        (lambda: keras.initializers.HeNormal(seed="1"), ValueError, "seed expects an integer"),
        (lambda: keras.initializers.Constant([1, 2]), ValueError, "value expects a finite number"),
        (lambda: keras.initializers.VarianceScaling(0), ValueError, "scale expects a finite number above 0"),
        (lambda: keras.initializers.VarianceScaling(mode="fan"), ValueError, "fan_in, fan_out, fan_avg"),
        (lambda: keras.initializers.VarianceScaling(distribution="t"), ValueError, "untruncated_normal"),
        (lambda: keras.initializers.Identity()((3,)), ValueError, "shape of a matrix"),
        (lambda: keras.initializers.Orthogonal()((3,)), ValueError, "shape of a matrix"),
        (lambda: keras.initializers.STFT, AttributeError, "has no 'STFT'"),
        (lambda: layers.Dense(2, kernel_regularizer="l3"), ValueError, "l1"),
        (lambda: layers.Dense(2, kernel_constraint="x"), ValueError, "has no constraint 'x'"),
        (lambda: layers.Dense(2, activity_regularizer=keras.regularizers.Regularizer()), TypeError, "L1, L2 or L1L2"),
        (lambda: layers.Activation("relu", activity_regularizer="l2"), TypeError, "activity_regularizer"),
        (lambda: layers.Dense(2, lora_rank=3), TypeError, "lora_rank"),
        (lambda: keras.constraints.MaxNorm(-1), ValueError, "max_value expects a finite number that is not negative"),
        (lambda: keras.constraints.UnitNorm(axis=2), ValueError, "axis expects 0 or 1"),
        (lambda: layers.Dense(2, dtype="float16"), ValueError, "'float32' or 'float64'"),
        (lambda: layers.Dense(2, name="a/b"), ValueError, "name"),
        (lambda: layers.Dropout(1.5), ValueError, "from 0 to 1"),
        (lambda: layers.ReLU(max_value=-1), ValueError, "max_value"),
        (lambda: layers.ReLU(negative_slope=None), (TypeError, ValueError), "negative_slope"),
        (lambda: layers.LeakyReLU(-0.1), ValueError, "negative_slope"),
        (lambda: layers.ELU(None), (TypeError, ValueError), "alpha"),
        (lambda: model_of(keras.Input((2, 3)), layers.Softmax(axis=1)), ValueError, "the last axis, axis=-1"),
        (lambda: layers.Dense(2).build((None, 8)), ValueError, r"without the batch, as \(8,\)"),
        (lambda: layers.Add().build(((None, 8), (None, 8))), ValueError, "without the batch"),
        (lambda: layers.Add()([np.ones((3, 2)), np.ones((1, 2))]), ValueError, "the same number of rows"),
        (lambda: layers.Dense(2, layers.Softmax(axis=0)).build((3,)), ValueError, "the last axis, axis=-1"),
        (lambda: layers.Activation(layers.Softmax(axis=0)).build((3,)), ValueError, "the last axis, axis=-1"),
        (lambda: keras.activations.softmax(np.ones((2, 2)), axis=0), ValueError, "softmax expects axis=-1"),
        (lambda: keras.activations.log_softmax(np.ones((2, 2)), 0), ValueError, "log_softmax expects axis=-1"),
        (lambda: layers.Dropout(0.5, seed="a"), ValueError, "seed expects an integer"),
        (lambda: keras.initializers.HeNormal(seed=True), ValueError, "seed expects an integer"),
        (lambda: layers.Rescaling("1"), ValueError, "scale expects a finite number"),
        (lambda: keras.regularizers.L2("x"), ValueError, "l2 expects a finite number"),
        (lambda: keras.utils.get_file(origin="http://a/b/"), ValueError, "get_file expects fname"),
        (lambda: layers.Reshape((0,)), ValueError, "positive integers"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "one of which may be -1"),
        (lambda: keras.Input((None, 3)), ValueError, "without the batch"),
        (lambda: keras.Input(5), ValueError, "positive integers"),
        (lambda: keras.regularizers.L2(-1), ValueError, "not negative"),
        (lambda: layers.Conv2D, AttributeError, "tinydnn.layers has no 'Conv2D'"),
        (lambda: layers.Dence, AttributeError, "Did you mean 'Dense'"),
        (lambda: keras.applications, AttributeError, "tinydnn has no 'applications'"),
    ],
)
def test_what_is_wrong_or_not_offered_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_settings_are_what_a_layer_computes_with():
    for layer, name in [
        (layers.GaussianNoise(0.5), "stddev"), (layers.GaussianDropout(0.5), "rate"), (layers.Dropout(0.5), "rate"),
        (layers.ReLU(6.0, 0.1), "negative_slope"), (layers.LeakyReLU(0.1), "negative_slope"),
        (layers.ELU(0.5), "alpha"), (layers.ActivityRegularization(0.1), "l1"),
    ]:  # fmt: skip
        assert layer.get_config()[name] == getattr(layer, name)
        with pytest.raises(AttributeError):
            setattr(layer, name, 0.25)
    scaled, regularizer = layers.Rescaling(2), keras.regularizers.L2(0.5)
    scaled.scale, regularizer.l2 = 3.0, 2.0
    np.testing.assert_array_equal(scaled(np.ones((1, 2))), [[3, 3]])
    assert regularizer(np.ones(3)) == 6


def test_softmax_takes_keras_axis():
    np.testing.assert_array_equal(keras.activations.softmax(np.eye(2), axis=-1), keras.activations.softmax(np.eye(2)))


def test_an_input_layer_is_made_again_from_its_config():
    layer = layers.InputLayer((3, 2))
    assert layers.InputLayer.from_config(layer.get_config()).given_shape == (3, 2)


def test_an_unbuilt_layer_has_no_kernel():
    assert not hasattr(layers.Dense(2), "kernel")


def test_importing_what_is_not_offered_fails_by_name():
    with pytest.raises(ImportError, match="LSTM"):
        from tinydnn.layers import LSTM  # noqa: F401


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_layer_tells_the_shapes_of_its_weights_before_it_has_them(use_bias):
    layer = layers.Dense(5, use_bias=use_bias)
    shapes = layer.weight_shapes((3,))
    assert shapes == {"kernel": (3, 5), **({"bias": (5,)} if use_bias else {})}
    assert layer.weights == []
    layer.build((3,))
    assert [weight.shape for weight in layer.weights] == list(shapes.values())
    assert layers.Dropout(0.5).weight_shapes((3,)) == {}


def test_a_constraint_that_does_not_fit_a_weight_is_refused_before_any_training():
    layer = layers.Dense(2, bias_constraint=keras.constraints.MaxNorm(axis=1))
    with pytest.raises(ValueError, match="axis 1 is out of bounds"):
        keras.Sequential([keras.Input((3,)), layer])
