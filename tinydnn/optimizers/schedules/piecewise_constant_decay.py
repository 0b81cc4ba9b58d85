"""PiecewiseConstantDecay (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tinydnn.checks import check_number, is_int
from tinydnn.optimizers.schedules.learning_rate_schedule import LearningRateSchedule


class PiecewiseConstantDecay(LearningRateSchedule):
    """rate = values[i], with as many boundaries below the step as i says.

    Args:
        boundaries: steps, none below the one before it; values[0] holds up to boundaries[0], that step included.
        values: one more than boundaries.
    """

    def __init__(self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant") -> None:
        self.boundaries = [int(each) if is_int(each) else check_number("boundaries", each) for each in boundaries]
        self._whole_steps = [int(each) for each in self.boundaries]
        self.values = [check_number("values", each) for each in values]
        self.name = name
        rises = all(low <= high for low, high in pairwise(self.boundaries))
        if not self.boundaries or not rises or len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "PiecewiseConstantDecay expects boundaries, none below the one before it, and one value more. "
                f"Received: boundaries={boundaries}, values={values}"
            )

    def __call__(self, step: int) -> float:
        return float(np.float32(self.values[bisect_left(self._whole_steps, step)]))

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}
