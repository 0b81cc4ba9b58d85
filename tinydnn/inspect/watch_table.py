"""A watched training for a terminal: a table that is redrawn, or plain lines where nothing can be redrawn."""

import math
import time
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from tinydnn.inspect.looks import Looks
from tinydnn.inspect.quantities import QUANTITIES
from tinydnn.utils.progbar import figure

_INTERVAL = 0.25  # seconds between two redraws
_COURSE = 16  # bars in the course of the updates
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.:-=+*#"
_COURSE_COLUMN, _REMARKS_COLUMN = "updates so far", "remarks"


def table(looks: Looks, console: Console) -> Table:
    """The last look: a row for each layer, with its remarks and the course of its updates if there is room."""
    for more in ((_COURSE_COLUMN, _REMARKS_COLUMN), (_REMARKS_COLUMN,), ()):
        result = _table(looks, more, console.options.ascii_only)
        if Measurement.get(console, console.options.update(width=10**6), result).maximum <= console.width:
            break
    return result


def _table(looks: Looks, more: Sequence[str], ascii_only: bool) -> Table:
    when = f"At step {looks.steps[-1]}; a look every {looks.every} steps" if looks.steps else "No look yet"
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=when, caption_justify="left", caption_style="")
    result.add_column("layer", no_wrap=True)
    for name in QUANTITIES:
        result.add_column(name, justify="right", no_wrap=True)
    for name in more:
        result.add_column(name, no_wrap=True, min_width=_COURSE if name == _COURSE_COLUMN else None)
    for name in looks.layers:
        found = looks.history[name]
        cells = [shown(quantity, values, looks.layers[name].units) for quantity, values in found.items()]
        nothing = "-" if ascii_only else "–"
        texts = {
            _COURSE_COLUMN: sparkline(found["update"], _ASCII_BARS if ascii_only else _BARS),
            _REMARKS_COLUMN: f"[yellow]{', '.join(looks.remarks(name))}[/]",
        }
        result.add_row(escape(name), *(cell or nothing for cell in cells), *(texts[each] for each in more))
    return result


def shown(quantity: str, values: Sequence[float], units: int) -> str:
    """The last value as text; empty where there is none."""
    if not values or math.isnan(values[-1]):
        return ""
    value = values[-1]
    if quantity == "saturated":
        return f"{value:.0%}"
    return f"{value} of {units}" if quantity == "dead" else f"{value:.1e}"


def sparkline(values: Sequence[float], bars: str = _BARS) -> str:
    """Bars with logarithmic heights, from the first value to the last; if there are many, some are picked.

    The highest bar stands for at least 10 times the lowest.
    """
    n = min(len(values), _COURSE)
    picked = [values[(len(values) - 1) * i // max(1, n - 1)] for i in range(n)]
    logs = [math.log10(value) if 0 < value < math.inf else None for value in picked]
    there = [each for each in logs if each is not None]
    if not there:
        return ""
    top = max(there)
    reach = max(1.0, top - min(there))
    heights = [None if each is None else 1 - (top - each) / reach for each in logs]
    return "".join(" " if each is None else bars[min(int(each * len(bars)), len(bars) - 1)] for each in heights)


class Display:
    """Shows the looks during a training.

    It draws over its last table and leaves the cursor below it. So there is nothing to restore, however the training
    ends.
    """

    def __init__(self, looks: Looks, console: Console | None) -> None:
        self._looks = looks
        self._console = console or Console(highlight=False)
        self._last_drawn = -math.inf
        self._height = 0  # lines of the table on the screen
        self.epoch = self._epochs = self._steps = 0

    def begin(self, epochs: int, steps: int | None) -> None:
        """A training begins; its table is drawn below that of an earlier one."""
        self._epochs, self._steps = epochs, steps
        self._height, self._last_drawn = 0, -math.inf

    def step(self, done: int, logs: Any) -> None:
        """A step is done; `done` is the number of steps so far in the epoch."""
        if time.perf_counter() - self._last_drawn >= _INTERVAL and self._draws:
            self._redraw(f", step {done}{f'/{self._steps}' if self._steps else ''}{_figures(logs)}")

    def epoch_ends(self, logs: Any) -> None:
        """The epoch is done."""
        if self._draws:
            self._redraw(_figures(logs))
        elif not self._closed:
            self._print(f"Epoch {self.epoch}/{self._epochs}{_figures(logs)}")
            for line in lines(self._looks):
                self._print(f"  {line}")

    @property
    def _closed(self) -> bool:
        """Whether the output was closed, which is no reason to end the training."""
        return bool(getattr(self._console.file, "closed", False))

    @property
    def _draws(self) -> bool:
        return not self._closed and self._console.is_terminal and not self._console.is_dumb_terminal

    def _print(self, line: str) -> None:
        print(line, file=self._console.file, flush=True)

    def _redraw(self, where: str) -> None:
        title = f"Epoch {self.epoch}/{self._epochs}{where}"
        with self._console.capture() as captured:
            self._console.print(title, markup=False)
            self._console.print(table(self._looks, self._console))
        most = self._console.height - 1  # lines above the screen can't be drawn over
        drawn = captured.get().splitlines(keepends=True)[:most]
        above = f"\033[{self._height}A\r\033[J" if self._height else ""
        self._console.file.write(above + "".join(drawn))
        self._console.file.flush()
        self._height, self._last_drawn = len(drawn), time.perf_counter()


def lines(looks: Looks) -> list[str]:
    """The last look as plain text, a line for each layer."""
    result, width = [], max(map(len, looks.history), default=0)
    for name in looks.layers:
        found = looks.history[name]
        cells = {quantity: shown(quantity, values, looks.layers[name].units) for quantity, values in found.items()}
        parts = [name.ljust(width), *(f"{quantity} {cell}" for quantity, cell in cells.items() if cell)]
        remarks = looks.remarks(name)
        result.append("  ".join(parts) + (f"  ({', '.join(remarks)})" if remarks else ""))
    return result


def _figures(logs: Any) -> str:
    return "".join(f" - {name}: {figure(value)}" for name, value in logs.items())
