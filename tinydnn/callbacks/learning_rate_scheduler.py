"""LearningRateScheduler (mirrors keras/src/callbacks/learning_rate_scheduler.py)."""

import inspect
from collections.abc import Callable

import numpy as np

from tinydnn.callbacks.callback import Callback
from tinydnn.config import as_floatx
from tinydnn.engine.logs import Logs


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch, and logs it as "learning_rate".

    Mirrors keras/src/callbacks/learning_rate_scheduler.py.

    Args:
        schedule: a function of the epoch, from 0, and of the learning rate so far, or of the epoch alone; it returns
            the learning rate, a float.
        verbose: 1 prints what it does.

    fit raises:
        ValueError: the schedule returned no float.
        TypeError: the optimizer has a schedule of its own.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        rate = self._rate_of(epoch)
        if not isinstance(rate, float | np.float32):
            raise ValueError(f"LearningRateScheduler expects a schedule that returns a float. Received: {rate!r}")
        self.model.optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def _rate_of(self, epoch: int) -> float:
        arguments = epoch, as_floatx(self.model.optimizer.learning_rate)
        try:
            inspect.signature(self.schedule).bind(*arguments)
        except (TypeError, ValueError):  # it takes one argument, or is a function without a signature
            return self.schedule(epoch)
        return self.schedule(*arguments)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = as_floatx(self.model.optimizer.learning_rate)
