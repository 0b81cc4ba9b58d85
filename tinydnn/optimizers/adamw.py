"""AdamW (mirrors keras/src/optimizers/adamw.py)."""

from typing import Any

from tinydnn.optimizers.adam import Adam
from tinydnn.optimizers.schedules import LearningRateSchedule


class AdamW(Adam):
    """Adam whose weights decay, w = w - w * weight_decay * learning_rate, before each update."""

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: Any,
    ) -> None:
        if weight_decay is None:
            raise ValueError("weight_decay expects a number; without one use Adam. Received: weight_decay=None")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
