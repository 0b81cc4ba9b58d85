"""The looks at a training: the quantities of each layer at each look, what is remarkable, and both as a CSV file."""

import csv
import io
import math
from collections.abc import Mapping

from tinydnn.inspect.quantities import QUANTITIES, WatchedLayer

LEAST_UPDATE, LARGEST_UPDATE = 1e-4, 1e-1  # outside of these an update gets a remark; the rule of thumb is 1e-3

History = dict[str, dict[str, list[float]]]


class Looks:
    """All looks so far.

    every: steps from one look to the next.
    steps: the numbers of the steps that were looked at, from 1, counted over the whole training.
    history: history["dense"]["update"][i] belongs to steps[i]; NaN where a layer has no such quantity.
    layers: the layers of the training, by name; none before one begins.
    """

    def __init__(self, every: int) -> None:
        self.every = every
        self.steps: list[int] = []
        self.history: History = {}
        self.layers: dict[str, WatchedLayer] = {}

    def begin(self, watched: dict[str, WatchedLayer]) -> None:
        """Start with the layers of a training. The history goes on if it is of layers with these names."""
        self.layers = watched
        if list(self.history) != list(watched):
            self.steps, self.history = [], {name: {each: [] for each in QUANTITIES} for name in watched}

    def add(self, step: int, found: Mapping[str, Mapping[str, float]]) -> None:
        """Add a look at a step. It replaces looks at this step and later ones, which are now taken once more.

        found: by the name of a layer its quantities.
        """
        kept = sum(each < step for each in self.steps)
        self.steps[kept:] = [step]
        for name, quantities in found.items():
            for quantity, value in quantities.items():
                self.history[name][quantity][kept:] = [value]

    def remarks(self, name: str) -> list[str]:
        """What deserves attention in the last look at this layer, in words."""
        found = {quantity: values[-1] for quantity, values in self.history[name].items() if values}
        layer, said = self.layers[name], []
        if found.get("gradient") == 0:
            said.append("no gradient")
        if found.get("update", math.nan) < LEAST_UPDATE:
            said.append("small updates")
        if found.get("update", math.nan) > LARGEST_UPDATE:
            said.append("large updates")
        if layer.ends is not None and found.get("saturated", math.nan) > layer.ends.much:
            said.append("saturated")
        if found.get("dead", math.nan) > layer.units / 2:
            said.append("mostly dead")
        return said

    def to_csv(self) -> str:
        """A row for each step and layer; an empty cell is NaN."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["step", "layer", *QUANTITIES])
        for i, step in enumerate(self.steps):
            for name, found in self.history.items():
                values = [found[quantity][i] for quantity in QUANTITIES]
                writer.writerow([step, name, *("" if math.isnan(value) else value for value in values)])
        return text.getvalue()

    def take_csv(self, text: str) -> None:
        """Replace the looks by those that `to_csv` wrote.

        Raises:
            ValueError, csv.Error: the text is damaged; nothing has changed then.
        """
        self.steps, self.history = _parsed(text)


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
