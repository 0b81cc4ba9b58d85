"""The base of all schedules (mirrors keras/src/optimizers/schedules/learning_rate_schedule.py)."""

import numpy as np

from tinydnn.missing import Offered


class LearningRateSchedule(Offered):
    """Gives the learning rate of each step; derive from it and define `__call__`.

    tinydnn's own compute in float32, as Keras does whatever floatx is.
    """

    def __call__(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} expects a method __call__(self, step). Found: none")


def quotient(step: float, steps: float) -> np.float32:
    """step / steps as TensorFlow computes it in a training: step * (1 / steps), both rounded to float32.

    So a staircase of 41 steps has its first stair at step 42: 41 * (1 / 41) is 0.99999994.
    """
    return np.float32(step) * (1 / np.float32(steps))
