"""keras.ops and keras.backend on arrays: the same numbers, shapes and dtypes as Keras gives."""

import numpy as np
import pytest

import tinydnn
from tinydnn import ops

keras = pytest.importorskip("keras")

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
POSITIVE, WHOLE, BOOLS = np.abs(X) + 1, np.arange(12).reshape(3, 4).astype("int32"), X > 0
ONE = "abs absolute negative square sign floor ceil isnan isinf isfinite exp expm1 sin cos tan tanh sigmoid relu"
POSITIVE_ONE = "log log1p log2 log10 sqrt"
TWO = "add subtract multiply divide maximum minimum equal not_equal greater greater_equal less less_equal"
OF_AXES = "sum prod max min mean std var median"
BYTES = np.arange(12, dtype="uint8").reshape(3, 4)
OF_TWO = [(X, POSITIVE), (X, 2), (2, X), ([1.0, 2.0], [3.0, 4.0]), (X.astype("float64"), 0.5)]
MIXED = [
    (X, WHOLE + 1), ([1, 2], [3, 4]), (WHOLE, WHOLE + 1), (WHOLE, 0.5), (2.0, WHOLE + 1), (BYTES, 1),
    (BYTES, WHOLE + 1), (X, X.astype("float64")), (WHOLE.astype("int64"), X), (BOOLS, 1),
    (BOOLS, WHOLE + 1), (BOOLS, 0.5), (1, 2.5),
]  # fmt: skip
CASES = {
    **{name: [(X,), ([1.0, -2.0],)] for name in ONE.split()},
    **{name: [(POSITIVE,), (WHOLE + 1,), ([1, 2],)] for name in POSITIVE_ONE.split()},
    **dict.fromkeys(TWO.split(), OF_TWO + MIXED),
    "softmax": [(X,), (X, 0)],
    "power": [(POSITIVE, X), (POSITIVE, 2), (WHOLE, 2.0), (POSITIVE, WHOLE)],
    "matmul": [(X, X.T), (WHOLE, WHOLE.T), (X, WHOLE.T)],
    "dot": [(X, X.T), (X[0], X[1])],
    **{name: [(X,), (X, 0), (X, -1, True), ([1.0, 2.0],)] for name in ["max", "min", "mean", "std", "var", "median"]},
    **{
        name: [(X,), (X, 0), (X, -1, True), ([1.0, 2.0],), (WHOLE, 1), (BOOLS,), (BYTES,), (WHOLE.astype("int64"),)]
        for name in ["sum", "prod"]
    },
    **{name: [(X,), (X, 0), (X, 1, True)] for name in ["argmax", "argmin"]},
    **{name: [(BOOLS,), (BOOLS, 0), (BOOLS, 1, True)] for name in ["any", "all"]},
    "cast": [(X, "int32"), (WHOLE, "float32"), (BOOLS, "float32")],
    "clip": [(X, -0.5, 0.5), (WHOLE, 2, 5), (BYTES, 2, 5), (BOOLS, 0, 1)],
    "round": [(X,), (X, 1)],
    "reshape": [(X, (4, 3)), (X, (-1,)), (X, -1)],
    "transpose": [(X,), (X, (1, 0))],
    "expand_dims": [(X, 0), (X, -1)],
    "squeeze": [(X[:, :1],), (X[:1], 0)],
    "concatenate": [([X, X],), ([X, X], -1), ([X, WHOLE],), ([BYTES, WHOLE],)],
    "stack": [([X, X],), ([X, X], 1), ([[1.0, 2.0], [3, 4]],)],
    "where": [
        (BOOLS, X, POSITIVE),
        (BOOLS, X, 0.0),
        (BOOLS, X, 0),
        (BOOLS, WHOLE, 1),
        (BOOLS, WHOLE, 0.5),
        (BOOLS, 1, 0),
    ],
    "zeros": [((2, 3),), ((2,), "int32")],
    "ones": [((2, 3),), ((2,), "int32")],
    "one_hot": [(WHOLE[0], 4), ([0, 5, -1], 4), ([[0], [1]], 3), (WHOLE[0], 4, 0)],
    "convert_to_tensor": [(X,), (1.5,), ([1, 2],), (WHOLE, "float32"), (True,)],
    "shape": [(X,)],
}


@pytest.mark.parametrize("name", CASES)
def test_the_numbers_are_keras(name):
    for arguments in CASES[name]:
        found, expected = getattr(ops, name)(*arguments), getattr(keras.ops, name)(*arguments)
        if name == "shape":
            assert tuple(found) == tuple(expected)
            continue
        expected = keras.ops.convert_to_numpy(expected)
        assert isinstance(found, np.ndarray), arguments
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), arguments
        np.testing.assert_allclose(found, expected, rtol=3e-6, atol=1e-6, err_msg=str(arguments))


def test_each_function_is_compared():
    assert set(CASES) | {"convert_to_numpy"} == set(ops.__all__)


def test_a_list_is_refused_with_what_to_do():
    with pytest.raises(ValueError, match=r"integers of 32 bits .* dtype='int64'.*Received: 3000000000"):
        ops.convert_to_tensor([3_000_000_000])
    assert ops.convert_to_tensor([3_000_000_000], dtype="int64") == [3_000_000_000]
    with pytest.raises(ValueError, match="x can't be made an array"):
        ops.sum([[1.0], [2.0, 3.0]])


def test_a_number_fits_the_array_or_is_refused():
    assert ops.multiply(X, 3_000_000_000).dtype == "float32"
    with pytest.raises(OverflowError, match="300 out of bounds for uint8"):
        ops.add(BYTES, 300)
    assert ops.clip(WHOLE, 0.5, 2).dtype == "float32"  # which Keras refuses


def test_functions_have_keras_names():
    assert {name: getattr(ops, name).__name__ for name in ["abs", "absolute"]} == {"abs": "abs", "absolute": "absolute"}


def test_a_sigmoid_and_a_softmax_never_overflow():
    large = np.array([-1000.0, 0.0, 1000.0], "float32")
    np.testing.assert_array_equal(ops.sigmoid(large), [0, 0.5, 1])
    np.testing.assert_array_equal(ops.softmax(large), [0, 0, 1])


def test_what_keras_ops_has_besides_is_named():
    with pytest.raises(AttributeError, match=r"tinydnn.ops has no 'conv'"):
        ops.conv  # noqa: B018
    with pytest.raises(TypeError, match="softmax has no argument 'axes'"):
        ops.softmax(X, axes=1)
    with pytest.raises(TypeError, match="mean has no argument 'dtype'"):
        ops.mean(X, dtype="float64")


def test_the_backend_has_them_too():
    assert tinydnn.backend.mean is ops.mean
    assert tinydnn.backend.epsilon() == keras.backend.epsilon() == tinydnn.losses.loss.EPSILON
    assert tinydnn.config.image_data_format() == keras.config.image_data_format()
