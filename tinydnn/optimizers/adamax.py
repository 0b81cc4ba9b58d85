"""Adamax (mirrors keras/src/optimizers/adamax.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Adamax(Optimizer):
    """Adam with the largest gradient, which is forgotten slowly, in place of the root mean square.

        m = m + (1 - beta_1) * (g - m)
        u = max(beta_2 * u, |g|)
        w = w - learning_rate / (1 - beta_1^t) * m / (u + epsilon)

    t is the number of the step, from 1.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_number("beta_1", beta_1, high=1)
        self.beta_2 = check_number("beta_2", beta_2, high=1)
        self.epsilon = check_number("epsilon", epsilon)

    all_slots = "momentum", "norm"
    slots_by_weight = "momentum", "norm"

    @elementwise
    def step(w: Any, m: Any, u: Any, g: Any, corrected_rate: Any, beta_1: Any, beta_2: Any, epsilon: Any) -> Any:
        m = m + (1 - beta_1) * (g - m)
        u = np.maximum(beta_2 * u, np.maximum(g, -g))
        w = w - corrected_rate * m / (u + epsilon)
        return w, m, u

    def numbers(self) -> tuple[float, ...]:
        corrected_rate = self.rate / (1 - cast(self.beta_1) ** self.iterations)
        return corrected_rate, self.beta_1, self.beta_2, self.epsilon

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
