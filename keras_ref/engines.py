"""The two engines by name: Keras and tinydnn. In a script that runs on both, only the import differs."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import tinydnn
from tinydnn.device import devices as tinydnn_devices

Engine = Literal["keras", "tinydnn"]
Device = Literal["cpu", "gpu", "auto"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


def load(engine: Engine, device: Device | None = None, tf32: bool = True) -> Any:
    """`import keras`, or `import tinydnn as keras`.

    Args:
        engine: which one.
        device: the device to compute on, to be chosen before its first use; None changes nothing. On a GPU,
            TensorFlow takes memory as it needs it, not all of it at once.
        tf32: whether TensorFlow may round the factors of matrix products to 10 bits, as it does by default on GPUs
            since Ampere.

    Raises:
        ImportError: Keras is not installed, or its backend is not TensorFlow.
        RuntimeError: device="gpu", and TensorFlow finds no GPU, or is in use already. tinydnn raises its error when a
            model is made.
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
        tensorflow.config.list_logical_devices()  # this starts TensorFlow
        return importlib.import_module("keras")


def choose_device(tensorflow: Any, device: Device) -> None:
    """Make TensorFlow compute on this device, before its first use.

    Raises:
        RuntimeError: "gpu", and TensorFlow finds no GPU, or is in use already.
    """
    gpus = tensorflow.config.list_physical_devices("GPU")
    if device == "cpu":
        tensorflow.config.set_visible_devices([], "GPU")
        return
    if device == "gpu" and not gpus:
        raise RuntimeError(
            "TensorFlow finds no GPU. On Linux it needs its CUDA libraries: pip install 'tensorflow[and-cuda]'. On "
            "Windows it has used none since 2.11, except in WSL2. CUDA_VISIBLE_DEVICES=-1 hides all GPUs, too"
        )
    for gpu in gpus:
        tensorflow.config.experimental.set_memory_growth(gpu, True)


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Hold back what TensorFlow's C++ code writes to standard error during the import, unless the import fails."""
    try:
        usual = os.dup(2)
    except OSError:  # standard error is closed
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
    """The devices of an engine: cpu or gpu for tinydnn, TensorFlow's names for Keras."""
    if engine == "tinydnn":
        return tinydnn_devices.get(None).device
    load("keras")
    return ", ".join(each.name for each in importlib.import_module("tensorflow").config.list_logical_devices())


def keras_version() -> str:
    """The names and versions of Keras and of its backend."""
    return f"Keras {load('keras').__version__} on TensorFlow {importlib.import_module('tensorflow').__version__}"


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Make this the default dtype of both engines within the block."""
    theirs, ours = load("keras").config, tinydnn.config
    before = theirs.floatx(), theirs.dtype_policy(), ours.floatx()
    ours.set_floatx(dtype)
    theirs.set_floatx(dtype)
    theirs.set_dtype_policy(dtype)  # Keras derives its policy from floatx only once, with its first layer
    try:
        yield
    finally:
        theirs.set_floatx(before[0])
        theirs.set_dtype_policy(before[1])
        ours.set_floatx(before[2])


def seed_both(seed: int) -> None:
    """Seed all random streams of Keras, TensorFlow and tinydnn alike."""
    load("keras").utils.set_random_seed(seed)
    tinydnn.utils.set_random_seed(seed)
