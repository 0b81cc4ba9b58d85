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
ENGINES: tuple[Engine, ...] = get_args(Engine)


def load(engine: Engine) -> Any:
    """`import keras`, or `import tinydnn as keras`.

    Raises:
        ImportError: Keras is not installed, or computes with something else than TensorFlow.
    """
    if engine == "tinydnn":
        return tinydnn
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    if backend == "tensorflow":
        try:
            module = _imported()
        except ImportError as error:
            raise ImportError(
                f"Keras and TensorFlow are needed for this; install them with: pip install 'tinydnn[keras]' ({error})"
            ) from error
        backend = module.backend.backend()
    if backend != "tensorflow":
        raise ImportError(
            f"tinydnn draws what Keras draws on TensorFlow; set KERAS_BACKEND=tensorflow. Received: Keras on {backend}"
        )
    return module


def _imported() -> Any:
    if "keras" in sys.modules and "tensorflow" in sys.modules:
        return importlib.import_module("keras")
    with _without_start_up_lines():
        importlib.import_module("tensorflow").config.list_logical_devices()  # which starts it
        return importlib.import_module("keras")


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
        except BaseException:
            kept.seek(0)
            os.write(usual, kept.read())
            raise
        finally:
            os.dup2(usual, 2)
            os.close(usual)


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
