"""Nadam (mirrors keras/src/optimizers/nadam.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Nadam(Optimizer):
    """Adam with Nesterov's momentum, which warms up.

        u_t = beta_1 * (1 - 0.96^t / 2),  and U_t = u_1 * … * u_t
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g² - v)
        m_hat = u_(t+1) / (1 - U_(t+1)) * m + (1 - u_t) / (1 - U_t) * g
        w = w - learning_rate * m_hat / (sqrt(v / (1 - beta_2^t)) + epsilon)

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
        self._product = 0, 1.0  # t and U_t

    all_slots = "momentum", "velocity"
    slots_by_weight = "momentum", "velocity"

    @elementwise
    def step(
        w: Any,
        m: Any,
        v: Any,
        g: Any,
        of_m: Any,
        of_g: Any,
        beta_1: Any,
        beta_2: Any,
        correction: Any,
        rate: Any,
        epsilon: Any,
    ) -> Any:
        m = m + (1 - beta_1) * (g - m)
        v = v + (1 - beta_2) * (g * g - v)
        w = w - rate * (of_m * m + of_g * g) / (np.sqrt(v / correction) + epsilon)
        return w, m, v

    def begin_step(self) -> None:
        super().begin_step()
        self._product = self.iterations, self.u_product()  # so that the next step has one factor to multiply

    def u_product(self) -> float:
        """U_t of the last step."""
        t, product = self._product
        if t > self.iterations:  # a training has gone back
            t, product = 0, 1.0
        while t < self.iterations and product:
            t += 1
            product *= self.beta_1 * (1 - 0.5 * 0.96**t)
        return product

    def numbers(self) -> tuple[float, ...]:
        t, beta_1, beta_2 = self.iterations, cast(self.beta_1), cast(self.beta_2)
        u, next_u = (beta_1 * (1 - 0.5 * cast(0.96) ** i) for i in (t, t + 1))
        product = self.u_product()
        of_m, of_g = next_u / (1 - product * next_u), (1 - u) / (1 - product)
        return of_m, of_g, beta_1, beta_2, 1 - beta_2**t, self.rate, self.epsilon

    def numbers_in_files(self) -> list[float]:
        return [self.u_product()]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
