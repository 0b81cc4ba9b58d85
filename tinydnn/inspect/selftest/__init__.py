"""The self-test: does a device compute what it should? A proof for users, and what to attach to a bug report.

Every operation of the engine runs on the device in float32 and float64, and on the CPU in float64 by the plain array
forms. Then a net trains for 20 steps on both. On a GPU all this runs with fused kernels and without.
"""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from tinydnn import config
from tinydnn.device import devices
from tinydnn.inspect import info
from tinydnn.inspect.selftest.check import Check, attempt
from tinydnn.inspect.selftest.launches import figures
from tinydnn.inspect.selftest.operations import compare_operations
from tinydnn.inspect.selftest.training import compare_trainings

__all__ = ["Check", "Outcome", "run"]


@dataclass
class Outcome:
    """What was found out about a device.

    figures: what a step asks of a GPU, by name; empty for a CPU.
    """

    device: str
    checks: list[Check]
    figures: dict[str, Any]

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The outcome, with the versions and devices of this machine."""
        checks = [{**asdict(check), "passed": check.passed} for check in self.checks]
        return {
            "passed": self.passed,
            "device": self.device,
            "figures": self.figures,
            "checks": checks,
            "versions": info.collect(),
        }


def run(device: str | None) -> Outcome:
    """Check the device "cpu", "gpu" or "auto"; None is `config.device()`.

    Raises:
        GpuError: "gpu" was asked for, and none works at all.
    """
    backend, fused = devices.get(device), config.fused_kernels()
    checks: list[Check] = []
    try:
        for form in ("fused", "plain") if backend.device == "gpu" else ("plain",):
            config.set_fused_kernels(form == "fused")
            checks += compare_operations(backend, form)
            checks += compare_trainings(backend.device, form)
    finally:
        config.set_fused_kernels(fused)
    found, error = attempt(partial(figures, backend))
    if error is not None:
        checks.append(Check("figures of a step", "fused", "float32", None, 0.0, error))
    return Outcome(backend.device, checks, found or {})
