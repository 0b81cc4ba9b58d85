"""Progress as Keras prints it: a bar where there is a terminal or notebook, else one line an epoch.

Mirrors keras/src/utils/progbar.py.
"""

import errno
import os
import shutil
import sys
import time
from typing import Any

import numpy as np

_BAR_WIDTH = 20
_INTERVAL = 0.05  # seconds between two redraws
_NOTEBOOK_INTERVAL = 1.0  # a saved notebook keeps every one of them


class ProgressPrinter:
    """Prints the steps of one epoch, evaluation or prediction to standard output.

    Args:
        steps: how many there will be; None where nobody knows.
        verbose: 1 for the bar, or one line with its title where there is none; 2 for Keras' plain lines.
    """

    def __init__(self, steps: int | None, verbose: int) -> None:
        self.steps, self.done = steps, 0
        self._out = sys.stdout
        notebook = type(self._out).__module__.startswith("ipykernel")
        self._interval = _NOTEBOOK_INTERVAL if notebook else _INTERVAL
        self._draws = verbose == 1 and (notebook or _is_terminal(self._out))
        self._title_end = " - " if verbose == 1 and not self._draws else "\n"
        self._began = time.perf_counter()
        self._last_drawn = 0.0
        self._width = 0

    def title(self, text: str) -> None:
        self._print(text, self._title_end)

    def update(self, step: int, logs: dict[str, Any] | None) -> None:
        """Show that `step` steps are done."""
        self.done = step
        if not self._draws:
            return
        now = time.perf_counter()
        if now - self._last_drawn < self._interval:
            return
        self._last_drawn = now
        per_step = (now - self._began) / step
        left = now - self._began if self.steps is None else per_step * (self.steps - step)
        self._redraw(step, _clock(left), f"{_per_step(per_step)}{_figures(logs)}")

    def finish(self, logs: dict[str, Any] | None) -> None:
        """Show that all steps are done, and end the line."""
        seconds = time.perf_counter() - self._began
        self.steps = self.steps or self.done
        rest = f"{_per_step(seconds / self.steps)}{_figures(logs)}"
        if self._draws:
            self._redraw(self.steps, f"{seconds:.0f}s", rest, whole=True)
            self._print()
        else:
            self._print(f"{self.steps}/{self.steps} - {seconds:.0f}s - {rest}")

    def _print(self, text: str = "", end: str = "\n") -> None:
        if getattr(self._out, "closed", False):  # nobody would see it, which is no reason to end a training
            return
        try:
            print(text, end=end, file=self._out, flush=True)
        except OSError as error:
            if error.errno != errno.EIO:  # nor is a terminal that is gone: SIGHUP has ended it, or was to be ignored
                raise

    def _redraw(self, step: int, clock: str, text: str, whole: bool = False) -> None:
        """Write over the line; until the last time cut to the terminal's width, since a line that wraps stays."""
        count = f"{step:7d}/Unknown" if self.steps is None else f"{step:{len(str(self.steps))}d}/{self.steps}"
        room = shutil.get_terminal_size().columns - 1
        length = max(min(_BAR_WIDTH, room - len(f"{count}  {clock} ")), 0) if self.steps else 0
        width = len(f"{count} {' ' * length} {clock} ")
        if not whole:
            text = text[: max(room - width, 0)]
        filled, stroke = length * step // (self.steps or step), _stroke(self._out)
        bar = f"\033[32m{stroke * filled}\033[0m\033[37m{stroke * (length - filled)}\033[0m"
        padding = " " * max(self._width - width - len(text), 0)
        line = f"\r\033[1m{count}\033[0m {bar} \033[1m{clock}\033[0m {text}{padding}"
        self._print(line, "")
        self._width = width + len(text)


def _is_terminal(out: Any) -> bool:
    """Whether what is printed can be written over."""
    return (
        hasattr(out, "isatty")
        and not getattr(out, "closed", False)
        and out.isatty()
        and os.environ.get("TERM") != "dumb"
    )


def _stroke(out: Any) -> str:
    """What the bar is made of, where the output's encoding has it."""
    try:
        "━".encode(getattr(out, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return "="
    return "━"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}" if whole > 60 else f"{whole}s"


def _per_step(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.0f}s/step"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/step"
    return f"{seconds * 1e6:.0f}us/step"


def _figures(logs: dict[str, Any] | None) -> str:
    return "".join(f" - {name}: {figure(value)}" for name, value in (logs or {}).items())


def figure(value: Any) -> str:
    """A number of the log as Keras prints it; of several their mean."""
    value = float(np.mean(value))
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"
