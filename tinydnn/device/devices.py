"""Which device a model computes on: the CPU, or a GPU that has shown that it can compute.

That CuPy finds a GPU does not say that it works: CUDA's libraries may be missing, the driver too old. So a GPU is
tried out once a process, and one that fails is explained by what would mend it.
"""

import ctypes
import functools
import importlib.util
import os
import sys
from typing import Any

import numpy as np

from tinydnn import config
from tinydnn.device import ranks
from tinydnn.device.backend import Backend, GpuBackend
from tinydnn.device.cublas import Cublas

WHEELS = "cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x", "cupy-rocm-7-0"  # they install the same module
_OLDEST_CUDA = 12  # that CuPy 14 has wheels for
_NO_DEVICE, _INSUFFICIENT_DRIVER = 100, 35  # cudaError_t


class GpuError(RuntimeError):
    """There is no GPU that works; the message says why, and what to do."""


def get(device: str | None, threads: int | None = None) -> Backend:
    """The backend for "cpu", "gpu", "auto", or None for `config.device()`.

    "gpu" never falls back. "auto" takes a GPU where one works, and says on standard error what it took, once, where
    there was a choice; asked for a number of threads, which only a CPU has, it takes the CPU.

    Raises:
        ValueError: another device, or threads for a GPU.
        GpuError: "gpu", and none works.
    """
    device = config.device() if device is None else config.check_device(device)
    if device == "gpu" and threads is not None and threads > 1:
        raise ValueError(f"threads share a batch on a CPU; a GPU takes it whole. Received: device='gpu', {threads=}")
    if device == "gpu":
        return gpu()
    if device == "auto" and threads is None and _could_have_gpu():
        return _gpu_or_cpu()
    return Backend()


@functools.cache
def gpu() -> GpuBackend:
    """The current GPU, after it was tried out.

    Raises:
        GpuError: it does not work.
    """
    cupy = import_cupy()
    _take_own(cupy, _find_devices(cupy))
    try:
        _try_out(cupy)
    except GpuError:
        raise
    except Exception as error:  # CuPy has no common class for what can go wrong here
        raise GpuError(_explained(error)) from error
    try:
        cublas = Cublas(cupy)
    except OSError:  # CuPy has found it where nobody else looks
        return GpuBackend(cupy)
    return GpuBackend(cupy, cublas)


@functools.cache
def _gpu_or_cpu() -> Backend:
    try:
        backend: Backend = gpu()
        took = f"the GPU, {name(backend.xp)}; device='cpu' takes the CPU"
    except GpuError as error:
        backend, took = Backend(), f"the CPU. {error}"
    if ranks.current().rank == 0:
        print(f"tinydnn: device 'auto' takes {took}", file=sys.stderr)
    return backend


def _could_have_gpu() -> bool:
    """Whether CuPy is installed and a driver is there, found out without importing CuPy."""
    if importlib.util.find_spec("cupy") is None:
        return False
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return True


def import_cupy() -> Any:
    """The module cupy.

    Raises:
        GpuError: it is not installed, twice installed, or can't be imported.
    """
    wheels = _wheels()
    if len(wheels) > 1:
        raise GpuError(
            f"{' and '.join(wheels)} are installed, and overwrite each other's files; keep one: "
            f"pip uninstall -y {' '.join(wheels)}, then pip install '{wheels[-1]}[ctk]'"
        )
    try:
        import cupy
    except Exception as error:  # a wheel that does not fit NumPy raises a ValueError
        if not wheels:
            raise GpuError(
                "A GPU needs CuPy, which is not installed: pip install 'cupy-cuda12x[ctk]', or 'cupy-cuda13x[ctk]' "
                "where nvidia-smi shows CUDA 13"
            ) from error
        reason = _last_line(error)
        raise GpuError(
            f"CuPy can't be imported; install it anew: pip install --force-reinstall '{wheels[0]}[ctk]' ({reason})"
        ) from error
    return cupy


def _wheels() -> list[str]:
    return [wheel for wheel in WHEELS if _installed(wheel)]


def _installed(wheel: str) -> bool:
    from importlib import metadata  # an eighth of the time that it takes to import tinydnn

    try:
        metadata.version(wheel)
    except metadata.PackageNotFoundError:
        return False
    return True


def _find_devices(cupy: Any) -> int:
    """How many GPUs there are, at least one."""
    runtime = cupy.cuda.runtime
    try:
        count = runtime.getDeviceCount()
    except runtime.CUDARuntimeError as error:
        if error.status == _INSUFFICIENT_DRIVER:
            raise GpuError(_driver_missing(runtime)) from error
        if error.status != _NO_DEVICE:
            raise GpuError(_explained(error)) from error
        count = 0
    if not count:
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        hidden = f"; CUDA_VISIBLE_DEVICES={visible} hides them: unset it" if visible is not None else ""
        raise GpuError(f"The NVIDIA driver shows this process no GPU{hidden or ': nvidia-smi lists what there is'}")
    return int(count)


def _take_own(cupy: Any, count: int) -> None:
    """Of several ranks on a machine, take the GPU of this one; a batch system may show each its own alone."""
    own = ranks.current()
    if own.local_size == 1 or count == 1:
        return
    if count < own.local_size:
        raise GpuError(
            f"{own.local_size} ranks on this machine share {count} GPUs: start as many ranks as there are GPUs"
        )
    cupy.cuda.Device(own.local_rank).use()


def _driver_missing(runtime: Any) -> str:
    needed, there = runtime.runtimeGetVersion() // 1000, runtime.driverGetVersion()
    if not there:
        return "There is no NVIDIA driver, or no NVIDIA GPU: install the driver, and see that nvidia-smi lists the GPU"
    another = ""
    if there // 1000 >= _OLDEST_CUDA:
        another = f", or pip uninstall -y cupy-cuda{needed}x, then pip install 'cupy-cuda{there // 1000}x[ctk]'"
    return f"The NVIDIA driver is for CUDA {there // 1000}, and CuPy for CUDA {needed}: install a newer driver{another}"


def _try_out(cupy: Any) -> None:
    """Compute something small: an elementwise kernel, a matrix product, and the result read back."""
    x = cupy.arange(6, dtype=np.float32).reshape(2, 3) + 1
    result = cupy.asnumpy(cupy.matmul(x, x.T))
    if result.tolist() != [[14, 32], [32, 77]]:
        raise GpuError(f"The GPU computes wrong: [[1 2 3] [4 5 6]] times its transpose gave {result.tolist()}")


def _explained(error: Exception) -> str:
    """An error of CuPy's on the way to the first result, and what helps."""
    found = f"{type(error).__name__}: {_last_line(error)}"
    missing = isinstance(error, ImportError | OSError) or "NotFound" in type(error).__name__
    if missing or any(word in str(error).lower() for word in ("nvrtc", "cublas", "cuda_path", "headers")):
        wheel = (_wheels() or ["cupy-cuda12x"])[0]
        return (
            f"CUDA's libraries are missing or don't fit; install them beside CuPy: pip install '{wheel}[ctk]'. "
            f"Received: {found}"
        )
    return f"The GPU does not work; nvidia-smi shows its driver, and whether others use it up. Received: {found}"


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" =")]
    return lines[-1] if lines else "no message"


def name(cupy: Any) -> str:
    """What the current GPU is called."""
    return str(cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode())
