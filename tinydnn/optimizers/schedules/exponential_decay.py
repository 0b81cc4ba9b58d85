"""ExponentialDecay (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

from typing import Any

import numpy as np

from tinydnn.optimizers.schedules.decay import Decay


class ExponentialDecay(Decay):
    """rate = initial_learning_rate * decay_rate^(step / decay_steps); with `staircase`, of a whole exponent."""

    def after(self, p: Any) -> Any:
        return np.float32(self.initial_learning_rate) * np.float32(self.decay_rate) ** p
