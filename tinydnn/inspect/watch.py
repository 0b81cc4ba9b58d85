"""Watching a training: what its layers do, a look every few steps.

`model.fit(…, verbose=0, callbacks=[Watch(show=True)])` shows it live. A look reads what the step has left in its
passes, so a step that nobody looks at costs nothing, and no number of the training changes.
"""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinydnn import activations, layers
from tinydnn.callbacks import Callback, Logs
from tinydnn.checks import check_count
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.files.whole import FileFormatError, write_whole

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

QUANTITIES = "gradient", "update", "saturated", "dead"
CSV_FILE, PLOT_FILE = "watch.csv", "watch.png"
LEAST_UPDATE, LARGEST_UPDATE = 1e-4, 1e-1  # what passes without a remark: the well-known rule of thumb is 1e-3

History = dict[str, dict[str, list[float]]]


@dataclass(frozen=True)
class Ends:
    """Where an activation's outputs are saturated: those up to `low`, and those from `high` on.

    much: the share of saturated outputs above which a layer gets a remark.
    """

    low: float
    high: float
    much: float


# A sigmoid and a tanh are as flat there as each other: 4 % of their steepest slope. A relu is flat at 0 alone, and
# gives that for half of its outputs in a fresh net. A softmax and a linear layer have no end.
ENDS: dict[type[activations.Activation], Ends] = {
    activations.Sigmoid: Ends(0.01, 0.99, much=0.5),
    activations.Tanh: Ends(-0.98, 0.98, much=0.5),
    activations.Relu: Ends(0, math.inf, much=0.9),
}


class Watch(Callback):
    """Measures each layer every few steps, on the batch of that step.

    For each Dense layer, and each Activation that is a layer of its own, as far as it has such a thing, else NaN:

    - gradient: sqrt(mean of dW²), of the loss with its penalties, before any clipping.
    - update: |W after the step - W before it| / |W before it|, in Euclidean norms.
    - saturated: the share of the activation's outputs that lie where it is flat: sigmoid a <= 0.01 or a >= 0.99,
      tanh |a| >= 0.98, relu a = 0.
    - dead: how many units gave the same of these ends for every row of the batch; what they get makes no difference.

    steps: the numbers of the steps that were looked at: 1, 1 + every, 1 + 2 * every, … of the whole training.
    history: history["dense"]["update"][i] is of step steps[i].

    A checkpoint does not keep them, so a training can go on with a Watch or without. The same Watch goes on with its
    history; of steps that are taken once more it keeps the new ones.

    Args:
        every: steps from one look to the next.
        show: whether to show it: as a table that is redrawn a few times a second where there is a terminal, else as
            a line for each layer after each epoch. Give fit verbose=0 with it.
        console: where to; standard output by default.
    """

    def __init__(self, every: int = 10, show: bool = False, console: "Console | None" = None) -> None:
        self.every = check_count("every", every)
        self.steps: list[int] = []
        self.history: History = {}
        self._rows: dict[str, _Row] = {}
        self._before: Array | None = None
        self._display = None
        if show:
            from tinydnn.inspect.watch_table import Display

            self._display = Display(self, console)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._rows = {row.layer.name: row for row in _rows(self.model)}
        if list(self.history) != list(self._rows):
            self.steps, self.history = [], {name: {each: [] for each in QUANTITIES} for name in self._rows}

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        looks = (self._number(batch) - 1) % self.every == 0
        self._before = self.model.parameters.copy() if looks else None

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

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._display is not None:
            self._display.end()

    def table(self, console: "Console | None" = None) -> "Table":
        """The last look, for a console of this width: a row for each layer of the training."""
        from rich.console import Console

        from tinydnn.inspect import watch_table

        return watch_table.table(self, console or Console())

    @property
    def layers(self) -> list[str]:
        """The names of the layers that it has begun to watch."""
        return list(self._rows)

    def remarks(self, name: str) -> list[str]:
        """What is worth a second look in the last look at this layer, in words."""
        found = {quantity: values[-1] for quantity, values in self.history[name].items() if values}
        row, said = self._rows[name], []
        if found.get("gradient") == 0:
            said.append("no gradient")
        if found.get("update", math.nan) < LEAST_UPDATE:
            said.append("small updates")
        if found.get("update", math.nan) > LARGEST_UPDATE:
            said.append("large updates")
        if row.ends is not None and found.get("saturated", math.nan) > row.ends.much:
            said.append("saturated")
        if found.get("dead", math.nan) > row.units / 2:
            said.append("mostly dead")
        return said

    def units(self, name: str) -> int:
        """How many units this layer has."""
        return self._rows[name].units

    # -- looking -----------------------------------------------------------------------------------------

    def _number(self, batch: int) -> int:
        """Of a step of the epoch under way, its number in the whole training, from 1."""
        training = self.model.training
        assert training is not None
        return int(training.epoch * training.steps) + batch + 1

    def _look(self, step: int, before: Array) -> None:
        backend, training = self.model.backend, self.model.training
        assert training is not None
        with backend.quiet():
            sums = {
                (row.layer.name, what): number
                for row in self._rows.values()
                for what, number in row.sums(backend.xp, training.passes, before, self.model)
            }
            numbers = backend.to_numpy(backend.xp.stack(list(sums.values()))).tolist() if sums else []
        found = dict(zip(sums, numbers, strict=True))
        kept = sum(each < step for each in self.steps)  # the others are of a training that went over them again
        self.steps[kept:] = [step]
        for row in self._rows.values():
            of_row = {what: found.get((row.layer.name, what), math.nan) for what in _SUMS}
            for quantity, value in row.quantities(of_row).items():
                self.history[row.layer.name][quantity][kept:] = [value]

    # -- files -------------------------------------------------------------------------------------------

    def save(self, folder: str | PathLike[str]) -> None:
        """Write watch.csv and watch.png."""
        from tinydnn.inspect import figures

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["step", "layer", *QUANTITIES])
        for i, step in enumerate(self.steps):
            for name, found in self.history.items():
                values = [found[quantity][i] for quantity in QUANTITIES]
                writer.writerow([step, name, *("" if math.isnan(value) else value for value in values)])
        write_whole(Path(folder) / CSV_FILE, text.getvalue().encode())
        write_whole(Path(folder) / PLOT_FILE, figures.png(figures.watch(self.steps, self.history)))

    def load(self, folder: str | PathLike[str]) -> None:
        """Begin with what watch.csv has, where there is one.

        Raises:
            FileFormatError: it is damaged.
        """
        path = Path(folder) / CSV_FILE
        if not path.exists():
            return
        try:
            self.steps, self.history = _parsed(path.read_text(encoding="utf-8"))
        except (ValueError, csv.Error) as error:
            raise FileFormatError(
                f"{path}: expected what a watched training wrote; remove it. Found: {error}"
            ) from None


def _parsed(text: str) -> tuple[list[int], History]:
    rows = list(csv.reader(io.StringIO(text)))
    columns = ["step", "layer", *QUANTITIES]
    if rows[:1] != [columns]:
        raise ValueError(f"the columns {rows[:1]}")
    if any(len(row) != len(columns) for row in rows):
        raise ValueError("a row of another length")
    history: History = {row[1]: {quantity: [] for quantity in QUANTITIES} for row in rows[1:]}
    steps = [int(row[0]) for row in rows[1 :: max(1, len(history))]]
    if [row[:2] for row in rows[1:]] != [[str(step), name] for step in steps for name in history]:
        raise ValueError("not one row for each layer and step")
    if steps != sorted(set(steps)):
        raise ValueError("steps out of order")
    for _, name, *cells in rows[1:]:
        for quantity, cell in zip(QUANTITIES, cells, strict=True):
            history[name][quantity].append(_number(cell, quantity))
    return steps, history


def _number(cell: str, quantity: str) -> float:
    if not cell:
        return math.nan
    return int(cell) if quantity == "dead" else float(cell)


_SUMS = "dW²", "change²", "W²", "saturated", "dead"


@dataclass(frozen=True)
class _Row:
    """A layer that is watched.

    place: which of the model's layers it is.
    kernel: which of the model's weights is its W; None for an Activation alone.
    ends: where they are saturated; None where it has no end.
    """

    layer: layers.Layer
    place: int
    kernel: int | None
    ends: Ends | None

    @property
    def units(self) -> int:
        return math.prod(self.layer.output_shape or ())

    def sums(self, xp: Any, passes: list[Pass], before: Array, model: Any) -> Iterator[tuple[str, Any]]:
        """What the quantities are made of, as numbers on the device, in float64."""
        traces = [own.traces[self.place] for own in passes]
        if self.kernel is not None:
            W, W0 = self.layer.weights[0], model.layout.views(before)[self.kernel]
            dW = sum(xp.matmul(t.x.T, t.dz) for t in traces)
            if self.layer.kernel_regularizer is not None:
                self.layer.kernel_regularizer.add_gradient(xp, W0, dW)
            for what, values in (("dW²", dW), ("change²", W - W0), ("W²", W0)):
                yield what, xp.sum(xp.multiply(values, values, dtype=xp.float64))  # in float32 1e-23² is 0
        if self.ends is not None:
            outputs = [t.y for t in traces]
            low = sum(xp.sum(a <= self.ends.low, axis=0, dtype=xp.float64) for a in outputs)
            high = sum(xp.sum(a >= self.ends.high, axis=0, dtype=xp.float64) for a in outputs)
            rows = sum(len(a) for a in outputs)
            yield "saturated", xp.sum(low + high) / (rows * self.units)
            yield "dead", xp.sum(low == rows, dtype=xp.float64) + xp.sum(high == rows, dtype=xp.float64)

    def quantities(self, sums: dict[str, float]) -> dict[str, float]:
        """From those sums, NaN where there was none; of weights that are all 0 there is no ratio."""
        return {
            "gradient": math.nan if self.kernel is None else math.sqrt(sums["dW²"] / self.layer.weights[0].size),
            "update": math.sqrt(sums["change²"] / sums["W²"]) if sums["W²"] else math.nan,
            "saturated": sums["saturated"],
            "dead": math.nan if self.ends is None else int(sums["dead"]),
        }


def _rows(model: Any) -> list[_Row]:
    rows, weights = [], 0
    for i, layer in enumerate(model.layers):
        dense = isinstance(layer, layers.Dense)
        if dense or isinstance(layer, layers.Activation):
            ends = ENDS.get(type(layer.activation))
            rows.append(_Row(layer, i, weights if dense else None, ends))
        weights += len(layer.weights)
    return rows
