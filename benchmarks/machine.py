"""What a figure depends on besides the code: the machine, the versions, the threads."""

from importlib import metadata
from pathlib import Path
from typing import Any

from tinydnn.device import devices
from tinydnn.inspect import info


def collect() -> dict[str, Any]:
    """What `tinydnn info` shows, and the versions of the peers; None for one that is not installed."""
    return info.collect() | {name: _version(name) for name in ("torch", "jax", "scikit-learn", "pytest-benchmark")}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def gpu_name() -> str | None:
    """The GPU that tinydnn would take; None where none works, or where it is the emulated one of the tests."""
    try:
        name = devices.name(devices.gpu().xp)
    except devices.GpuError:
        return None
    return None if name.startswith("emulated") else name


def peak_memory() -> int | None:
    """The most memory that this process has had, in bytes; None where the system doesn't tell."""
    try:
        status = Path("/proc/self/status").read_text()  # getrusage counts that of the process which started this one
    except OSError:
        return None
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
