"""EarlyStopping (mirrors keras/src/callbacks/early_stopping.py)."""

from tinydnn.callbacks.monitor import Monitor
from tinydnn.device.backend import Array
from tinydnn.engine.logs import Logs


class EarlyStopping(Monitor):
    """Ends the training when a monitored value has not improved for `patience` epochs.

    Mirrors keras/src/callbacks/early_stopping.py.

    Args:
        monitor: the entry of the logs to watch.
        min_delta: the least change that counts as an improvement.
        patience: how many epochs without one it waits.
        verbose: 1 prints what it does.
        mode: "min", "max", or "auto": the smaller loss or the greater accuracy is better.
        baseline: a value that has to be beaten too before the waiting starts anew.
        restore_best_weights: whether the model ends with the weights of its best epoch.
        start_from_epoch: epochs before this one are not watched.
    """

    kept = {
        "wait": int,
        "stopped_epoch": int,
        "best": float | int | None,
        "best_epoch": int,
        "best_weights": list | None,
    }

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, None, min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._start()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start()  # one instance may watch several trainings

    def _start(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best = None
        self.best_epoch = 0
        self.best_weights: list[Array] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.current(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                print(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)
