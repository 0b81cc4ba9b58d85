"""Watching a training: what its layers do, with a look every few steps.

`model.fit(…, verbose=0, callbacks=[Watch(show=True)])` shows it live. A look reads what the step has left in its
passes. So a step without a look costs nothing, and no number of the training changes.
"""

import csv
import math
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from tinydnn.callbacks import Callback
from tinydnn.checks import check_count
from tinydnn.device import ranks
from tinydnn.device.backend import Array
from tinydnn.engine.logs import Logs
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.inspect.looks import History, Looks
from tinydnn.inspect.quantities import SUMS, watched_layers

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

CSV_FILE, PLOT_FILE = "watch.csv", "watch.png"


class Watch(Callback):
    """Measures each layer every few steps, on the batch of that step.

    Each Dense layer is watched, and each Activation that is a layer of its own. A quantity that a layer does not have
    is NaN:

    - gradient: sqrt(mean of dW²), where dW includes the penalties and is not clipped yet.
    - update: |W after the step - W before it| / |W before it|, in Euclidean norms.
    - saturated: the share of the activation's outputs that lie where the activation is flat: sigmoid a <= 0.01 or
      a >= 0.99, tanh |a| >= 0.98, relu a = 0.
    - dead: how many units gave the same one of these ends for every row of the batch; the input of such a unit makes
      no difference.

    steps: the numbers of the steps that were looked at, counted over the whole training: 1, 1 + every, 1 + 2 * every, …
    history: history["dense"]["update"][i] belongs to steps[i].
    looks: both of them, with remarks about each layer.

    A checkpoint does not keep the looks, so a training can go on from one with or without a Watch. If it goes on with
    the same Watch, the looks go on too; those at steps that are taken once more are replaced.

    Args:
        every: steps from one look to the next.
        show: whether to show the looks: on a terminal as a table that is redrawn a few times a second, elsewhere as a
            line for each layer after each epoch. Give fit verbose=0 with it.
        console: where to show them; None is standard output.
    """

    def __init__(self, every: int = 10, show: bool = False, console: "Console | None" = None) -> None:
        self.looks = Looks(check_count("every", every))
        self._before: Array | None = None  # the weights before a step that gets a look
        self._display = None
        if show:
            from tinydnn.inspect.watch_table import Display

            self._display = Display(self.looks, console)

    @property
    def steps(self) -> list[int]:
        return self.looks.steps

    @property
    def history(self) -> History:
        return self.looks.history

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if ranks.current().size > 1:
            raise ValueError("Watch sees the rows of one rank alone: watch a training in a single process")
        self.looks.begin(watched_layers(self.model))
        if self._display is not None:
            self._display.begin(self.params["epochs"], self.params["steps"])

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        due = (self._number(batch) - 1) % self.looks.every == 0
        self._before = self.model.parameters.copy() if due else None

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self._before is not None:
            self._look(self._number(batch), self._before)
            self._before = None
        if self._display is not None:
            self._display.step(batch + 1, logs or {})

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if self._display is not None:
            self._display.epoch = epoch + 1

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self._display is not None:
            self._display.epoch_ends(logs or {})

    def table(self, console: "Console | None" = None) -> "Table":
        """The last look, for a console of this width: a row for each layer of the training."""
        from rich.console import Console

        from tinydnn.inspect import watch_table

        return watch_table.table(self.looks, console or Console())

    def _number(self, batch: int) -> int:
        """The number of a step in the whole training, from 1; batch is its number in the epoch, from 0."""
        training = self.model.training
        assert training is not None
        return int(training.epoch * training.steps) + batch + 1

    def _look(self, step: int, before: Array) -> None:
        backend, training = self.model.backend, self.model.training
        assert training is not None
        watched = self.looks.layers.items()
        with backend.quiet():
            sums = {
                (name, what): number
                for name, layer in watched
                for what, number in layer.sums(backend.xp, training.passes, before, self.model)
            }
            # Stacked, so that a GPU transfers them once.
            numbers = backend.to_numpy(backend.xp.stack(list(sums.values()))).tolist() if sums else []
        found = dict(zip(sums, numbers, strict=True))
        self.looks.add(
            step,
            {
                name: layer.quantities({what: found.get((name, what), math.nan) for what in SUMS})
                for name, layer in watched
            },
        )

    def save(self, folder: str | PathLike[str]) -> None:
        """Write watch.csv and watch.png."""
        from tinydnn.inspect import figures

        write_whole(Path(folder) / CSV_FILE, self.looks.to_csv().encode())
        write_whole(Path(folder) / PLOT_FILE, figures.png(figures.watch(self.steps, self.history)))

    def load(self, folder: str | PathLike[str]) -> None:
        """Start with the looks in watch.csv, if the folder has one.

        Raises:
            FileFormatError: the file is damaged.
        """
        path = Path(folder) / CSV_FILE
        if not path.exists():
            return
        try:
            self.looks.take_csv(path.read_text(encoding="utf-8"))
        except (ValueError, csv.Error) as error:
            raise FileFormatError(
                f"{path}: expected what a watched training wrote; remove it. Found: {error}"
            ) from None
