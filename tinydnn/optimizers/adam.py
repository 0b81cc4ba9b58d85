"""Adam (mirrors keras/src/optimizers/adam.py)."""

import math
from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Adam(Optimizer):
    """Running means of the gradient and of its square.

        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g² - v)
        w = w - learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) * m / (sqrt(v) + epsilon)

    t is the number of the step, from 1. Epsilon is outside the root here. With `amsgrad`, the largest v so far
    stands under the root: v_hat = max(v_hat, v).
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_number("beta_1", beta_1, high=1)
        self.beta_2 = check_number("beta_2", beta_2, high=1)
        self.epsilon = check_number("epsilon", epsilon)
        self.amsgrad = bool(amsgrad)

    all_slots = "momentum", "velocity", "velocity_hat"
    slots_by_weight = "momentum", "velocity"

    def slot_names(self) -> list[str]:
        return ["momentum", "velocity"] + ["velocity_hat"] * self.amsgrad

    @elementwise
    def step(
        w: Any, m: Any, v: Any, v_hat: Any, g: Any, corrected_rate: Any, beta_1: Any, beta_2: Any, epsilon: Any
    ) -> Any:
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        if v_hat is None:
            w = w - corrected_rate * m / (np.sqrt(v) + epsilon)
        else:  # amsgrad
            v_hat = np.maximum(v_hat, v)
            w = w - corrected_rate * m / (np.sqrt(v_hat) + epsilon)
        return w, m, v, v_hat

    def numbers(self) -> tuple[float, ...]:
        t = self.iterations
        corrected_rate = self.rate * (math.sqrt(1 - cast(self.beta_2) ** t) / (1 - cast(self.beta_1) ** t))
        return corrected_rate, self.beta_1, self.beta_2, self.epsilon

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }
