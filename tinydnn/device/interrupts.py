"""Ctrl-C without a step cut in half: it is noted, and acted on between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Terminated(SystemExit):
    """A signal other than Ctrl-C's asked the process to end; the exit code is a shell's, 128 + the signal's number."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


class Interrupt:
    """The signal to end that came, if one did.

    patient: whether a second one waits for `check`, too; else it raises at once.
    held: whether nothing raises before the end of the block.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self.patient = True
        self.held = False

    def handle(self, number: int, frame: Any) -> None:
        if self.number is not None and not self.patient and not self.held:
            self.patient = True  # what ends now is not cut short by a third one
            self.check()
        self.number = self.number or number

    def check(self) -> None:
        """Raise KeyboardInterrupt or Terminated, if a signal was put off."""
        if self.number is not None and not self.held:
            number, self.number = self.number, None
            raise _ended_by(number)


def _ended_by(number: int) -> KeyboardInterrupt | Terminated:
    return KeyboardInterrupt() if number == signal.SIGINT else Terminated(number)


class _Patience:
    """An interrupt is patient, or is not, for as long as a `with` block lasts."""

    def __init__(self, interrupt: Interrupt, patient: bool) -> None:
        self._interrupt, self._patient, self._before = interrupt, patient, interrupt.patient

    def __enter__(self) -> None:
        self._interrupt.patient = self._patient

    def __exit__(self, *error: Any) -> None:
        self._interrupt.patient = self._before


_nobodys = Interrupt()  # which no signal reaches
_active = _nobodys  # the main thread's


def _under_way() -> Interrupt:
    return _active if threading.current_thread() is threading.main_thread() else _nobodys


@contextmanager
def deferred_interrupt() -> Iterator[Interrupt]:
    """Put off Ctrl-C until `check`, or the end of the block; within another such block, until the end of that.

    So nothing that the block begins or ends is left half done. In another thread than the main one nothing changes,
    and Ctrl-C stays with whoever handles or ignores it already.
    """
    global _active
    if threading.current_thread() is not threading.main_thread():
        yield _nobodys
        return
    if _active is not _nobodys:
        with _Patience(_active, True):
            yield _active
        return
    interrupt = Interrupt()
    try:
        _active = interrupt
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, interrupt.handle)
        yield interrupt
    finally:
        try:
            if signal.getsignal(signal.SIGINT) == interrupt.handle:
                signal.signal(signal.SIGINT, signal.default_int_handler)
        finally:
            _active = _nobodys
        interrupt.held = False
        interrupt.check()  # also where the block has failed, or the signal would be lost


def impatient() -> _Patience:
    """Let a second Ctrl-C raise at once for as long as this block lasts, as what runs in it may hang."""
    return _Patience(_under_way(), False)


# Of a shell, a terminal that closes, a batch system or the limit on computing time; SIGHUP is that of a lost ssh.
_ENDING = "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGXCPU"


def end_as_ctrl_c_does() -> None:
    """Let the signals that would end this process do what Ctrl-C does; those that it ignores, as under nohup, stay so.

    They raise Terminated, also where Ctrl-C is ignored, as in a script's background.
    """
    for number in (getattr(signal, name) for name in _ENDING if hasattr(signal, name)):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _handle)


def _handle(number: int, frame: Any) -> None:
    if _active is _nobodys:
        raise _ended_by(number)
    _active.handle(number, frame)
