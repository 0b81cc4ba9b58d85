"""Exit codes, and the errors of a command, of which `main` makes one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from tinydnn.device.interrupts import Terminated

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


class InterruptedRunError(Exception):
    """Ctrl-C or another signal ended a training; the message says what was saved."""

    def __init__(self, by: KeyboardInterrupt | Terminated, what_was_saved: str) -> None:
        super().__init__(f"{stopped(by)}; {what_was_saved}")
        self.exit_code = INTERRUPTED if isinstance(by, KeyboardInterrupt) else by.code


def stopped(by: KeyboardInterrupt | Terminated) -> str:
    """What ended the command, for a person."""
    return f"stopped by {'Ctrl-C' if isinstance(by, KeyboardInterrupt) else by.signal.name}"


@contextmanager
def wrong_use(*kinds: type[Exception]) -> Iterator[None]:
    """Turn errors of these kinds into wrong use of the command, with its exit code."""
    try:
        yield
    except kinds as error:
        raise typer.BadParameter(str(error)) from error


def refuse(context: typer.Context, why: str, *names: str) -> None:
    """Raise an error if any of these options was given."""
    for parameter in context.command.params:
        if parameter.name in names and was_given(context, parameter.name):
            raise typer.BadParameter(f"{why}; leave out {parameter.opts[0]}")


def was_given(context: typer.Context, name: str) -> bool:
    """Whether the option of this name was given."""
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"
