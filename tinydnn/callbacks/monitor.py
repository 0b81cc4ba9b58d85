"""The base of callbacks that watch a value (mirrors keras/src/callbacks/monitor_callback.py)."""

from typing import Any

import numpy as np

from tinydnn.callbacks.callback import Callback
from tinydnn.config import floatx
from tinydnn.engine.logs import Logs
from tinydnn.old_spellings import metric_of_today
from tinydnn.warn import warn


class Monitor(Callback):
    """Watches one entry of the logs and tells when it has improved.

    With mode "auto" the model says which way is better: down for a loss, up or down for one of its metrics.
    """

    def __init__(self, monitor: str, mode: str, best: float | None, min_delta: float) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode expects 'auto', 'min' or 'max'. Received: mode={mode!r}")
        self.monitor = monitor
        self.mode = mode
        self.best = best
        self.min_delta = abs(min_delta)

    def set_model(self, model: Any) -> None:
        """Also find out which way is better.

        Raises:
            ValueError: mode is "auto", and the model has no metric of this name.
        """
        super().set_model(model)
        self.monitor = metric_of_today(
            self.monitor, [*model.metrics_by_name, *(f"val_{each}" for each in model.metrics_by_name)]
        )
        name = self.monitor.removeprefix("val_")
        modes = {"loss": "min", **{each: metric.mode for each, metric in model.metrics_by_name.items()}}
        known = [each for each, mode in modes.items() if mode is not None]
        mode = modes.get(name) if self.mode == "auto" else self.mode
        if mode is None:
            raise ValueError(
                f"{type(self).__name__} expects mode='min' or 'max' for monitor={self.monitor!r}: this model was "
                f"compiled without a metric {name!r} of which it is known. It has: {', '.join(known)}"
            )
        self._better = np.greater if mode == "max" else np.less

    def current(self, logs: Logs | None) -> float | None:
        """The monitored value; None, with a warning, where the logs don't have it."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warn(
                f"{type(self).__name__} watches {self.monitor!r}, which this training doesn't log. "
                f"It logs: {', '.join(logs or {})}"
            )
        return value

    def improves(self, value: float, on: float | None) -> bool:
        """Whether the value is better than another one by more than min_delta, in the precision of Keras' logs."""
        if on is None:
            return True
        number = np.dtype(floatx()).type
        least = self.min_delta if self._better is np.greater else -self.min_delta
        return bool(self._better(number(float(number(value)) - least), number(on)))
