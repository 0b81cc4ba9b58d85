"""The versions and devices that a result depends on."""

import os
import platform
from importlib import metadata
from typing import Any

import numpy as np

import tinydnn
from tinydnn.device import devices
from tinydnn.device.threads import available_cores


def collect() -> dict[str, Any]:
    """What `tinydnn info` prints, by name; None for what is missing."""
    cupy = _cupy()
    return {
        "tinydnn": tinydnn.__version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "NumPy": np.__version__,
        "BLAS": _blas(),
        "CuPy": _version(*devices.WHEELS),
        "CUDA": _cuda(cupy),
        "CUDA of the driver": _driver(cupy),
        "Keras": _version("keras"),
        "TensorFlow": _version("tensorflow", "tensorflow-cpu"),
        "devices": [_cpu(), *_gpus(cupy)],
    }


def _version(*packages: str) -> str | None:
    """The version of the first of these packages that is installed, read without importing it."""
    for package in packages:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return None


def _blas() -> str | None:
    from threadpoolctl import threadpool_info

    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    if not found:
        return None
    pool = found[0]
    kernels = f", {pool['architecture']} kernels" if pool.get("architecture") else ""
    return f"{pool['internal_api']} {pool['version'] or ''}{kernels}, {pool['num_threads']} threads"


def _cpu() -> dict[str, Any]:
    return {"device": "cpu", "name": _cpu_name(), "cores": available_cores(), "memory_bytes": _memory()}


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None


def cuda_version(number: int) -> str:
    """The version of CUDA as text: 12090 means 12.9."""
    return f"{number // 1000}.{number % 1000 // 10}"


def _cuda(cupy: Any) -> str | None:
    return None if cupy is None else cuda_version(cupy.cuda.runtime.runtimeGetVersion())


def _driver(cupy: Any) -> str | None:
    """The newest version of CUDA that the driver supports."""
    number = 0 if cupy is None else cupy.cuda.runtime.driverGetVersion()
    return cuda_version(number) if number else None


def _gpus(cupy: Any) -> list[dict[str, Any]]:
    if cupy is None:
        return []
    runtime = cupy.cuda.runtime
    try:
        found = [runtime.getDeviceProperties(i) for i in range(runtime.getDeviceCount())]
    except runtime.CUDARuntimeError:  # there is no driver, no device, or one in a bad state
        return []
    return [
        {
            "device": f"gpu:{i}",
            "name": properties["name"].decode(),
            "compute_capability": f"{properties['major']}.{properties['minor']}",
            "memory_bytes": properties["totalGlobalMem"],
        }
        for i, properties in enumerate(found)
    ]


def _cupy() -> Any:
    try:
        return devices.import_cupy()
    except devices.GpuError:
        return None
