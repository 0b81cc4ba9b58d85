"""What an exercise of the course is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]
Arguments = dict[str, Any]
Names = tuple[
    str | tuple[str, tuple[str, ...]], ...
]  # ("dW", "db"), or with a list of arrays (("weights", ("W1", …)),)


@dataclass(frozen=True, eq=False)
class Task:
    """A function to write.

    solution: the right one, which has the learner's name and arguments.
    cases: makes the arguments of each call, by a few words on what they are. Arrays are in float64.
    returns: the names of what it returns, in order; lists of arrays with the names of these.
    mistakes: functions that do it wrong as people do; the docstring of each is what the learner reads then.
    order: the names in the order of computation, where it is not that of `returns`.
    changes: the arguments that it changes in place; what counts is how far they move.
    dtype: of the arrays of real numbers among the arguments.
    """

    solution: Function
    cases: Callable[[], dict[str, Arguments]]
    returns: Names
    mistakes: tuple[Function, ...]
    changes: Names = ()
    order: tuple[str, ...] = ()
    dtype: str = "float32"

    @property
    def name(self) -> str:
        return self.solution.__name__


@dataclass(frozen=True, eq=False)
class Exercise:
    """A file of the course, with one idea and the functions that belong to it.

    file: its name, without an ending; it begins with ex and the number.
    text: the title, an empty line, and the idea with shapes and formula, for a terminal and for a notebook.
    start: the code that a learner finds, with `...` in each blank.
    hint: what helps somebody who is stuck.
    """

    file: str
    text: str
    start: str
    hint: str
    tasks: tuple[Task, ...]

    @property
    def number(self) -> int:
        return int(self.file[2:4])

    @property
    def title(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def idea(self) -> str:
        return self.text.partition("\n")[2].strip()
