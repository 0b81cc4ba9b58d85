"""Adadelta (mirrors keras/src/optimizers/adadelta.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Adadelta(Optimizer):
    """Scales each step by running root mean squares, that of the steps so far over that of the gradients.

    a = rho * a + (1 - rho) * g²
    s = g * sqrt(d + epsilon) / sqrt(a + epsilon)
    d = rho * d + (1 - rho) * s²
    w = w - learning_rate * s
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = check_number("rho", rho, high=1)
        self.epsilon = check_number("epsilon", epsilon)

    all_slots = "accumulated_grad", "accumulated_delta_var"
    slots_by_weight = "accumulated_grad", "accumulated_delta_var"

    @elementwise
    def step(w: Any, a: Any, d: Any, g: Any, rate: Any, rho: Any, epsilon: Any) -> Any:
        a = rho * a + (1 - rho) * (g * g)
        s = np.sqrt(d + epsilon) * g / np.sqrt(a + epsilon)
        d = rho * d + (1 - rho) * (s * s)
        w = w - rate * s
        return w, a, d

    def numbers(self) -> tuple[float, ...]:
        return self.rate, self.rho, self.epsilon

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}
