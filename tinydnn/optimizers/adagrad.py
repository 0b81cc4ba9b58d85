"""Adagrad (mirrors keras/src/optimizers/adagrad.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.config import cast
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class Adagrad(Optimizer):
    """Divides each step by the root of the sum of all squared gradients so far.

        a = a + g²
        w = w - learning_rate * g / sqrt(a + epsilon)

    a starts from initial_accumulator_value.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = check_number("initial_accumulator_value", initial_accumulator_value)
        self.epsilon = check_number("epsilon", epsilon)

    all_slots = ("accumulator",)

    @property
    def first_value(self) -> float:  # type: ignore[override]  # that of the settings
        return cast(self.initial_accumulator_value)

    @elementwise
    def step(w: Any, a: Any, g: Any, rate: Any, epsilon: Any) -> Any:
        a = a + g * g
        w = w - rate * g / np.sqrt(a + epsilon)
        return w, a

    def numbers(self) -> tuple[float, ...]:
        return self.rate, self.epsilon

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
