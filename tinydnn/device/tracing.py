"""Tracing: a formula is called once with symbols in place of its arguments, which note what is done to them.

    trace = Trace("sigmoid", lambda z: 0.5 * np.tanh(0.5 * z) + 0.5, [ARRAY])
    trace.operations        multiply, tanh, multiply, add, each with its operands

What depends on numbers alone, as 1 - rho, is no operation: it is computed in Python at each call, in float64.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

FLOAT, WORD, BOOL = "float", "word", "bool"  # the dtype of the formula's arrays, uint64, and what comparisons give
ARRAY, NUMBER, UINT64, INDEX, ABSENT = "array", "number", "uint64", "index", "absent"  # what an argument may be


def erfc(x: Any, out: Any = None) -> Any:
    """1 - erf(x), which NumPy lacks: SciPy's, which on CuPy's arrays runs CuPy's own."""
    if isinstance(x, Symbol):
        return x.trace.note(erfc, (x,))
    from scipy import special

    return special.erfc(x, out=out)


COMPARISONS = np.greater, np.greater_equal, np.less, np.less_equal, np.equal
_OPERATIONS = {
    np.add, np.subtract, np.multiply, np.true_divide, np.negative, np.abs, np.sign, np.exp, np.log, np.log1p, np.sqrt,
    np.tanh, erfc, np.maximum, np.minimum, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.left_shift, np.right_shift,
    np.where, *COMPARISONS,
}  # fmt: skip


_LOGIC = np.bitwise_and, np.bitwise_or, np.bitwise_xor  # which join truth values too


class Symbol(NDArrayOperatorsMixin):
    """Stands for an entry of an array; operators and functions on it are noted in the trace."""

    def __init__(self, trace: "Trace", kind: str) -> None:
        self.trace, self.kind = trace, kind

    def __array_ufunc__(self, operation: Any, method: str, *operands: Any, **settings: Any) -> "Symbol":
        if method != "__call__":
            raise self.trace.unknown(f"{operation.__name__}.{method}")
        return self.trace.note(operation, operands)  # also for x += 1, which binds x to the result

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> "Symbol":
        return self.trace.note(function, operands)

    def __bool__(self) -> bool:
        raise self.trace.unknown("if, and, or, not; it may use where(condition, a, b)")


class Number(Symbol):
    """Stands for a number among the arguments, or for one that is made of such."""

    def __init__(self, trace: "Trace", value: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(trace, FLOAT)
        self.value = value  # of the arguments of a call


@dataclass(eq=False)
class Operation:
    """One operation: a NumPy function, its operands (symbols and numbers), and its result.

    kind: of the operands; a condition of `where` is a BOOL all the same.
    """

    function: Any
    operands: Sequence[Any]
    kind: str
    result: Symbol


class Trace:
    """What a formula does to its arguments.

    Args:
        name, function: the formula.
        roles: what each argument is: ARRAY, NUMBER, UINT64, INDEX (the number of the entry), or ABSENT for None.

    Raises:
        TypeError: the formula does something that has no kernel.
    """

    def __init__(self, name: str, function: Callable[..., Any], roles: Sequence[str]) -> None:
        self.name = name
        self.operations: list[Operation] = []
        self.arguments = [self._symbol(i, role) for i, role in enumerate(roles)]
        results = function(*self.arguments)
        self.results: tuple[Any, ...] = results if isinstance(results, tuple) else (results,)

    def _symbol(self, place: int, role: str) -> Symbol | None:
        if role == ABSENT:
            return None
        if role == NUMBER:
            return Number(self, lambda arguments: arguments[place])
        return Symbol(self, FLOAT if role == ARRAY else WORD)

    def note(self, function: Any, operands: Sequence[Any]) -> Symbol:
        if function not in _OPERATIONS:
            raise self.unknown(function.__name__)
        if all(isinstance(each, Number) or not isinstance(each, Symbol) for each in operands):
            return Number(self, lambda arguments: function(*(value_of(each, arguments) for each in operands)))
        kind = _common_kind(function, operands)
        result = Symbol(self, BOOL if function in COMPARISONS else kind)
        self.operations.append(Operation(function, operands, kind, result))
        return result

    def unknown(self, what: str) -> TypeError:
        """The error of a formula that uses something which can't be traced."""
        return TypeError(f"The formula {self.name} can't be traced. It uses {what}")


def _common_kind(function: Any, operands: Sequence[Any]) -> str:
    """The kind that the operands are converted to: a WORD times 0.5 is a FLOAT, a BOOL & BOOL stays one."""
    kinds = {each.kind for each in operands if isinstance(each, Symbol) and not isinstance(each, Number)}
    if kinds == {BOOL} and function in _LOGIC:
        return BOOL
    has_float = FLOAT in kinds or any(isinstance(each, float) for each in operands)
    return WORD if WORD in kinds and not has_float else FLOAT


def value_of(operand: Any, arguments: Sequence[Any]) -> Any:
    """A number's value in a call with these arguments."""
    return operand.value(arguments) if isinstance(operand, Number) else operand
