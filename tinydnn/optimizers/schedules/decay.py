"""What ExponentialDecay and InverseTimeDecay share."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number, check_positive
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, quotient


class Decay(LearningRateSchedule):
    """A rate that decays with  p = step / decay_steps; with `staircase`, with the whole number below."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = check_positive("decay_steps", decay_steps)
        self.decay_rate = check_number("decay_rate", decay_rate)
        self.staircase = bool(staircase)
        self.name = name or type(self).__name__

    def __call__(self, step: int) -> float:
        p = quotient(step, self.decay_steps)
        return float(self.after(np.floor(p) if self.staircase else p))

    def after(self, p: Any) -> Any:
        """The rate after p times decay_steps."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }
