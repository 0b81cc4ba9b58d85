"""CSVLogger (mirrors keras/src/callbacks/csv_logger.py)."""

import csv
import os
from collections.abc import Iterable
from os import PathLike
from typing import Any

import numpy as np

from tinydnn.callbacks.callback import Callback
from tinydnn.device import ranks
from tinydnn.engine.logs import Logs


class CSVLogger(Callback):
    """Writes the logs of each epoch into a CSV file, a row for each.

    Mirrors keras/src/callbacks/csv_logger.py. The file is replaced at the end of the first epoch, not before; a
    training that goes on from a checkpoint goes on in its file too, behind the checkpoint's last row.

    Args:
        filename: where to.
        separator: one character, between the columns.
        append: whether to go on in a file that is there.
    """

    kept = {"keys": list | None, "_size": int | None}

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False) -> None:
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self._start()

    def _start(self) -> None:
        self.keys: list[str] | None = None  # the columns
        self._size: int | None = None  # of the file, in bytes, with the rows of this training; None before the first
        self._begun = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._start()
        # Raises now where it can't be written.
        ranks.current().first_does("begin a CSV file", lambda: open(self.filename, "a").close())

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if ranks.current().rank > 0:  # the first writes for all
            return
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]
        with open(self.filename, "a", encoding="utf-8", newline="") as file:
            if not self._begun and (self._size is not None or not self.append):
                file.truncate(min(self._size or 0, file.tell()))
                file.seek(0, os.SEEK_END)
            self._begun = True
            writer = csv.writer(file, delimiter=self.sep)
            if file.tell() == 0:
                writer.writerow(["epoch", *self.keys])
            writer.writerow([epoch, *(_cell(logs.get(key, "NA")) for key in self.keys)])
            self._size = file.tell()


def _cell(value: Any) -> Any:
    """What Keras writes: several values in brackets and quotation marks."""
    if isinstance(value, str) or not isinstance(value, Iterable) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value
    return f'"[{", ".join(map(str, value))}]"'
