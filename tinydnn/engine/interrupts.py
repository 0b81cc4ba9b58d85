"""Ctrl-C without a step cut in half: it is noted, and acted on between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupt:
    """Whether Ctrl-C was pressed; a second time raises at once, except while something is `patient`."""

    def __init__(self) -> None:
        self.pressed = False
        self.patient = False

    def handle(self, number: int, frame: Any) -> None:
        if self.pressed and not self.patient:
            raise KeyboardInterrupt
        self.pressed = True

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Be patient for as long as this block lasts."""
        before, self.patient = self.patient, True
        try:
            yield
        finally:
            self.patient = before

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was put off."""
        if self.pressed:
            raise KeyboardInterrupt


_active: Interrupt | None = None  # of the main thread


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Put off Ctrl-C until `check`, or the end of the block; within another such block, until the end of that.

    In another thread than the main one nothing changes, and Ctrl-C stays with whoever handles or ignores it already.
    """
    global _active
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    if _active is not None:
        yield _active
        return
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, interrupt.handle)
    _active = interrupt
    try:
        yield interrupt
    finally:
        _active = None
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt.check()


def terminate(number: int, frame: Any) -> None:
    """A handler of SIGTERM that does what Ctrl-C does, also where that is ignored, as in a script's background."""
    if _active is None:
        raise KeyboardInterrupt
    _active.handle(number, frame)
