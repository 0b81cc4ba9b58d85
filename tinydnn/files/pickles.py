"""Reading the one thing that data sets have pickled, lists of whole numbers, without calling anything.

NumPy writes an array of lists only as a pickle, which is a program that may call whatever it names. Here its operations
are read one by one, and only those that build lists are followed. What NumPy has called to make the array around the
lists is recognized by name, and never called.
"""

import io
import pickle
import pickletools
import re
from typing import Any

from tinydnn.files.whole import FileFormatError

# What NumPy names to make an array again; its own module has two names, before NumPy 2 and since.
_NAMES = {
    "numpy ndarray",
    "numpy dtype",
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1"),
    *("SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "SHORT_BINBYTES"),
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

# Nearly all of a file is BININT1, BININT2 and BININT, in batches of 1000 at most. Python's unpickler gets these alone,
# three times as fast, after this has matched each byte of a batch as one of the three or its number.
_BATCH = re.compile(rb"(?s:K.|M..|J.{4}){0,1000}")
_MOST_NAMES = 100  # pieces of text that a pickle refers to again; NumPy's has a handful


class _Object:
    """What NumPy would have called something for; only its state matters."""

    state: Any = None


def rows(content: bytes, n: int) -> list[list[int]]:
    """The n lists of whole numbers of an array in a pickle.

    No list can stand in two places, so what comes out is no larger than what the file spells out.

    Raises:
        FileFormatError: it is a pickle of something else.
        Exception: it is no pickle; of whichever kind.
    """
    state = getattr(_built(content), "state", None)
    if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[4], list):
        raise FileFormatError("expected an array of lists. Found: a pickle of something else")
    shape, found = state[1], state[4]
    if shape != (n,) or len(found) != n:
        raise FileFormatError(f"expected {n} lists. Found: {len(found)}, for shape {shape}")
    for i, row in enumerate(found):
        if not isinstance(row, list) or not {int}.issuperset(map(type, row)):
            raise FileFormatError(f"expected lists of whole numbers. Found: another thing in row {i}")
    return list(found)


def _built(content: bytes) -> Any:
    """What a pickle builds, where it builds nothing but numbers, text, tuples, lists, and NumPy's array of them."""
    file = io.BytesIO(content)
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, str] = {}
    memoized = 0

    def since_mark() -> list[Any]:
        start = marks.pop()
        items = stack[start:]
        del stack[start:]
        return items

    def memorize(index: int) -> None:
        nonlocal memoized
        memoized += 1
        if isinstance(stack[-1], str) and len(memo) < _MOST_NAMES:
            memo[index] = stack[-1]

    argument: Any
    for operation, argument, _ in pickletools.genops(file):
        name = operation.name
        if name == "MARK":
            marks.append(len(stack))
            batch = _BATCH.match(content, file.tell())
            assert batch is not None  # it may be empty
            stack += pickle.loads(b"](" + batch[0] + b"e.")
            file.seek(batch.end())
        elif name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name == "EMPTY_LIST":
            stack.append([])
        elif name == "APPENDS":
            items = since_mark()
            _list(stack).extend(items)
        elif name == "APPEND":
            item = stack.pop()
            _list(stack).append(item)
        elif name in _TUPLES:
            stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
        elif name == "TUPLE":
            stack.append(tuple(since_mark()))
        elif name == "GLOBAL":
            _check_name(argument)
            stack.append(None)
        elif name == "STACK_GLOBAL":
            _check_name(" ".join(stack[-2:]))
            stack[-2:] = [None]
        elif name == "REDUCE":
            stack[-2:] = [_Object()]
        elif name == "BUILD":
            state = stack.pop()
            stack[-1].state = state
        elif name == "MEMOIZE":
            memorize(memoized)
        elif name in ("BINPUT", "LONG_BINPUT"):
            memorize(argument)
        elif name in ("BINGET", "LONG_BINGET") and argument in memo:
            stack.append(memo[argument])
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise FileFormatError(f"expected a pickle of lists of whole numbers (nothing is called). Found: {name}")
    return stack.pop()


def _list(stack: list[Any]) -> list[Any]:
    """The list on top of the stack."""
    if not isinstance(stack[-1], list):
        raise FileFormatError(f"expected a list to add to. Found: {type(stack[-1]).__name__}")
    return stack[-1]


def _check_name(name: str) -> None:
    """Raise a FileFormatError unless this is what NumPy names."""
    if name not in _NAMES:
        raise FileFormatError(f"expected a pickle of lists of whole numbers. Found: the name {name[:60]!r} in it")
