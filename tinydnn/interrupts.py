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

    def check(self) -> None:
        """Raise the KeyboardInterrupt that was put off."""
        if self.pressed:
            raise KeyboardInterrupt


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Put off Ctrl-C until `check`, or the end of the block; within another such block, until the end of that.

    In another thread than the main one, or where somebody handles the signal already, nothing changes.
    """
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if in_main else None
    outer = getattr(before, "__self__", None)
    if isinstance(outer, Interrupt):
        yield outer
        return
    interrupt = Interrupt()
    if before is not signal.default_int_handler:
        yield interrupt
        return
    signal.signal(signal.SIGINT, interrupt.handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt.check()
