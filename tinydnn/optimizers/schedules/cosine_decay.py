"""CosineDecay (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

import math
from typing import Any

import numpy as np

from tinydnn.checks import check_number, check_positive, number_or_none
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, quotient


class CosineDecay(LearningRateSchedule):
    """rate = initial * ((1 - alpha) * (1 + cos(π * step / decay_steps)) / 2 + alpha), constant after decay_steps.

    With a `warmup_target`, the rate first goes in a straight line from initial_learning_rate to it, for warmup_steps,
    and decays from there.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: float = 0,
    ) -> None:
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = check_positive("decay_steps", decay_steps)
        self.alpha = check_number("alpha", alpha)
        self.name = name
        self.warmup_target = number_or_none("warmup_target", warmup_target)
        self.warmup_steps = check_number("warmup_steps", warmup_steps)

    def __call__(self, step: int) -> float:
        rate, decaying = np.float32(self.initial_learning_rate), float(step)
        if self.warmup_target is not None:
            target = np.float32(self.warmup_target)
            if step < self.warmup_steps:
                return float((target - rate) * quotient(step, self.warmup_steps) + rate)
            rate, decaying = target, step - self.warmup_steps
        half_wave = 0.5 * (1 + np.cos(math.pi * quotient(min(decaying, self.decay_steps), self.decay_steps)))
        return float(rate * ((1 - self.alpha) * half_wave + self.alpha))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }
