"""Activations and their derivatives next to Keras: of numbers of all sizes, at the kinks, of infinity and NaN."""

import numpy as np
import pytest
from tolerances import ACTIVATION

pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

from tinydnn import activations, layers  # noqa: E402
from tinydnn.activations.gated import GeluByTanh  # noqa: E402

# Each as tinydnn's activation and Keras' function.
ACTIVATIONS = {
    **{name: (each, getattr(real_keras.activations, name)) for name, each in activations.OFFERED.items()},
    "gelu, approximate": (
        GeluByTanh(),
        lambda z: real_keras.activations.gelu(z, approximate=True),
    ),
    **{
        f"{kind} {settings}": (
            getattr(layers, kind)(**settings).activation,
            getattr(real_keras.layers, kind)(**settings, dtype="float64").call,
        )
        for kind, settings in [
            ("ReLU", {}),
            ("ReLU", {"max_value": 6}),
            ("ReLU", {"max_value": 2.5}),
            ("ReLU", {"negative_slope": 0.1}),
            ("ReLU", {"threshold": 1.0}),
            ("ReLU", {"negative_slope": 0.2, "threshold": 0.5}),
            ("ReLU", {"negative_slope": 0.2, "max_value": 3.0, "threshold": 0.5}),
            ("LeakyReLU", {}),
            ("LeakyReLU", {"negative_slope": 0.1}),
            ("ELU", {}),
            ("ELU", {"alpha": 0.5}),
            ("Softmax", {}),
        ]
    },
}


def with_slopes(name, z, da):
    """a and dz of tinydnn, and those of Keras."""
    import tensorflow as tf

    ours, theirs = ACTIVATIONS[name]
    a, dz = np.empty_like(z), np.empty_like(z)
    with np.errstate(all="ignore"):
        ours.forward(np, z, a)
        ours.backward(np, z, a, da, dz)
    given = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(given)
        expected = theirs(given)
    return (a, dz), (expected.numpy(), tape.gradient(expected, given, output_gradients=tf.constant(da)).numpy())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_derivatives_at_all_sizes(name, dtype):
    """From 0 to the largest number, both signs; at the kinks; and all through the middle, where curves bend."""
    info = np.finfo(dtype)
    sizes = [0, info.tiny, 1e-30, 1e-6, 0.5, 1, 2.5, 3, 6, 9, 17, 40, 90, 110, 750, 1e4, 1e15, 1e30, info.max]
    sizes = np.array(sizes, dtype)
    z = np.concatenate([sizes, -sizes, np.linspace(-12, 12, 1201, dtype=dtype)])[:, np.newaxis]
    z = np.concatenate([z, np.zeros_like(z)], axis=1)  # a row of two, for a softmax
    da = np.random.default_rng(0).uniform(-1, 1, z.shape).astype(dtype)
    tolerance = ACTIVATION[dtype]
    for ours, theirs in zip(*with_slopes(name, z, da), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


NAN_KEPT = {"elu", "ReLU {'threshold': 1.0}", "ELU {}", "ELU {'alpha': 0.5}"}  # where Keras makes a number of it


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_of_what_is_no_number(name):
    z = np.array([[np.inf, 0], [-np.inf, 0], [-0.0, 0], [np.nan, 0]])
    rows = slice(0, 3) if name in NAN_KEPT else slice(0, 4)
    for ours, theirs in zip(*with_slopes(name, z, np.ones_like(z)), strict=True):
        np.testing.assert_allclose(ours[rows], theirs[rows], rtol=ACTIVATION["float64"])
    if name in NAN_KEPT:
        assert np.isnan(with_slopes(name, z, np.ones_like(z))[0][0][3, 0])
