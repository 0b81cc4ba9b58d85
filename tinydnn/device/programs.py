"""Traced formulas on NumPy: each operation writes into a scratch array, so none makes a new one.

The arrays are taken in pieces, so that the scratch arrays stay in a core's cache.
"""

import threading
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from tinydnn.device.backend import Array, aligned
from tinydnn.device.memory import Workspace
from tinydnn.device.tracing import BOOL, Number, Symbol, Trace, erfc

_PIECE = 2**19  # bytes of an array, about


class Program:
    """A formula as NumPy calls on numbered places: arguments, outputs, numbers, scratch arrays.

    Args:
        trace: of the formula.
        in_place: how many of the arguments, from the first on, are the outputs too.
    """

    def __init__(self, trace: Trace, in_place: int) -> None:
        self._numbers = [each for call in trace.operations for each in call.operands if not _is_array(each)]
        self._asks_for_numbers = any(isinstance(each, Number) for each in self._numbers)
        self._calls: list[tuple[Any, Any]] = []  # a function, and what takes its operands and result from the places
        self._scratch: list[Any] = []  # the dtype of each scratch array, None for that of the outputs
        first_output = len(trace.arguments)
        first_number = first_output + len(trace.results)
        self._first_scratch = first_number + len(self._numbers)

        places = {id(each): i for i, each in enumerate(trace.arguments)}
        places |= {id(each): first_number + i for i, each in enumerate(self._numbers)}
        last_read = {id(each): i for i, call in enumerate(trace.operations) for each in call.operands}
        made = {id(call.result): i for i, call in enumerate(trace.operations)}
        results = {id(each) for each in trace.results}
        # Until its own result is made, an output serves as a scratch array: one that is updated in place from the
        # last time on that it is read. busy: up to which operation a place is in use.
        made_in = {first_output + k: made.get(id(each), -1) for k, each in enumerate(trace.results)}
        busy = dict.fromkeys(made_in, -1)
        for k in range(in_place):
            busy[first_output + k] = last_read.get(id(trace.arguments[k]), -1)
        for i, call in enumerate(trace.operations):
            operands = [places[id(each)] for each in call.operands]
            until = len(trace.operations) if id(call.result) in results else last_read[id(call.result)]
            place = next((place for place, at in made_in.items() if at == i and busy[place] <= i), None)
            if place is None:
                place = self._free_place(call.result.kind == BOOL, i, until, busy, made_in)
            busy[place] = until
            places[id(call.result)] = place
            self._calls.append((_CALLS.get(call.function, call.function), itemgetter(*operands, place)))
        self._copies = [  # of results that lie elsewhere
            (first_output + k, places[id(each)])
            for k, each in enumerate(trace.results)
            if each is not None and places[id(each)] != first_output + k
        ]

    def _free_place(self, is_bool: bool, i: int, until: int, busy: dict[int, int], made_in: dict[int, int]) -> int:
        """Where operation i writes what is read until a later one: an output that is free so long, or scratch."""
        for place, used in busy.items():
            if used <= i and (is_bool == (self._dtype_of(place) is bool)) and until <= made_in.get(place, until):
                return place
        self._scratch.append(bool if is_bool else None)
        return self._first_scratch + len(self._scratch) - 1

    def _dtype_of(self, place: int) -> Any:
        return self._scratch[place - self._first_scratch] if place >= self._first_scratch else None

    def run(self, outputs: Sequence[Any], arguments: Sequence[Any]) -> None:
        """Compute the formula of these arguments into these outputs."""
        whole = outputs[0]
        numbers = self._numbers
        if self._asks_for_numbers:  # Python's own floats take on the dtype of the array that they meet, NumPy's do not
            numbers = [float(each.value(arguments)) if isinstance(each, Number) else each for each in numbers]
        pieces = round(whole.nbytes / _PIECE)
        if pieces <= 1:
            self._run([*arguments, *outputs, *numbers, *_scratch_like(whole, self._scratch)])
            return
        rows, arrays = -(-len(whole) // pieces), [*arguments, *outputs]
        for start in range(0, len(whole), rows):
            piece = slice(start, start + rows)
            parts = [each[piece] if getattr(each, "ndim", 0) == whole.ndim else each for each in arrays]
            self._run([*parts, *numbers, *_scratch_like(whole[piece], self._scratch)])

    def _run(self, places: list[Any]) -> None:
        for function, operands_and_result in self._calls:
            function(*operands_and_result(places))
        for target, source in self._copies:
            places[target][...] = places[source]


def _is_array(operand: Any) -> bool:
    return isinstance(operand, Symbol) and not isinstance(operand, Number)


def _where(condition: Any, a: Any, b: Any, out: Any) -> None:
    out[...] = np.where(condition, a, b)


_CALLS = {  # those that do not take `out` as their last argument
    np.where: _where,
    np.maximum: lambda a, b, out: np.maximum(a, b, out=out),
    np.minimum: lambda a, b, out: np.minimum(a, b, out=out),
    erfc: lambda x, out: erfc(x, out=out),
}


class _Scratch(threading.local):
    """A thread's scratch arrays: to ask for new memory at each call would take as long as the operations."""

    def __init__(self) -> None:
        self.workspace = Workspace(aligned)
        self.views: dict[Any, list[Array]] = {}


_scratch = _Scratch()
_MOST_VIEWS = 100


def _scratch_like(array: Array, dtypes: Sequence[Any]) -> list[Array]:
    """Scratch arrays of these dtypes, None for the array's own, with its shape and order."""
    if not dtypes:
        return []
    key = array.shape, array.strides, array.dtype.char, *dtypes
    views = _scratch.views.get(key)
    if views is None:
        order = "C" if array.flags.c_contiguous or not array.flags.f_contiguous else "F"
        wanted = [array.dtype if dtype is None else np.dtype(dtype) for dtype in dtypes]
        views = [_scratch.workspace.take((i, dtype), array.shape, dtype, order) for i, dtype in enumerate(wanted)]
        if len(_scratch.views) >= _MOST_VIEWS:
            _scratch.views.clear()
        _scratch.views[key] = views
    return views
