"""ReduceLROnPlateau (mirrors keras/src/callbacks/reduce_lr_on_plateau.py)."""

from typing import Any

from tinydnn.callbacks.monitor import Monitor
from tinydnn.config import as_floatx
from tinydnn.engine.logs import Logs
from tinydnn.warn import warn


class ReduceLROnPlateau(Monitor):
    """Lowers the learning rate when a monitored value has not improved for `patience` epochs.

    It logs the learning rate of each epoch as "learning_rate". Mirrors keras/src/callbacks/reduce_lr_on_plateau.py.

    Args:
        monitor: the entry of the logs to watch.
        factor: what the learning rate is multiplied by, below 1.
        patience: how many epochs without an improvement it waits.
        verbose: 1 prints what it does.
        mode: "min", "max", or "auto": the smaller loss or the greater accuracy is better.
        min_delta: the least change that counts as an improvement.
        cooldown: how many epochs after a reduction are not counted.
        min_lr: the learning rate is not reduced below it.

    fit raises:
        TypeError: the optimizer has a schedule of its own.
    """

    kept = {"best": float | int | None, "cooldown_counter": int, "wait": int}

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **left_out: Any,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau expects a factor below 1. Received: factor={factor}")
        if left_out:
            warn(f"ReduceLROnPlateau leaves out {', '.join(left_out)}, as Keras does")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._start()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start()  # one instance may watch several trainings

    def _start(self) -> None:
        self.best = None
        self.cooldown_counter = 0
        self.wait = 0

    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        rate = as_floatx(self.model.optimizer.learning_rate)
        if logs is not None:
            logs["learning_rate"] = rate
        value = self.current(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > as_floatx(self.min_lr):
                self._reduce(rate, epoch)

    def _reduce(self, rate: float, epoch: int) -> None:
        reduced = max(rate * self.factor, self.min_lr)
        self.model.optimizer.learning_rate = reduced
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {reduced}.")
        self.cooldown_counter = self.cooldown
        self.wait = 0
