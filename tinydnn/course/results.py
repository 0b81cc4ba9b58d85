"""What a function gives, as tensors with names: what it returns, and how far the arrays moved that it changes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.course.arguments import copied
from tinydnn.course.exercise import Arguments, Names, Task
from tinydnn.device.backend import Array
from tinydnn.inspect.arrays import array_of

CHANGE = "change of "  # so begins the name of the tensor that says how far an array has moved


class NotAsAskedError(ValueError):
    """What a function returns can't be compared; the message says what is expected."""


def called(task: Task, function: Callable[..., Any], arguments: Arguments) -> dict[str, Array]:
    """The tensors of a function of ours for these arguments, which stay as they are."""
    given = copied(arguments)
    with np.errstate(all="ignore"):
        value = function(*given.values())
    return {name: np.asarray(each, np.float64) for name, each in tensors(task, value, arguments, given).items()}


def tensors(task: Task, value: Any, before: Arguments, after: Arguments) -> dict[str, Any]:
    """What a call has returned, and by how much it has changed its arguments, by name; not yet as arrays.

    Raises:
        NotAsAskedError: it returned nothing, or not as many things as it should, or has put other shapes in place.
    """
    found = _flat(task.returns, returned(task.returns, value))
    for name in task.changes:
        label = name if isinstance(name, str) else name[0]
        if list(map(np.shape, after[label])) != list(map(np.shape, before[label])):
            raise NotAsAskedError(f"{label} has other shapes after the call than before; only numbers may change.")
        was, is_now = (_flat((name,), [arguments[label]]) for arguments in (before, after))
        found |= {f"{CHANGE}{each}": np.subtract(is_now[each], was[each], dtype=np.float64) for each in was}
    return found


def returned(names: Names, value: Any) -> list[Any]:
    """What a function returns, as a list with one entry for each name."""
    shown = ", ".join(name if isinstance(name, str) else name[0] for name in names)
    if not names:
        return []
    if value is None:
        raise NotAsAskedError(f"It returns nothing. Its last line has to be `return {shown}`.")
    if len(names) == 1:
        return [value]
    if not isinstance(value, list | tuple) and np.shape(value) != (len(names),):
        raise NotAsAskedError(f"It returns one thing, and has to return {len(names)}: `return {shown}`.")
    if len(value) != len(names):
        raise NotAsAskedError(f"It returns {len(value)} things, and has to return {len(names)}: `return {shown}`.")
    return list(value)


def _flat(names: Names, values: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        found |= {name: value} if isinstance(name, str) else dict(zip(name[1], value, strict=True))
    return found


def numbers(name: str, value: Any) -> Array:
    """A learner's array, or lists of numbers, in float64.

    Raises:
        NotAsAskedError: it has other things than numbers in it, or rows of different lengths.
    """
    if isinstance(value, dict | str | set) or callable(value):
        raise NotAsAskedError(f"{name} has to be an array of numbers, and is a {type(value).__name__}.")
    try:
        array = array_of(value)
    except ValueError:
        raise NotAsAskedError(f"{name} has rows of different lengths.") from None
    if array.dtype.kind not in "biuf":
        what = "complex numbers" if array.dtype.kind == "c" else f"{array.dtype.name}s"
        raise NotAsAskedError(f"{name} has to be an array of numbers, and has {what} in it.")
    return array.astype(np.float64)
