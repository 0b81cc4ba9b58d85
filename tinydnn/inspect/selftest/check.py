"""One result of the device next to the CPU's, and what the self-test does with errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass
class Check:
    """The largest difference between a result of the device and the CPU's, and how large it may be.

    form: "fused" where a GPU's fused kernels ran, else "plain".
    difference: None where an error ended the check.
    """

    name: str
    form: str
    dtype: str
    difference: float | None
    allowed: float
    error: str | None = None

    @property
    def passed(self) -> bool:
        return self.difference is not None and self.difference <= self.allowed  # false for NaN


def attempt(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """What work() returns, or the error that ends it: whatever the device does wrong is part of the outcome."""
    try:
        return work(), None
    except Exception as error:
        return None, f"{type(error).__name__}: {' '.join(str(error).split())}"
