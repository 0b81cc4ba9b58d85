"""PolynomialDecay (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number, check_positive
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, quotient


class PolynomialDecay(LearningRateSchedule):
    """rate = end + (initial - end) * (1 - step / decay_steps)^power, and end after decay_steps.

    With `cycle`, decay_steps becomes its first multiple that is not below the step.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = check_positive("decay_steps", decay_steps)
        self.end_learning_rate = check_number("end_learning_rate", end_learning_rate)
        self.power = check_number("power", power)
        self.cycle = bool(cycle)
        self.name = name

    def __call__(self, step: int) -> float:
        initial, end = np.float32(self.initial_learning_rate), np.float32(self.end_learning_rate)
        if self.cycle:
            cycles = np.ceil(quotient(step, self.decay_steps)) if step else 1
            p = np.float32(step) / (np.float32(self.decay_steps) * cycles)
        else:
            p = quotient(min(step, self.decay_steps), self.decay_steps)
        return float((initial - end) * (1 - p) ** np.float32(self.power) + end)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }
