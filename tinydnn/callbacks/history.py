"""History (mirrors keras/src/callbacks/history.py)."""

from typing import Any

from tinydnn.callbacks.callback import Callback
from tinydnn.engine.logs import Logs
from tinydnn.old_spellings import OldLog


class History(Callback):
    """The log of a training: history["loss"][i] belongs to epoch[i]. `fit` returns one."""

    kept = {"history": dict, "epoch": list}

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = OldLog()
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
