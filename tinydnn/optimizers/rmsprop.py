"""RMSprop (mirrors keras/src/optimizers/rmsprop.py)."""

from typing import Any

import numpy as np

from tinydnn.checks import check_number
from tinydnn.device.elementwise import elementwise
from tinydnn.optimizers.optimizer import Optimizer
from tinydnn.optimizers.schedules import LearningRateSchedule


class RMSprop(Optimizer):
    """Divides each step by a running root mean square of the gradient.

        v = rho * v + (1 - rho) * g²
        w = w - learning_rate * g / sqrt(v + epsilon)

    Epsilon is inside the root; many other implementations have it outside. With `centered`, a running
    mean a of the gradient makes it the variance: sqrt(v - a² + epsilon). With `momentum`, the step s goes
    into m = momentum * m + s, and w = w - m.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, **kwargs)
        self.rho = check_number("rho", rho, high=1)
        self.momentum = check_number("momentum", momentum, high=1)
        self.epsilon = check_number("epsilon", epsilon)
        self.centered = bool(centered)

    all_slots = "velocity", "momentum", "average_gradient"

    def slot_names(self) -> list[str]:
        return ["velocity"] + ["momentum"] * (self.momentum > 0) + ["average_gradient"] * self.centered

    @elementwise
    def step(w: Any, v: Any, m: Any, a: Any, g: Any, rate: Any, rho: Any, momentum: Any, epsilon: Any) -> Any:
        v = rho * v + (1 - rho) * (g * g)
        variance = v
        if a is not None:  # centered
            a = rho * a + (1 - rho) * g
            variance = v - a * a
        if m is None:
            w = w - rate * g / np.sqrt(variance + epsilon)
        else:
            m = momentum * m + rate * g / np.sqrt(variance + epsilon)
            w = w - m
        return w, v, m, a

    def numbers(self) -> tuple[float, ...]:
        return self.rate, self.rho, self.momentum, self.epsilon

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
