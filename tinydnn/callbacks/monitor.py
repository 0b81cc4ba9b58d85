"""The base of callbacks that watch a value (mirrors keras/src/callbacks/monitor_callback.py)."""

import warnings

from tinydnn.callbacks.callback import Callback
from tinydnn.engine.logs import Logs


class Monitor(Callback):
    """Watches one entry of the logs and tells when it has improved."""

    def __init__(self, monitor: str, mode: str, best: float | None, min_delta: float) -> None:
        if mode not in ("auto", "min", "max"):
            raise ValueError(f"mode expects 'auto', 'min' or 'max'. Received: mode={mode!r}")
        if mode == "auto":
            mode = {"loss": "min", "accuracy": "max", "acc": "max"}.get(monitor.removeprefix("val_"), "")
            if not mode:
                raise ValueError(f"monitor={monitor!r} is neither a loss nor an accuracy; give mode='min' or 'max'")
        self.monitor = monitor
        self.best = best
        self._maximise = mode == "max"
        self._min_delta = abs(min_delta)

    def current(self, logs: Logs | None) -> float | None:
        """The monitored value; None, with a warning, where the logs don't have it."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            warnings.warn(
                f"{type(self).__name__} watches {self.monitor!r}, which this training doesn't log. "
                f"It logs: {', '.join(logs or {})}",
                stacklevel=3,
            )
        return value

    def improves(self, value: float, on: float | None) -> bool:
        if on is None:
            return True
        return value - self._min_delta > on if self._maximise else value + self._min_delta < on
