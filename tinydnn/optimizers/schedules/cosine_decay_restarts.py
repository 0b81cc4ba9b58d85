"""CosineDecayRestarts (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

import math
from typing import Any

import numpy as np

from tinydnn.checks import check_number, check_positive
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule, quotient


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after the other: the i-th, from 0, takes first_decay_steps * t_mul^i steps, from m_mul^i.

    p is the part of the decay that is done:
    rate = initial * ((1 - alpha) * m_mul^i * (1 + cos(π * p)) / 2 + alpha)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate = check_number("initial_learning_rate", initial_learning_rate)
        self.first_decay_steps = check_positive("first_decay_steps", first_decay_steps)
        self.t_mul = check_positive("t_mul", t_mul)
        self.m_mul = check_number("m_mul", m_mul)
        self.alpha = check_number("alpha", alpha)
        self.name = name

    def __call__(self, step: int) -> float:
        t_mul, alpha = np.float32(self.t_mul), np.float32(self.alpha)
        p = quotient(step, self.first_decay_steps)
        if t_mul == 1:
            i = np.floor(p)
            p -= i
        else:
            i = np.floor(np.log(1 - p * (1 - t_mul)) / np.log(t_mul))
            before = (1 - t_mul**i) / (1 - t_mul)  # in units of the first decay
            p = (p - before) / t_mul**i
        half_wave = 0.5 * np.float32(self.m_mul) ** i * (1 + np.cos(math.pi * p))
        return float(np.float32(self.initial_learning_rate) * ((1 - alpha) * half_wave + alpha))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "first_decay_steps": self.first_decay_steps,
            "t_mul": self.t_mul,
            "m_mul": self.m_mul,
            "alpha": self.alpha,
            "name": self.name,
        }
