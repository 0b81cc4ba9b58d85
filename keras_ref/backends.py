"""What Keras computes on: how each backend is held to a device and to its precision, and what it says of itself."""

import importlib
import os
import sys
from typing import Any, Literal, Protocol

Device = Literal["cpu", "gpu", "auto"]


def _keep_float64(on: bool) -> None:
    """Let Keras compute in float64 what is float64; by itself its matmul, mean and tanh do so on TensorFlow alone."""
    table = importlib.import_module("keras.src.backend.common.dtypes").BIT64_TO_BIT32_DTYPE
    table["float64"] = "float64" if on else "float32"


class Backend(Protocol):
    """name: as its makers write it."""

    name: str

    def choose(self, device: Device) -> None:
        """Compute on this device; called before the backend's first use, and before Keras is imported.

        Raises:
            RuntimeError: "gpu", and it finds none, or is in use already.
        """

    def set_tf32(self, on: bool) -> None:
        """Round the factors of matrix products on a GPU to 10 bits (TensorFloat-32), or don't."""

    def set_float64(self, on: bool) -> None:
        """Compute throughout in float64 what is float64, or as Keras does by itself."""

    def devices(self) -> str:
        """Where it computes, by its own names."""


class TensorFlow:
    """Takes GPU memory as it needs it, not all of it at once."""

    name = "TensorFlow"

    def choose(self, device: Device) -> None:
        config = importlib.import_module("tensorflow").config
        gpus = config.list_physical_devices("GPU")
        if device == "cpu":
            config.set_visible_devices([], "GPU")
            return
        if device == "gpu" and not gpus:
            raise RuntimeError(
                "TensorFlow finds no GPU. On Linux it needs its CUDA libraries: pip install 'tensorflow[and-cuda]'. On "
                "Windows it has used none since 2.11, except in WSL2. CUDA_VISIBLE_DEVICES=-1 hides all GPUs, too"
            )
        for gpu in gpus:
            config.experimental.set_memory_growth(gpu, True)

    def set_tf32(self, on: bool) -> None:
        importlib.import_module("tensorflow").config.experimental.enable_tensor_float_32_execution(on)

    def set_float64(self, on: bool) -> None:
        """It does by itself."""

    def devices(self) -> str:
        return ", ".join(each.name for each in importlib.import_module("tensorflow").config.list_logical_devices())


class Jax:
    """Takes GPU memory as it needs it, as the others do."""

    name = "JAX"

    def choose(self, device: Device) -> None:
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        jax = importlib.import_module("jax")
        if device != "auto":
            jax.config.update("jax_platforms", {"cpu": "cpu", "gpu": "cuda,cpu"}[device])
        if device == "gpu":
            try:
                jax.devices("gpu")
            except RuntimeError as error:
                raise RuntimeError(
                    "JAX finds no GPU. On Linux it needs its CUDA plugin: pip install 'jax[cuda13]', or 'jax[cuda12]'. "
                    f"CUDA_VISIBLE_DEVICES=-1 hides all GPUs, too ({error})"
                ) from error
        found = jax.default_backend()
        if device not in ("auto", found):
            raise RuntimeError(f"choose JAX's device before its first use. Received: {device}, and it uses the {found}")

    def set_tf32(self, on: bool) -> None:
        precision = "tensorfloat32" if on else "highest"
        importlib.import_module("jax").config.update("jax_default_matmul_precision", precision)

    def set_float64(self, on: bool) -> None:
        importlib.import_module("jax").config.update("jax_enable_x64", on)
        _keep_float64(on)

    def devices(self) -> str:
        return ", ".join(map(str, importlib.import_module("jax").devices()))


class PyTorch:
    """Keras reads once, when it is imported, where its tensors are to lie."""

    name = "PyTorch"

    def choose(self, device: Device) -> None:
        found = importlib.import_module("torch").cuda.is_available()
        if device == "gpu" and not found:
            raise RuntimeError(
                "PyTorch finds no GPU. It needs a build with CUDA: pytorch.org/get-started/locally has the command. "
                "CUDA_VISIBLE_DEVICES=-1 hides all GPUs, too"
            )
        place = "cuda" if found and device != "cpu" else "cpu"
        if "keras" in sys.modules and not self.devices().startswith(place):
            raise RuntimeError(
                f"choose PyTorch's device before Keras is imported. Received: {device}, and it uses {self.devices()}"
            )
        os.environ["KERAS_TORCH_DEVICE"] = place

    def set_tf32(self, on: bool) -> None:
        importlib.import_module("torch").set_float32_matmul_precision("high" if on else "highest")

    def set_float64(self, on: bool) -> None:
        _keep_float64(on)

    def devices(self) -> str:
        tensor: Any = importlib.import_module("keras").ops.zeros(())
        return str(tensor.device)


# By Keras' names, in the order in which they are looked for.
BACKENDS: dict[str, Backend] = {"tensorflow": TensorFlow(), "jax": Jax(), "torch": PyTorch()}
