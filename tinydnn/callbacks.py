"""What happens during training besides the training: hooks, the log, stopping early, saving.

Mirrors keras/src/callbacks.
"""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from os import PathLike
from typing import TYPE_CHECKING, Any

from tinydnn.device.backend import Array, LazyLogs
from tinydnn.device.backend import Logs as BatchLogs
from tinydnn.files.whole import FileFormatError
from tinydnn.names import not_offered
from tinydnn.utils.progbar import ProgressPrinter

if TYPE_CHECKING:
    from tinydnn.models import Sequential

__all__ = ["BackupAndRestore", "Callback", "EarlyStopping", "History", "LambdaCallback", "ModelCheckpoint"]

Logs = dict[str, Any]

CHECKPOINT_FILE = "checkpoint.npz"


class Callback:
    """The base of all callbacks: derive from it and define the hooks you need.

    `model` is the model that runs; `params` has verbose, epochs and steps. Epochs and batches count from
    0. `logs` has the loss and metrics so far: averages over the batches of this epoch. A hook that sets
    `model.stop_training = True` ends the training after the current step.

    `kept` names the attributes that a checkpoint keeps, and their types: numbers, text, lists, dicts and
    NumPy arrays. A training that goes on from a checkpoint finds them as they were.
    """

    kept: Mapping[str, Any] = {}
    model: "Sequential" = None  # type: ignore[assignment]  # until set_model, as in Keras
    params: dict[str, Any] = None  # type: ignore[assignment]

    def set_model(self, model: "Sequential") -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None: ...
    def on_train_end(self, logs: Logs | None = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_begin(self, logs: Logs | None = None) -> None: ...
    def on_test_end(self, logs: Logs | None = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_begin(self, logs: Logs | None = None) -> None: ...
    def on_predict_end(self, logs: Logs | None = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_begin(batch, logs)  # the hook's older name, which Keras still calls

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_end(batch, logs)


class History(Callback):
    """The log of a training: history["loss"][i] belongs to epoch[i]. `fit` returns one."""

    kept = {"history": dict, "epoch": list}

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self


class CallbackList:
    """All callbacks of one run; calling a hook on it calls that hook of each, in order."""

    def __init__(
        self, callbacks: Sequence[Callback] | None, model: "Sequential", verbose: int | str, epochs: int, steps: int
    ) -> None:
        if verbose not in (0, 1, 2, "auto"):  # True and False are 1 and 0
            raise ValueError(f"verbose expects 0, 1, 2 or 'auto'. Received: verbose={verbose!r}")
        given = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or [])
        for callback in given:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks expects instances of tinydnn.callbacks.Callback. Received: {callback!r}")
        self.history = next((callback for callback in given if isinstance(callback, History)), None) or History()
        self._callbacks = [*given, *([Progress()] if verbose else [])]
        if self.history not in given:
            self._callbacks.append(self.history)
        # The one that backs up comes last: it keeps what the others have become in a step, and gives them that back
        # after their own beginning.
        self._callbacks.sort(key=lambda callback: isinstance(callback, BackupAndRestore))
        for callback in self._callbacks:
            callback.set_params({"verbose": verbose, "epochs": epochs, "steps": steps})
            callback.set_model(model)

        self._read_each_batch = model.backend.reads_at_once and any(
            _overrides(callback, hook) for callback in self._callbacks for hook in _BATCH_ENDS
        )

    def batch_logs(self, logs: LazyLogs) -> BatchLogs:
        """What the hooks get at a batch's end: a plain dict, where one may look and that is no wait for a device."""
        return dict(logs) if self._read_each_batch else logs

    def state(self) -> list[Any]:
        """What the callbacks ask to be kept."""
        return [
            [type(callback).__name__, {name: getattr(callback, name) for name in callback.kept}]
            for callback in self._callbacks
            if callback.kept
        ]

    def restore(self, state: list[Any]) -> None:
        """Give the callbacks back what they had.

        Raises:
            ValueError: they are others, or it is nothing that they can have had.
        """
        keeping = [callback for callback in self._callbacks if callback.kept]
        ours, theirs = [type(callback).__name__ for callback in keeping], [name for name, _ in state]
        if ours != theirs:
            raise ValueError(f"expected the callbacks {ours}. Found: {theirs}")
        for callback, (name, values) in zip(keeping, state, strict=True):
            for attribute, kind in callback.kept.items():
                if not isinstance(values[attribute], kind):
                    raise ValueError(f"{name}.{attribute} expects {kind}. Found: {values[attribute]!r}")
        for callback, (_, values) in zip(keeping, state, strict=True):
            for attribute in callback.kept:
                setattr(callback, attribute, values[attribute])
        logged = self.history.history.values()
        if not all(isinstance(values, list) and all(isinstance(value, float) for value in values) for values in logged):
            raise ValueError("expected a History of lists of numbers. Found: something else")

    def __getattr__(self, hook: str) -> Callable[..., None]:
        hooks = [getattr(callback, hook) for callback in self._callbacks]

        def call_each(*args: Any) -> None:
            for each in hooks:
                each(*args)

        setattr(self, hook, call_each)  # found directly from now on
        return call_each


_BATCH_ENDS = "on_batch_end", "on_train_batch_end", "on_test_batch_end", "on_predict_batch_end"


def _overrides(callback: Callback, hook: str) -> bool:
    """Whether a callback has a hook of its own; the progress bar reads the logs itself, when it draws."""
    return not isinstance(callback, Progress) and getattr(callback, hook) != getattr(Callback, hook).__get__(callback)


class Progress(Callback):
    """Prints the progress as Keras does (mirrors keras/src/callbacks/progbar_logger.py)."""

    def __init__(self) -> None:
        self._in_fit = False

    def _begin(self) -> None:
        verbose = self.params["verbose"]
        self._printer = ProgressPrinter(self.params["steps"], 1 if verbose == "auto" else verbose)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True  # where validation prints nothing of its own

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin()
        if self.params["epochs"] > 1:
            self._printer.title(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._printer.update(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._printer.finish(logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._printer.update(batch + 1, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._printer.finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._printer.update(batch + 1, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._printer.finish(None)


class LambdaCallback(Callback):
    """A callback made of functions: LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))."""

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any] | None,
    ) -> None:
        hooks |= {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        for name, function in hooks.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                raise TypeError(f"LambdaCallback expects hooks of Callback, as on_epoch_end. Received: {name}")
            if function is not None:
                setattr(self, name, function)


class _Monitor(Callback):
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


class EarlyStopping(_Monitor):
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


class ModelCheckpoint(_Monitor):
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
        self.save_freq = _check_save_freq(save_freq)
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
            path = self.filepath.format(epoch=epoch, **place, **(logs or {}))
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
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose:
            print(f"\nEpoch {epoch}: finished saving model to {path}")


class BackupAndRestore(Callback):
    """Backs a training up to a folder, and goes on from there if it was cut off, to the same bits.

    The same script, run again after whatever happened, ends as if nothing had: the backup has weights,
    optimizer, position within the epoch, order of the samples, random numbers, the whole History, and what
    other callbacks keep. Keras' own begins the epoch anew and forgets the log before it.

    Mirrors keras/src/callbacks/backup_and_restore.py.

    Args:
        backup_dir: the folder; made where it is missing.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: whether to keep the backup before the last one too, for a disk that damages files.
        delete_checkpoint: whether to remove the backup once the training has ended.

    fit raises:
        FileFormatError: the backup is damaged, or of a training with other layers, optimizer, data size,
            batch size or callbacks.
    """

    def __init__(
        self,
        backup_dir: str | PathLike[str],
        save_freq: int | str = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError("BackupAndRestore expects a folder. Received: backup_dir=''")
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = _check_save_freq(save_freq)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._path = os.path.join(self.backup_dir, CHECKPOINT_FILE)
        self._previous = os.path.join(self.backup_dir, f"previous-{CHECKPOINT_FILE}")

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0
        there = [path for path in (self._path, self._previous) if os.path.exists(path)]
        if not there:
            return
        from tinydnn.files import checkpoints

        path = there[0]
        try:
            state = checkpoints.read(path)
        except FileFormatError:
            if len(there) == 1:
                raise
            path = there[1]
            state = checkpoints.read(path)
        assert self.model.training is not None
        self.model.training.go_on_from(state, path)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if isinstance(self.save_freq, int) and self._batches >= self.save_freq:
            self._batches = 0
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save()

    def _save(self) -> None:
        from tinydnn.files import checkpoints

        training = self.model.training
        assert training is not None
        if not self.model.weights_are_finite():  # the next step will find its loss infinite, and go back
            return
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(self._path):
            os.replace(self._path, self._previous)
        checkpoints.write(self._path, training.state())

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint:
            for path in (self._path, self._previous):
                with suppress(FileNotFoundError):
                    os.unlink(path)
            with suppress(OSError):  # there is something else in it
                os.rmdir(self.backup_dir)


def _check_save_freq(save_freq: int | str) -> int | str:
    if save_freq != "epoch" and (type(save_freq) is not int or save_freq < 1):
        raise ValueError(f"save_freq expects 'epoch' or a number of batches. Received: save_freq={save_freq!r}")
    return save_freq


__getattr__ = not_offered(__name__, globals())
