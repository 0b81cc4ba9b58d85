"""A watched training for a terminal: a table that is redrawn, or plain lines where nothing can be redrawn."""

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from tinydnn.utils.progbar import figure

if TYPE_CHECKING:
    from tinydnn.inspect.watch import Watch

_INTERVAL = 0.25  # seconds between two redraws
_COURSE = 16  # bars that show how an update ratio went
_BARS, _ASCII_BARS = "▁▂▃▄▅▆▇█", "_.:-=+*#"


_COURSE_COLUMN, _REMARKS_COLUMN = "updates so far", "remarks"


def table(watch: "Watch", console: Console) -> Table:
    """The last look: a row for each layer, with the course of its updates and remarks, as far as there is room."""
    for more in ((_COURSE_COLUMN, _REMARKS_COLUMN), (_REMARKS_COLUMN,), ()):
        result = _table(watch, more, console.options.ascii_only)
        if Measurement.get(console, console.options.update(width=10**6), result).maximum <= console.width:
            break
    return result


def _table(watch: "Watch", more: Sequence[str], ascii_only: bool) -> Table:
    when = f"At step {watch.steps[-1]}; a look every {watch.every} steps" if watch.steps else "No look yet"
    result = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=when, caption_justify="left", caption_style="")
    result.add_column("layer", no_wrap=True)
    for name in ("gradient", "update", "saturated", "dead"):
        result.add_column(name, justify="right", no_wrap=True)
    for name in more:
        result.add_column(name, no_wrap=True, min_width=_COURSE if name == _COURSE_COLUMN else None)
    for name in watch.layers:
        found = watch.history[name]
        cells = [shown(quantity, values, watch.units(name)) for quantity, values in found.items()]
        nothing = "-" if ascii_only else "–"
        texts = {
            _COURSE_COLUMN: sparkline(found["update"], _ASCII_BARS if ascii_only else _BARS),
            _REMARKS_COLUMN: f"[yellow]{', '.join(watch.remarks(name))}[/]",
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
    """Bars of a logarithmic height, from the first value to the last one; of many some are picked.

    From the lowest bar to the highest it is a factor of 10, or more.
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
    """Shows a Watch while it looks.

    It draws over its own last table, and leaves the cursor below it. So there is nothing to put right, however the
    training ends.
    """

    def __init__(self, watch: "Watch", console: Console | None) -> None:
        self._watch = watch
        self._console = console or Console(highlight=False)
        self._last_drawn = -math.inf
        self._height = 0  # of the table that stands there
        self.epoch = 0

    def step(self, done: int, logs: Any) -> None:
        """So many steps of the epoch are done."""
        if time.perf_counter() - self._last_drawn >= _INTERVAL and self._draws:
            self._redraw(f", step {done}/{self._watch.params['steps']}{_figures(logs)}")

    def epoch_ends(self, logs: Any) -> None:
        """The epoch is done."""
        if self._draws:
            self._redraw(_figures(logs))
        elif not self._closed:
            self._print(f"Epoch {self.epoch}/{self._watch.params['epochs']}{_figures(logs)}")
            for line in lines(self._watch):
                self._print(f"  {line}")

    def end(self) -> None:
        """The training is done: the next one draws below."""
        self._height, self._last_drawn = 0, -math.inf

    @property
    def _closed(self) -> bool:
        """Whether nobody would see it, which is no reason to end a training."""
        return bool(getattr(self._console.file, "closed", False))

    @property
    def _draws(self) -> bool:
        return not self._closed and self._console.is_terminal and not self._console.is_dumb_terminal

    def _print(self, line: str) -> None:
        print(line, file=self._console.file, flush=True)

    def _redraw(self, where: str) -> None:
        title = f"Epoch {self.epoch}/{self._watch.params['epochs']}{where}"
        with self._console.capture() as captured:
            self._console.print(title, markup=False)
            self._console.print(table(self._watch, self._console))
        most = self._console.height - 1  # what has left the screen can't be drawn over
        drawn = captured.get().splitlines(keepends=True)[:most]
        above = f"\033[{self._height}A\r\033[J" if self._height else ""
        self._console.file.write(above + "".join(drawn))
        self._console.file.flush()
        self._height, self._last_drawn = len(drawn), time.perf_counter()


def lines(watch: "Watch") -> list[str]:
    """The last look as plain text, a line for each layer."""
    result, width = [], max(map(len, watch.history), default=0)
    for name in watch.layers:
        found = watch.history[name]
        cells = {quantity: shown(quantity, values, watch.units(name)) for quantity, values in found.items()}
        parts = [name.ljust(width), *(f"{quantity} {cell}" for quantity, cell in cells.items() if cell)]
        remarks = watch.remarks(name)
        result.append("  ".join(parts) + (f"  ({', '.join(remarks)})" if remarks else ""))
    return result


def _figures(logs: Any) -> str:
    return "".join(f" - {name}: {figure(value)}" for name, value in logs.items())
