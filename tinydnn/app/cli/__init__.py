"""The `tinydnn` command: its list of commands, and how it ends."""

import io
import sys
from contextlib import suppress
from importlib import import_module
from typing import Annotated

import typer

from tinydnn import distribution
from tinydnn.app.cli.errors import DONE, FAILED, INTERRUPTED, WRONG_USE, InterruptedRunError, stopped
from tinydnn.device import ranks
from tinydnn.device.interrupts import Terminated, end_as_ctrl_c_does
from tinydnn.device.mpi import launched

# As `tinydnn --help` lists them. Each is a function in the file of the same name, which imports what only it needs
# when it runs.
COMMANDS = (
    "info",
    "train",
    "search",
    "evaluate",
    "predict",
    "report",
    "parity",
    "microscope",
    "mistakes",
    "diagnose",
    "course",
    "check",
    "selftest",
)

SHARED = "train", "evaluate", "predict"  # those that several processes do together, under mpirun

app = typer.Typer(add_completion=False, rich_markup_mode=None)
for name in COMMANDS:
    app.command(name)(getattr(import_module(f"tinydnn.app.cli.{name}"), name))


@app.callback()
def before_any_command(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Dense networks from scratch, with Keras' names."""
    if launched():
        distribution.set_distribution(distribution.DataParallel())
        ranks.current().tracebacks = "--debug" in sys.argv
        command = context.invoked_subcommand
        if ranks.current().size > 1 and command not in SHARED:
            raise typer.BadParameter(f"`tinydnn {command}` is no work for several processes; start it without mpirun")


def main() -> None:
    """Run the command. Errors go to standard error, in one line; with --debug as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that the terminal can't show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    end_as_ctrl_c_does()
    debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]  # so it may stand anywhere
    try:
        code = app(arguments or ["--help"], prog_name="tinydnn", standalone_mode=False)
    except InterruptedRunError as error:
        _complain(f"{error}", error)
        sys.exit(error.exit_code)
    except Terminated as error:
        _complain(stopped(error), error)
        raise
    except Exception as error:
        if debug:
            raise
        wrong_use = getattr(error, "exit_code", None) == WRONG_USE  # as Typer's own errors have it
        message = error.format_message() if wrong_use else f"{error}"  # type: ignore[attr-defined]
        _complain(message + ("; see `tinydnn --help`" if wrong_use else ""), error)
        sys.exit(WRONG_USE if wrong_use else FAILED)
    if code == INTERRUPTED:  # Typer returns this after Ctrl-C
        _complain(stopped(KeyboardInterrupt()), KeyboardInterrupt())
    sys.exit(code if isinstance(code, int) else DONE)


def _complain(message: str, error: BaseException) -> None:
    """Print one line to standard error: the message, and the error's notes."""
    whole = "; ".join([message, *getattr(error, "__notes__", [])])
    if ranks.current().rank == 0:  # which says it for all that fail so
        with suppress(OSError):  # the terminal may be gone
            print(f"tinydnn: {' '.join(whole.split())}", file=sys.stderr, flush=True)
    ranks.current().fail(error, said=ranks.current().rank == 0)
