"""The two engines by name: Keras and tinydnn. In a script that runs on both, only the import differs."""

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import tinydnn
from keras_ref.backends import BACKENDS, Backend, Device
from tinydnn.device import devices as tinydnn_devices

Engine = Literal["keras", "tinydnn"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


def load(engine: Engine, device: Device | None = None, tf32: bool | None = None) -> Any:
    """`import keras`, or `import tinydnn as keras`.

    Args:
        engine: which one. Keras runs on the backend that KERAS_BACKEND names, or else on the first of TensorFlow, JAX
            and PyTorch that is installed.
        device: the device to compute on, to be chosen before its first use; None changes nothing. On a GPU, Keras'
            backend takes memory as it needs it, not all of it at once.
        tf32: whether Keras' backend may round the factors of matrix products to 10 bits on GPUs since Ampere. None
            changes nothing: TensorFlow and JAX do so by default, PyTorch does not.

    Raises:
        ImportError: Keras or its backend is not installed, or Keras is Keras 2, or runs on another backend.
        RuntimeError: device="gpu", and Keras' backend finds no GPU, or is in use already. tinydnn raises its error when
            a model is made.
    """
    if engine == "tinydnn":
        if device is not None:
            tinydnn.config.set_device(device)
        return tinydnn
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    name = os.environ["KERAS_BACKEND"] = backend_name()
    backend = _backend(name)
    _check(sys.modules.get("keras"), name)
    try:
        module = _imported(name, backend, device)
    except ImportError as error:
        packages = "-e '.[keras]'" if name == "tensorflow" else f"keras {name}"
        raise ImportError(
            f"Keras and {backend.name} are needed for this; install them with: pip install {packages} ({error})"
        ) from error
    _check(module, name)
    if tf32 is not None:
        backend.set_tf32(tf32)
    return module


def load_reference(device: Device | None = None, tf32: bool | None = None) -> Any:
    """Keras on the backend whose random numbers tinydnn draws (`config.keras_backend`), with the arguments of `load`.

    Raises:
        ImportError: it is not installed, or Keras runs on another backend.
        RuntimeError: as in `load`.
        ValueError: KERAS_BACKEND names a backend whose numbers tinydnn does not draw.
    """
    os.environ["KERAS_BACKEND"] = tinydnn.config.keras_backend()
    return load("keras", device, tf32)


def _check(module: Any, name: str) -> None:
    """Raise an ImportError where Keras is not Keras 3, or has been imported on another backend than this one."""
    if module is None:
        return
    if _numbers(module) < (3,):
        raise ImportError(
            "tinydnn is compared with Keras 3; install it with: pip install -e '.[keras]'. "
            f"Received: Keras {module.__version__}"
        )
    if (found := module.backend.backend()) != name:
        raise ImportError(
            f"Keras was imported on another backend; set KERAS_BACKEND={name}. Received: Keras on {found}"
        )


def backend_name() -> str:
    """The backend that Keras runs on, by its own name for it; TensorFlow if none is chosen, and none installed."""
    installed = (name for name in BACKENDS if importlib.util.find_spec(name))
    return os.environ.get("KERAS_BACKEND") or next(installed, "tensorflow")


def _backend(name: str) -> Backend:
    if name not in BACKENDS:
        raise ImportError(f"KERAS_BACKEND expects one of {', '.join(BACKENDS)}. Received: {name}")
    return BACKENDS[name]


def _imported(name: str, backend: Backend, device: Device | None) -> Any:
    if "keras" in sys.modules and name in sys.modules:
        if device is not None:
            backend.choose(device)
        return importlib.import_module("keras")
    with _without_start_up_lines():
        backend.choose(device or "auto")
        if name == "tensorflow":
            backend.devices()  # this starts TensorFlow
        return importlib.import_module("keras")


@contextmanager
def _without_start_up_lines() -> Iterator[None]:
    """Hold back what a backend's C++ code writes to standard error during the import, unless the import fails."""
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
    """The devices of an engine: cpu or gpu for tinydnn, its backend's names for Keras."""
    if engine == "tinydnn":
        return tinydnn_devices.get(None).device
    load("keras")
    return _backend(backend_name()).devices()


def keras_version() -> str:
    """The names and versions of Keras and of its backend."""
    keras, name = load("keras"), backend_name()
    return f"Keras {keras.__version__} on {_backend(name).name} {importlib.import_module(name).__version__}"


def keras_numbers() -> tuple[int, ...]:
    """The version of Keras, (3, 15), to compare with another."""
    return _numbers(importlib.import_module("keras"))


def _numbers(keras: Any) -> tuple[int, ...]:
    return tuple(int(number) for number in keras.__version__.split(".")[:2])


@contextmanager
def floatx(dtype: str) -> Iterator[None]:
    """Make this the default dtype of both engines within the block; Keras computes in float64 throughout then."""
    theirs, ours, backend = load("keras").config, tinydnn.config, _backend(backend_name())
    before = theirs.floatx(), theirs.dtype_policy(), ours.floatx()
    backend.set_float64(dtype == "float64")
    ours.set_floatx(dtype)
    theirs.set_floatx(dtype)
    theirs.set_dtype_policy(dtype)  # Keras derives its policy from floatx only once, with its first layer
    try:
        yield
    finally:
        backend.set_float64(before[0] == "float64")
        theirs.set_floatx(before[0])
        theirs.set_dtype_policy(before[1])
        ours.set_floatx(before[2])


def seed_both(seed: int) -> None:
    """Seed all random streams of Keras, its backend and tinydnn alike."""
    keras = load("keras")
    with _without_start_up_lines():  # on any backend, Keras seeds TensorFlow too, where it is installed
        keras.utils.set_random_seed(seed)
    tinydnn.utils.set_random_seed(seed)
