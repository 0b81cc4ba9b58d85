"""What all tests start from: the same seed, and the default dtype."""

import gc
import os
import signal
import sys

import numpy as np
import pytest
import stand_in
import thorough

import tinydnn as keras
from tinydnn import names, random
from tinydnn.device import devices
from tinydnn.device.backend import GpuBackend

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script's background ignores Ctrl-C, and so would all that is started here; the tests press it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


# On a machine with a GPU, too, tests that do not ask for one have the CPU; those that run `tinydnn` as well.
os.environ["TINYDNN_DEVICE"] = "cpu"


def pytest_collection_modifyitems(items):
    thorough.marked(items, pytest.mark.thorough)


def pytest_collection_finish():
    gc.collect()
    gc.freeze()  # else each collection goes through all that TensorFlow and the tests have imported: half a second


def pytest_runtest_setup(item):
    if item.get_closest_marker("gpu"):
        try:
            devices.gpu()
        except devices.GpuError as error:
            pytest.skip(f"no GPU ({error}); for an emulated one: python3 scripts/test.py --emulated-gpu")


@pytest.fixture(autouse=True)
def _fresh_start():
    """No test sees the seeds, names or dtype that another one left."""
    names._counts.clear()
    keras.utils.set_random_seed(1)
    keras.config.set_floatx("float32")
    if hasattr(real := sys.modules.get("keras"), "config"):
        real.utils.clear_session(free_memory=False)  # its dtype policy too
        real.config.set_floatx("float32")
    yield
    random._global_seed = None
    keras.config.set_floatx("float32")
    keras.config.set_device(None)
    keras.config.set_keras_backend(None)
    keras.config.set_fused_kernels(True)
    keras.config.set_cuda_graphs(True)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def mnist():
    return keras.datasets.mnist.load_data()


@pytest.fixture(params=["stand-in", pytest.param("CuPy", marks=pytest.mark.gpu)])
def gpu(request):
    """device="gpu": the stand-in, everywhere; CuPy, where it has a GPU or an emulated one."""
    return devices.gpu() if request.param == "CuPy" else request.getfixturevalue("gpu_stand_in")


@pytest.fixture
def gpu_stand_in(monkeypatch):
    """device="gpu" is the stand-in alone, for what only it can show."""
    backend = GpuBackend(stand_in)
    monkeypatch.setattr(devices, "gpu", lambda: backend)
    return backend
