"""Running a learner's code: what it prints is kept apart, and where it fails is told by its own line."""

import contextlib
import io
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from tinydnn.course import notebooks
from tinydnn.course.meaning import meaning


@dataclass
class Ran:
    """What came of a run.

    warned: what NumPy warned of, and in which line.
    seconds: how long it computed.
    failure: what went wrong and in which line, for the learner; None if nothing did.
    blank: whether it met a `...` that is still to be filled in.
    """

    value: Any = None
    printed: str = ""
    warned: list[str] = field(default_factory=list)
    seconds: float = 0.0
    failure: str | None = None
    blank: bool = False


def run(call: Callable[[], Any], folder: Path) -> Ran:
    """Call what a learner has written in files of this folder; files in it can be imported.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; a note says in which line.
    """
    out, ran = io.StringIO(), Ran()
    sys.path.insert(0, str(folder))
    began = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                ran.value = call()
        except KeyboardInterrupt as error:
            error.add_note(f"your program was in {_place(error, folder)}")
            if out.getvalue():
                print(f"Your program printed:\n{indented(out.getvalue())}")
            raise
        except (Exception, SystemExit) as error:
            ran.blank = isinstance(error, TypeError) and "ellipsis" in str(error)
            ran.failure = _told(error, folder)
        finally:
            sys.path.remove(str(folder))
    ran.seconds = time.process_time() - began
    ran.printed = out.getvalue()
    ran.warned = list(dict.fromkeys(_warned(each, folder) for each in caught if each.category is RuntimeWarning))
    return ran


def load(path: Path) -> tuple[ModuleType, Ran]:
    """Run a learner's file, or the code of a notebook, as a module of its own."""
    module = sys.modules[path.stem] = ModuleType(path.stem)
    module.__file__ = str(path)
    return module, run(lambda: notebooks.execute(path, module), path.resolve().parent)


def indented(printed: str, most: int = 20) -> str:
    """What was printed, set apart from what the check says; not all of it if there is much."""
    lines = printed.rstrip("\n").splitlines()
    more = [f"  | … and {len(lines) - most:,} lines more"] if len(lines) > most else []
    return "\n".join([f"  | {line}" for line in lines[:most]] + more)


def _warned(warning: warnings.WarningMessage, folder: Path) -> str:
    where = f" in line {warning.lineno}" if Path(warning.filename).parent == folder else ""
    return f"NumPy warns{where}: {warning.message}"


def _told(error: BaseException, folder: Path) -> str:
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SystemExit):
        what = "This would end the whole program"
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).parent == folder:
        what = f"{type(error).__name__}: {error.msg}"
        place = f"line {error.lineno} of {Path(error.filename).name}:\n    {(error.text or '').strip()}"
    else:
        place = _place(error, folder)
    means = meaning(error, folder)
    return f"It fails in {place}\n{what}" + (f"\n{means}." if means else "")


def _place(error: BaseException, folder: Path) -> str:
    """The last line of the learner's own that an error came through; a cell of Jupyter has no name."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == folder]
    if not own:
        return "none of your lines"
    file = "your cell" if "ipykernel" in own[-1].filename else Path(own[-1].filename).name
    by_itself = len(own) > 1 and own[0].name == "<module>"
    called = f"\n  called from line {own[0].lineno}: {own[0].line}" if by_itself else ""
    return f"line {own[-1].lineno} of {file}:\n    {own[-1].line}{called}"
