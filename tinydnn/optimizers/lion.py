"""Lion (mirrors keras/src/optimizers/lion.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Lion(Optimizer):
    """Steps of one size, in the direction of the sign of a momentum.

    w = w - learning_rate * sign(beta_1 * m + (1 - beta_1) * g)
    m = beta_2 * m + (1 - beta_2) * g
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.beta_1 = check_number("beta_1", beta_1, high=1)
        self.beta_2 = check_number("beta_2", beta_2, high=1)
        if self.beta_1 == 0:
            raise ValueError(f"beta_1 expects a number above 0, up to 1. Received: beta_1={beta_1!r}")

    all_slots = ("momentum",)

    @elementwise
    def step(w: Any, m: Any, g: Any, rate: Any, beta_1: Any, beta_2: Any) -> Any:
        c = beta_1 * m + (1 - beta_1) * g
        w = w - rate * np.sign(c)
        m = beta_2 * m + (1 - beta_2) * g
        return w, m

    def numbers(self) -> tuple[float, ...]:
        return self.rate, cast(self.beta_1), cast(self.beta_2)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "beta_1": self.beta_1, "beta_2": self.beta_2}
