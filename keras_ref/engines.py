"""The two engines by name: the one line in which a script for Keras differs from one for tinydnn."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import tinydnn

Engine = Literal["keras", "tinydnn"]
Device = Literal["cpu", "gpu", "auto"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


def load(engine: Engine, device: Device | None = None, tf32: bool = True) -> Any:
    """`import keras`, or `import tinydnn as keras`.

    Args:
        engine: which one.
        device: what it is to compute on, chosen before it is first used; None leaves it as it is. On a GPU TensorFlow
            takes memory as it needs it, instead of all there is.
        tf32: whether TensorFlow may round what goes into matrix products to 10 bits, as it does on GPUs from Ampere on.

    Raises:
        ImportError: Keras is not installed, or computes with something else than TensorFlow.
        RuntimeError: device="gpu", and TensorFlow finds none, or is in use; tinydnn says so when a model is made.
    """
    if engine == "tinydnn":
        if device is not None:
            tinydnn.config.set_device(device)
        return tinydnn
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        try:
            module = _imported(device)
        except ImportError as error:
            raise ImportError(
                f"Keras and TensorFlow are needed for this; install them with: pip install -e '.[keras]' ({error})"
            ) from error
        backend = module.backend.backend()
    if backend != "tensorflow":
        raise ImportError(
            f"tinydnn draws what Keras draws on TensorFlow; set KERAS_BACKEND=tensorflow. Received: Keras on {backend}"
        )
    if not tf32:
        sys.modules["tensorflow"].config.experimental.enable_tensor_float_32_execution(False)
    return module


def _imported(device: Device | None) -> Any:
    if "keras" in sys.modules and "tensorflow" in sys.modules:
        if device is not None:
            choose_device(sys.modules["tensorflow"], device)
        return importlib.import_module("keras")
    with _without_start_up_lines():
        tensorflow = importlib.import_module("tensorflow")
        choose_device(tensorflow, device or "auto")
        tensorflow.config.list_logical_devices()  # which starts it
        return importlib.import_module("keras")


def choose_device(tensorflow: Any, device: Device) -> None:
    """Make TensorFlow, before its first use, compute on this device.

    Raises:
        RuntimeError: "gpu", and it finds none, or it is in use already.
    """
    gpus = tensorflow.config.list_physical_devices("GPU")
    if device == "cpu":
        tensorflow.config.set_visible_devices([], "GPU")
        return
    if device == "gpu" and not gpus:
        raise RuntimeError(
            "TensorFlow finds no GPU. On Linux it needs its CUDA libraries: pip install 'tensorflow[and-cuda]'; on "
            "Windows it has none since 2.11, but in WSL2. CUDA_VISIBLE_DEVICES=-1 would hide the GPUs too"
        )
    for gpu in gpus:
        tensorflow.config.experimental.set_memory_growth(gpu, True)


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Keep back what TensorFlow's C++ writes to standard error while it is imported, unless the import fails."""
    try:
        usual = os.dup(2)
    except OSError:  # it is closed
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except ImportError:
            kept.seek(0)
            os.write(usual, kept.read())
            raise
        finally:
            os.dup2(usual, 2)
            os.close(usual)


def devices(engine: Engine) -> str:
    """What an engine computes on: cpu or gpu of tinydnn, and Keras' devices by TensorFlow's names."""
    if engine == "tinydnn":
        return tinydnn.device.devices.get(None).device
    load("keras")
    return ", ".join(each.name for each in importlib.import_module("tensorflow").config.list_logical_devices())


def keras_version() -> str:
    """Keras and what it computes with, by name and version."""
    return f"Keras {load('keras').__version__} on TensorFlow {importlib.import_module('tensorflow').__version__}"


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Make this the default dtype of both engines, for as long as the block lasts."""
    theirs, ours = load("keras").config, tinydnn.config
    before = theirs.floatx(), theirs.dtype_policy(), ours.floatx()
    ours.set_floatx(dtype)
    theirs.set_floatx(dtype)
    theirs.set_dtype_policy(dtype)  # Keras makes its policy of floatx once, with the first layer
    try:
        yield
    finally:
        theirs.set_floatx(before[0])
        theirs.set_dtype_policy(before[1])
        ours.set_floatx(before[2])


def seed_both(seed: int) -> None:
    """Start all random streams of Keras and TensorFlow, and of tinydnn, from the same seed."""
    load("keras").utils.set_random_seed(seed)
    tinydnn.utils.set_random_seed(seed)
