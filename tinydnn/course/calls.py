"""What is right for a task, by how much roundings may be off, and what each classic mistake gives."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinydnn.course.arguments import copied
from tinydnn.course.exercise import Arguments, Task
from tinydnn.course.results import called
from tinydnn.device.backend import Array
from tinydnn.inspect.roundings import OF_THE_WHOLE, ROUNDINGS, apart, norm

_SHARE = OF_THE_WHOLE["float32"]


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a task's function.

    case: a few words on what the arguments are.
    right: its tensors in float64, by name.
    before: the calls before this one, which were right if it comes to this one.
    share: how far each may be off, as a share of its Euclidean norm: some times as much as the solution is off that
        computes in the dtype of the arguments, and a little more.
    """

    task: Task
    case: str
    before: tuple["Call", ...]
    arguments: Arguments
    right: dict[str, Array]
    share: dict[str, float]

    def is_right(self, name: str, own: Array) -> bool:
        """Whether these are the right numbers, but for roundings."""
        return self.alike(name, own, self.right[name])

    def alike(self, name: str, own: Array, other: Array) -> bool:
        """Whether two tensors of this name are the same, but for roundings."""
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            return own.shape == other.shape and apart(own, other) <= self.share[name] * norm(other)

    @functools.cached_property
    def mistaken(self) -> list[tuple[Callable[..., object], dict[str, Array]]]:
        """Each classic mistake that shows in no call before this one, and the tensors that it gives."""
        shown = {mistake for call in self.before for mistake, given in call.mistaken if not call.all_right(given)}
        return [(each, called(self.task, each, self.arguments)) for each in self.task.mistakes if each not in shown]

    def all_right(self, given: dict[str, Array]) -> bool:
        """Whether all of a function's tensors are right."""
        return all(self.is_right(name, values) for name, values in given.items())


@functools.cache
def calls(task: Task) -> list[Call]:
    """The calls of a task, in order."""
    found: list[Call] = []
    for case, arguments in task.cases().items():
        given = copied(arguments, task.dtype)
        right = called(task, task.solution, copied(given, "float64"))
        rounded = called(task, task.solution, given)
        share = {name: _SHARE + ROUNDINGS * _part(apart(rounded[name], each), each) for name, each in right.items()}
        found.append(Call(task, case, tuple(found), given, right, share))
    return found


def _part(apart: float, right: Array) -> float:
    return apart / norm(right) if apart else 0.0


def largest(own: Array, right: Array) -> tuple[tuple[int, ...], int]:
    """The index where two arrays of one shape differ most, and how many of their numbers differ by more than roundings.

    What is NaN or infinite in one of them alone differs most.
    """
    with np.errstate(invalid="ignore"):
        off = np.abs(own - right)
    off = np.where(np.isnan(off), np.where((own == right) | (np.isnan(own) & np.isnan(right)), 0, np.inf), off)
    index = np.unravel_index(int(off.argmax()), off.shape)
    count = int((off > _SHARE * np.abs(right[np.isfinite(right)]).max(initial=0)).sum())
    return tuple(int(i) for i in index), max(count, 1)
