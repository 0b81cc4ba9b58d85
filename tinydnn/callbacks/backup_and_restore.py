"""BackupAndRestore (mirrors keras/src/callbacks/backup_and_restore.py)."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from os import PathLike
from typing import Any

from tinydnn.callbacks.callback import Callback, check_save_freq
from tinydnn.device import ranks
from tinydnn.engine.logs import Logs
from tinydnn.files import checkpoints
from tinydnn.files.locks import alone
from tinydnn.files.whole import FileFormatError

CHECKPOINT_FILE = "checkpoint.npz"


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

    The folder is for one training at a time: a second one that asks for it is refused.

    fit raises:
        BlockingIOError: another training uses the folder.
        TypeError: logs, or what a callback keeps, has something that no backup can keep; the last one stays.
        FileFormatError: the backup is damaged, or of another training: one with other layers, loss, optimizer, data,
            seed, batch size or callbacks. Another learning rate, number of epochs or threads, or device is taken, with
            a warning.
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
        self.save_freq = check_save_freq(save_freq)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._path = os.path.join(self.backup_dir, CHECKPOINT_FILE)
        self._previous = os.path.join(self.backup_dir, f"previous-{CHECKPOINT_FILE}")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the folder for this training alone, for as long as the block lasts; rank 0 has it for all."""
        with ExitStack() as stack:
            ranks.current().first_does("take a folder for backups", lambda: self._take_folder(stack))
            yield

    def _take_folder(self, stack: ExitStack) -> None:
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.delete_checkpoint:
            stack.callback(self._remove_folder)
        stack.enter_context(alone(self._path))

    def _remove_folder(self) -> None:
        with suppress(OSError):  # there is something in it
            os.rmdir(self.backup_dir)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0
        if isinstance(self.save_freq, int) and self.model.training.feed.streams:
            raise ValueError(
                "A training on batches from a generator or a PyDataset can be backed up between two epochs only, with "
                f"save_freq='epoch'. Received: save_freq={self.save_freq}"
            )
        if found := ranks.current().first_does("read a backup", self._read):
            self.model.training.go_on_from(*found)

    def _read(self) -> tuple[Any, str] | None:
        """The backup and its path; None where there is none."""
        there = [path for path in (self._path, self._previous) if os.path.exists(path)]
        for path in there:
            try:
                return checkpoints.read(path), path
            except FileFormatError:
                if path == there[-1]:
                    raise
        return None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._batches += 1
        if isinstance(self.save_freq, int) and self._batches >= self.save_freq:
            self._batches = 0
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        for name, value in (logs or {}).items():  # of which History is made, and so every later backup
            checkpoints.check(value, f"logs[{name!r}]")
        if self.save_freq == "epoch":
            self._save()

    def _save(self) -> None:
        training = self.model.training
        if not self.model.weights_are_finite():  # the next step will find its loss infinite, and go back
            return
        state = training.state()
        if self.double_checkpoint and ranks.current().rank == 0 and os.path.exists(self._path):
            os.replace(self._path, self._previous)
        checkpoints.write(self._path, state, like=self._previous)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.delete_checkpoint and ranks.current().rank == 0:
            for path in (self._path, self._previous):
                with suppress(FileNotFoundError):
                    os.unlink(path)
