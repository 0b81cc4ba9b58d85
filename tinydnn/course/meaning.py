"""What an error in a learner's code means, where Python's or NumPy's words do not tell it."""

import re
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

# What NumPy says when shapes don't fit, and what it means.
_MEANINGS = {
    "matmul": "In A @ B the last axis of A and the first axis of B have to have the same length",
    "not aligned": "In A.dot(B) the last axis of A and the first axis of B have to have the same length",
    "could not be broadcast": "Two arrays fit if their axes, from the last one on, have the same length, or length 1",
    "can be converted to Python scalars": "Functions of `math` take one number; those of NumPy, as np.exp, take arrays",
    "math range error": "exp of a large number is too large for `math`; np.exp gives infinity, and 1 / infinity is 0",
    "truth value of an array": "`max`, `if` and `and` take one number; for arrays there are np.maximum, np.where and &",
    "must be of integer": "What picks rows or columns has to be whole numbers, places, and no one-hot rows",
    "bitwise_xor": "A power is `**` in Python; `^` is something else",
    "for ^": "A power is `**` in Python; `^` is something else",
    "Cannot cast ufunc": "Operators as `/=` write into the array itself, and whole numbers can't hold decimals: make a "
    "new array",
    "index 255 is out": "Labels are whole numbers from 0 to 255, and 0 - 1 is 255 there. Row k belongs to digit k, so "
    "take nothing off",
    "'numpy.ndarray' object is not callable": "Round brackets call a function, this is an array: `.T` has no brackets",
    "too many values to unpack": "There are fewer names on the left than values on the right",
    "not enough values to unpack": "There are more names on the left than values on the right",
}


def meaning(error: BaseException, folder: Path) -> str | None:
    """What an error means that came out of code in this folder; None if its own words are all there is to say."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [i for i, frame in enumerate(frames) if Path(frame.f_code.co_filename).parent == folder]
    found = [_of_product(str(error))]
    if own:
        mine, called = frames[own[-1]], frames[own[-1] + 1 : own[-1] + 2]
        found = [*map(_of_given, called), _of_name(error, _arguments(mine)), *found]
    found += [means for words, means in _MEANINGS.items() if words in str(error)]
    return next((each for each in found if each), None)


def _arguments(frame: FrameType) -> tuple[str, ...]:
    return frame.f_code.co_varnames[: frame.f_code.co_argcount]


def _of_given(frame: FrameType) -> str | None:
    """What a given function got that failed."""
    names = _arguments(frame)
    is_given = frame.f_globals.get("__name__", "").startswith(("tinydnn.course.", "one_file"))
    if not is_given or not names or not set(names) <= set(frame.f_locals):
        return None
    got = ", ".join(_shown(frame.f_locals[name]) for name in names)
    what = f"{', '.join(names)}, in this order" if len(names) > 1 else f"the whole array {names[0]}"
    return f"{frame.f_code.co_name} takes {what}; it got {got}"


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return str(value.shape)
    return "one number" if np.isscalar(value) or isinstance(value, np.ndarray) else f"a {type(value).__name__}"


def _of_name(error: BaseException, names: tuple[str, ...]) -> str | None:
    """What a name that is not there may be meant for; names: the function's arguments."""
    if not isinstance(error, NameError) or not error.name:
        return None
    if error.name.swapcase() in names:
        return f"Capitals count: {error.name.swapcase()}"
    if error.name == "N":
        return "N in the text is the number of rows, len(…)"
    if hasattr(np, error.name):
        return f"NumPy's functions need np.: np.{error.name}"
    return f"The arguments are called {', '.join(names)}" if names else None


def _of_product(words: str) -> str | None:
    """Whether a product of matrices is meant where shapes don't fit number by number."""
    shapes = re.findall(r"\((\d+),(\d+)\)", words) if "could not be broadcast" in words else []
    if len(shapes) != 2 or shapes[0][1] not in shapes[1]:
        return None
    return "`*` multiplies place by place; the sum over an axis is a product of matrices, `@`"
