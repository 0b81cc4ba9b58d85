"""InverseTimeDecay (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

from typing import Any

import numpy as np

from tinydnn.optimizers.schedules.decay import Decay


class InverseTimeDecay(Decay):
    """rate = initial_learning_rate / (1 + decay_rate * step / decay_steps); with `staircase`, of whole quotients."""

    def after(self, p: Any) -> Any:
        return np.float32(self.initial_learning_rate) / (1 + np.float32(self.decay_rate) * p)
