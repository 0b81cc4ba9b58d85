"""The versions and devices that a result depends on."""

import os
import platform
from importlib import metadata
from typing import Any

import numpy as np

import tinydnn
from tinydnn.threads import available_cores


def collect() -> dict[str, Any]:
    """What `tinydnn info` prints, by name; None for what is not there."""
    return {
        "tinydnn": tinydnn.__version__,
        "Python": platform.python_version(),
        "system": platform.platform(),
        "NumPy": np.__version__,
        "BLAS": _blas(),
        "CuPy": _version("cupy", "cupy-cuda12x", "cupy-cuda13x"),
        "CUDA": _cuda(),
        "Keras": _version("keras"),
        "TensorFlow": _version("tensorflow", "tensorflow-cpu"),
        "devices": [_cpu(), *_gpus()],
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


def _cuda() -> str | None:
    runtime = _cuda_runtime()
    if runtime is None:
        return None
    version = runtime.runtimeGetVersion()
    return f"{version // 1000}.{version % 1000 // 10}"


def _gpus() -> list[dict[str, Any]]:
    runtime = _cuda_runtime()
    if runtime is None:
        return []
    try:
        count = runtime.getDeviceCount()
    except Exception:  # without a driver CuPy raises an error class of its own
        return []
    found = []
    for i in range(count):
        properties = runtime.getDeviceProperties(i)
        name = properties["name"].decode()
        found.append({"device": f"gpu:{i}", "name": name, "memory_bytes": properties["totalGlobalMem"]})
    return found


def _cuda_runtime() -> Any:
    try:
        import cupy
    except ImportError:
        return None
    return cupy.cuda.runtime
