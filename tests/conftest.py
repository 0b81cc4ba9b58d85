"""What all tests start from: the same seed, and the default dtype."""

import signal

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import names, random

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script's background ignores Ctrl-C, and so would all that is started here; the tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _fresh_start():
    """No test sees the seeds, names or dtype that another one left."""
    names._counts.clear()
    keras.utils.set_random_seed(1)
    keras.config.set_floatx("float32")
    yield
    random._global_seed = None
    keras.config.set_floatx("float32")


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def mnist():
    return keras.datasets.mnist.load_data()
