"""Why a tensor is wrong: the classic mistake that gives the same numbers, or what any tensor can be mistaken for."""

import math
from collections.abc import Mapping

import numpy as np

from tinydnn.course.calls import Call
from tinydnn.course.results import CHANGE
from tinydnn.device.backend import Array
from tinydnn.inspect.roundings import apart, factor

_ONE_FACTOR = 1e-4  # the largest share of the own values that a factor may leave over
_NUMBERS = {-1.0: "the sign is wrong", 2.0: "a factor of 2 is too many", 0.5: "a factor of 2 is missing"}

Tensors = Mapping[str, Array]


def explained(call: Call, own: Tensors, name: str) -> str | None:
    """What explains the first wrong tensor, of this name; None if nothing does.

    own: the learner's tensors that are numbers, by name.
    """
    return _mistake(call, own, name) or _still(call, own) or _anything(call, own, name)


def _mistake(call: Call, own: Tensors, name: str) -> str | None:
    """The remark on the mistake that gives this tensor and most others; among several, the nearest one."""
    found: list[tuple[int, float, str]] = []
    order = list(call.task.order or call.right)
    before = order[: order.index(name)]  # all right, so a mistake that would show in one of them was not made
    for mistake, given in call.mistaken:
        shows_first = call.all_right({each: given[each] for each in before}) and not call.is_right(name, given[name])
        moves = all(given[each].any() == own[each].any() for each in own if each.startswith(CHANGE))
        if shows_first and moves and call.alike(name, own[name], given[name]):
            same = sum(call.alike(each, own[each], given[each]) for each in own)
            with np.errstate(invalid="ignore"):
                off = apart(own[name], given[name])
            found.append((-same, off, " ".join((mistake.__doc__ or "").split())))
    return min(found, key=lambda each: each[:2])[-1] if found else None


def _still(call: Call, own: Tensors) -> str | None:
    """Which arrays have not changed where others have."""
    changes = {name.removeprefix(CHANGE): own[name] for name in own if name.startswith(CHANGE)}
    moved, still = ([name for name, each in changes.items() if each.any() == has] for has in (True, False))
    if not moved or not still:
        return None
    if len(moved) < len(still):
        return f"Only {' and '.join(moved)} changed. Is the step taken for each of the arrays, inside the loop?"
    return f"{', '.join(still)} did not change, and {'have' if len(still) > 1 else 'has'} to."


def _anything(call: Call, own: Tensors, name: str) -> str | None:
    values, right = own[name], call.right[name]
    for other in call.right:
        if other != name and call.is_right(other, values):
            return f"What you return as {name} is {other}: the order is {', '.join(call.right)}."
    for argument, given in call.arguments.items():
        if isinstance(given, np.ndarray) and call.alike(name, values, given.astype(np.float64)):
            return f"This is {argument}, just as your function got it."
    if values.ndim == 2 and call.is_right(name, values.T):
        return "The numbers are right, but turned round: rows and columns are exchanged."
    if values.shape != right.shape:
        return _shape(values, right) if values.size == right.size else None
    if np.isnan(values).any() and not np.isnan(right).any():
        return (
            "There are NaN among your numbers, which come of 0 / 0, of infinity minus or divided by infinity, or of a "
            "log or root of what is below 0."
        )
    if np.isinf(values).any():
        return "There are infinite numbers among yours, which come of a division by 0, or of exp of a large number."
    if not values.any() and right.any():
        return "All your numbers are 0."
    if values.ndim and len(values) > 1 and not values[1:].any() and np.allclose(values[0], right[0], rtol=1e-3):
        return "Only the first row is right, and the rest is 0: does `return` stand inside the loop?"
    return _factor(call, values, right)


def _shape(values: Array, right: Array) -> str | None:
    if np.squeeze(values).shape == np.squeeze(right).shape:
        return "An axis of length 1 is too many or missing: look for keepdims, or for a bracket around a single number."
    if values.shape == right.shape[::-1]:
        return "Rows and columns are exchanged."
    return None


def _factor(call: Call, values: Array, right: Array) -> str | None:
    k, rest = factor(values, right)
    if rest > _ONE_FACTOR:
        return None
    arrays = {name: each for name, each in call.arguments.items() if isinstance(each, np.ndarray) and each.ndim}
    lengths = {len(each): f"the rows of {name}" for name, each in arrays.items()}
    for length, what in lengths.items():
        if math.isclose(k, length, rel_tol=_ONE_FACTOR):
            return f"It is {length} times too large, and {length} is the number of {what}."
        if math.isclose(k * length, 1, rel_tol=_ONE_FACTOR):
            return f"It is {length} times too small, and {length} is the number of {what}."
    known = next((f": {what}" for number, what in _NUMBERS.items() if math.isclose(k, number, rel_tol=1e-4)), "")
    if right.size == 1:  # of which any other number is some multiple
        return f"It is {k:.6g} times the right number{known}." if known else None
    return f"Each of your numbers is {k:.6g} times the right one{known}."
