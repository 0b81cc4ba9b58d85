"""Ranks: the processes that train one model together, each of which takes its share of the rows of every batch.

A rank is to processes what a thread of `device/threads.py` is within one. All ranks run the same program from the same
seed, so they have the same weights without being sent any; what they send each other is what their rows gave.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tinydnn.device.backend import Array

T = TypeVar("T")


class Ranks:
    """This process alone: rank 0 of 1. `device/mpi.py` has several.

    rank, size: its number among all, and how many there are.
    local_rank, local_size: the same among those on its machine.
    on_these_cores: how many run on the cores that this one may use.
    tracebacks: whether the error of a rank that fails alone is shown with its traceback.
    """

    rank, size = 0, 1
    local_rank, local_size = 0, 1
    on_these_cores = 1
    tracebacks = True

    def on(self, device: str) -> "Ranks":
        """The same ranks, for arrays on this device: "cpu" or "gpu"."""
        return self

    def sum(self, vector: Array) -> None:
        """vector = the sum of all ranks' vectors: ((rank 0's + rank 1's) + rank 2's) + …, the same bits on each."""

    def gather(self, array: Array, parts: Sequence[slice]) -> None:
        """array[parts[i]] = what rank i has there, for every i."""

    def largest(self, number: int) -> int:
        """The largest of all ranks' numbers."""
        return number

    def all_of(self, value: T) -> list[T]:
        """Every rank's value."""
        return [value]

    def first_does(self, work: Callable[[], T]) -> T:
        """What work() gives on rank 0, which alone runs it; where it fails there, all ranks raise its error."""
        return work()

    def fail(self, error: BaseException) -> None:
        """Return where all ranks fail, as they do in the same step of the same program; else end all of them now.

        The others would wait for this one for ever.
        """


_current = Ranks()


def current() -> Ranks:
    """The ranks that share trainings in this process, as `distribution.set_distribution` has it."""
    return _current


def set_current(ranks: Ranks) -> None:
    """Share trainings among these."""
    global _current
    _current = ranks
