"""ModelCheckpoint (mirrors keras/src/callbacks/model_checkpoint.py)."""

import os
from os import PathLike

from tinydnn.callbacks.callback import check_save_freq
from tinydnn.callbacks.monitor import Monitor
from tinydnn.device import ranks
from tinydnn.engine.logs import Logs
from tinydnn.old_spellings import OldLog


class ModelCheckpoint(Monitor):
    """Saves the model, or its weights, after each epoch or every few batches.

    Mirrors keras/src/callbacks/model_checkpoint.py.

    Args:
        filepath: where to; may name values of the logs, as "{epoch:02d}-{val_loss:.2f}.keras". Ends in
            .keras, or in .weights.h5 with save_weights_only.
        monitor: the entry of the logs to watch.
        verbose: 1 prints what it does.
        save_best_only: whether to save only when the monitored value is the best so far.
        save_weights_only: whether to save the weights alone.
        mode: "min", "max", or "auto": the smaller loss or the greater accuracy is better.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the value that the first save has to beat.
    """

    kept = {"best": float | int | None, "_batches": int}

    def __init__(
        self,
        filepath: str | PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        if not save_best_only and mode == "auto":
            mode = "min"  # nothing is compared
        super().__init__(monitor, mode, initial_value_threshold, 0)
        self.filepath = os.fspath(filepath)
        ending = ".weights.h5" if save_weights_only else ".keras"
        if not self.filepath.endswith(ending):
            raise ValueError(
                f"ModelCheckpoint expects a filepath that ends in {ending} here. Received: {self.filepath}"
            )
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = check_save_freq(save_freq)
        self._epoch = 0
        self._batches = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if isinstance(self.save_freq, int) and self._batches >= self.save_freq:
            self._batches = 0
            self._save(logs, {"batch": batch + 1})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(logs, {})

    def _save(self, logs: Logs | None, place: dict[str, int]) -> None:
        if self.model.training is not None and place:  # within an epoch, whose losses nobody may have looked at
            self.model.training.check()
        if not self.model.weights_are_finite():  # the training is about to end, and a good file would be lost
            return
        epoch = self._epoch + 1
        try:
            path = self.filepath.format_map(OldLog({"epoch": epoch, **place, **(logs or {})}))
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint's filepath {self.filepath!r} names {error}, which this training doesn't log. "
                f"It logs: epoch, {', '.join(logs or {})}"
            ) from None
        said = f"\nEpoch {epoch}: saving model to {path}"
        if self.save_best_only:
            value = self.current(logs)
            if value is not None:
                best = "None" if self.best is None else f"{self.best:.5f}"
                if not self.improves(value, self.best):
                    if self.verbose:
                        print(f"\nEpoch {epoch}: {self.monitor} did not improve from {best}")
                    return
                said = f"\nEpoch {epoch}: {self.monitor} improved from {best} to {value:.5f}, saving model to {path}"
                self.best = value
        if self.verbose:
            print(said)
        folder = os.path.dirname(path) or "."
        ranks.current().first_does("make a folder", lambda: os.makedirs(folder, exist_ok=True))
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose:
            print(f"\nEpoch {epoch}: finished saving model to {path}")
