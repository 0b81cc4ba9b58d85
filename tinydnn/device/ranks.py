"""Ranks: the processes that train one model together, each of which takes its share of the rows of every batch.

A rank is to processes what a thread of `device/threads.py` is within one. All ranks run the same program from the same
seed, so they have the same weights without being sent any; what they send each other is what their rows gave. All have
to call what is shared: whoever waits for one that does something else would wait for ever.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from tinydnn.device.backend import Array
from tinydnn.device.interrupts import Interrupt

P = ParamSpec("P")
T = TypeVar("T")


class Exchange:
    """What ranks do with arrays on one kind of device; of one rank alone, nothing.

    rank, size: its number among all, and how many there are.
    """

    rank, size = 0, 1

    def sum(self, vector: Array) -> None:
        """vector = the sum of all ranks' vectors: ((rank 0's + rank 1's) + rank 2's) + …, the same bits on each."""

    def gather(self, array: Array, parts: Sequence[slice]) -> None:
        """array[parts[i]] = what rank i has there, for every i."""


class Ranks(Exchange):
    """This process alone: rank 0 of 1. `device/mpi.py` has several.

    local_rank, local_size: its number among those on its machine, and how many these are.
    cores: how many each rank may use, where there are several.
    tracebacks: whether the error of a rank that fails alone is shown with its traceback.
    failed: whether all have failed together, so that none of them waits for others at its end.
    """

    local_rank, local_size = 0, 1
    cores: int | None = None
    tracebacks = True
    failed = False

    def on(self, device: str) -> Exchange:
        """What they do with arrays on this device: "cpu" or "gpu"."""
        return self

    def largest(self, *numbers: int) -> list[int]:
        """The largest that any rank has, of each of these numbers."""
        return list(numbers)

    def all_of(self, what: str, value: T) -> list[T]:
        """Every rank's value.

        what: what they do, for the error where others do something else: "evaluate".

        Raises:
            RuntimeError: they do.
        """
        return [value]

    def first_does(self, what: str, work: Callable[[], T]) -> T:
        """What work() gives on rank 0, which alone runs it; where it fails there, all ranks raise its error.

        Raises:
            RuntimeError: others do something else than `what`.
        """
        return work()

    def fail(self, error: BaseException, said: bool = False) -> None:
        """Return where all ranks fail, as they do in the same step of the same program; else end all of them now.

        The others would wait for this one for ever. The error is shown, unless it is said already.
        """


_current = Ranks()


def current() -> Ranks:
    """The ranks that share trainings in this process, as `distribution.set_distribution` has it."""
    return _current


def set_current(ranks: Ranks) -> None:
    """Share trainings among these."""
    global _current
    _current = ranks


def check(interrupt: Interrupt) -> None:
    """Raise what `interrupt.check` raises, on all ranks, where a signal came to one of them."""
    (number,) = current().largest(interrupt.number or 0)
    if number:
        interrupt.number = number
        interrupt.check()


def by_first(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have rank 0 alone run a function, such as one that writes a file; the others wait for it, and fail as it does."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return current().first_does(what, lambda: function(*args, **kwargs))

        return call

    return decorate
