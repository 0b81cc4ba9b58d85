"""Checking a learner's function: its tensors next to the right ones, one after the other."""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tinydnn.course import digits
from tinydnn.course.arguments import copied
from tinydnn.course.calls import Call, calls, largest
from tinydnn.course.exercise import Arguments, Task
from tinydnn.course.explaining import explained
from tinydnn.course.results import NotAsAskedError, numbers, tensors
from tinydnn.course.running import Ran, run
from tinydnn.device.backend import Array
from tinydnn.inspect.roundings import apart, norm

_SLOW = 1.0  # seconds of a call; with whole arrays none takes more than 0.2
RIGHT, BLANK, WRONG = "right", "not written yet", "wrong"


@dataclass
class Tensor:
    """A tensor of the learner's next to the right one.

    state: RIGHT, BLANK or WRONG.
    problem: why it can't be compared: no numbers, or another shape.
    apart: the largest difference; None if it can't be compared, or is no number.
    """

    name: str
    shape: tuple[int, ...]
    state: str
    problem: str | None = None
    apart: float | None = None


@dataclass
class Verdict:
    """What there is to say of a function.

    case: what it was called with, in a few words; that of the first wrong call, or of the last.
    tensor: the first one that is wrong or blank.
    what: what is wrong, and where.
    why: the mistake that explains it.
    """

    function: str
    state: str
    case: str = ""
    tensors: list[Tensor] = field(default_factory=list)
    tensor: str | None = None
    what: str = ""
    why: str | None = None
    notes: list[str] = field(default_factory=list)
    printed: str = ""


def verdict_on(task: Task, function: Callable[..., Any], folder: Path) -> Verdict:
    """Call a learner's function, whose code is in this folder, as often as the task says, until a call is wrong."""
    printed, notes = "", []
    verdict = Verdict(task.name, RIGHT)
    for each in calls(task):
        if problem := _signature(task, function, each.arguments):
            return Verdict(task.name, WRONG, what=problem)
        given = copied(each.arguments)
        ran = run(lambda given=given: function(*given.values()), folder)  # type: ignore[misc]
        verdict = _of_call(each, ran, given)
        printed += ran.printed
        notes += [warning for warning in ran.warned if warning not in notes]
        if verdict.state != RIGHT:
            break
    if verdict.state == RIGHT:
        notes = [f"{note}. The result is right all the same." if "overflow" in note else note for note in notes]
    verdict.printed, verdict.notes = printed, notes + verdict.notes
    return verdict


def _signature(task: Task, function: Callable[..., Any], arguments: Arguments) -> str | None:
    """What is wrong with a function's own arguments, for a call with these."""
    names = list(inspect.signature(task.solution).parameters)
    try:
        own = [name for name in inspect.signature(function).bind(*arguments.values()).arguments if name in names]
    except (TypeError, ValueError):
        own = None
    if own is None or own != sorted(own, key=names.index):
        return f"{task.name} has to take the arguments ({', '.join(names)}), in this order."
    return None


def _of_call(call: Call, ran: Ran, given: dict[str, Any]) -> Verdict:
    verdict = Verdict(call.task.name, RIGHT, call.case)
    if ran.failure is not None:
        verdict.state = BLANK if ran.blank else WRONG
        verdict.what = "There is a `...` left, which stands for what you are to write." if ran.blank else ran.failure
        if not ran.blank and (shapes := _shapes(call.arguments)):
            verdict.what += f"\nIt was called with {shapes}."
            verdict.why = _other_sizes(call)
        return verdict
    try:
        found = tensors(call.task, ran.value, call.arguments, given)
    except NotAsAskedError as error:
        verdict.state, verdict.what = WRONG, str(error)
        return verdict
    own: dict[str, Array] = {}
    verdict.tensors = [_compared(call, name, found[name], own) for name in call.task.order or found]
    first = next((each for each in verdict.tensors if each.state != RIGHT), None)
    if first is not None:
        verdict.state, verdict.tensor = first.state, first.name
        verdict.what = first.problem or _where(call, first, own[first.name])
        verdict.why = explained(call, own, first.name) if first.name in own else None
        verdict.why = verdict.why or _other_sizes(call)
    verdict.notes = _notes(call, ran, found, given)
    return verdict


def _other_sizes(call: Call) -> str | None:
    """What may explain a wrong call if those before it were right, and this one has arrays of other sizes."""
    if not call.before or _shapes(call.arguments) == _shapes(call.before[-1].arguments):
        return None
    return f"It was right on {call.before[-1].case}. Is a size of those arrays written into it, as a number?"


def _compared(call: Call, name: str, value: Any, own: dict[str, Array]) -> Tensor:
    """A tensor's state; its numbers are added to `own`."""
    right = call.right[name]
    if value is ...:
        return Tensor(name, right.shape, BLANK, f"{name} is still `...`, which stands for what you are to write.")
    try:
        values = numbers(name, value)
    except NotAsAskedError as error:
        return Tensor(name, right.shape, WRONG, str(error))
    if right.shape == () and values.size == 1:
        values = values.reshape(())
    own[name] = values
    if values.shape != right.shape:
        problem = f"{name} has the shape {_shape(values)}, and has to have the shape {_shape(right)}."
        return Tensor(name, right.shape, WRONG, problem)
    index, _ = largest(values, right)
    off = abs(float(values[index]) - float(right[index]))
    state = RIGHT if call.is_right(name, values) else WRONG
    return Tensor(name, right.shape, state, apart=off if math.isfinite(off) else None)


def _where(call: Call, tensor: Tensor, own: Array) -> str:
    """How many numbers differ, where they do so most, and by how much."""
    right = call.right[tensor.name]
    index, count = largest(own, right)
    if right.size == 1:
        return f"{tensor.name} is {own[index]:.6g}, and has to be {right[index]:.6g}."
    many = "all" if count == right.size else f"{count:,} of"
    whose = ""
    if len(right) == len(digits.batch().labels):
        whose = f" (row {index[0]} is a {digits.batch().labels[index[0]]})"
    return (
        f"{tensor.name} is off in {many} {right.size:,} numbers, most at [{', '.join(map(str, index))}]{whose}: "
        f"yours is {own[index]:.6g}, right is {right[index]:.6g}."
    )


def _shape(values: Array) -> str:
    return str(values.shape) if values.ndim else "() of a single number"


def _shapes(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name} {each.shape}" for name, each in arguments.items() if isinstance(each, np.ndarray))


def _notes(call: Call, ran: Ran, found: dict[str, Any], given: dict[str, Any]) -> list[str]:
    """Remarks on what is not wrong, but may be elsewhere: arguments that were changed, lists, slow loops."""
    meant = {name if isinstance(name, str) else name[0] for name in call.task.changes}
    notes = [
        f"Your function changes {name} itself, which its caller may need: make a new array, or put back what it was."
        for name, before in call.arguments.items()
        if isinstance(before, np.ndarray) and name not in meant
        if apart(given[name].astype(np.float64), before.astype(np.float64)) > 1e-6 * norm(before)
    ]
    lists = [name for name, value in found.items() if isinstance(value, list) and call.right[name].ndim]
    notes += [f"{name} is a list; other functions need an array, np.array({name})." for name in lists]
    if ran.seconds > _SLOW:
        slow = f"It took {ran.seconds:.1f} s, which is too slow for a training."
        notes.append(f"{slow} NumPy's functions and operators take whole arrays, without a loop.")
    return notes
