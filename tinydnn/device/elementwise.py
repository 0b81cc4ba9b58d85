"""A formula once: a small Python function of arrays, which runs on NumPy and as one kernel on CuPy.

    @elementwise
    def rmsprop(w, v, g, rate, rho, epsilon):
        v = rho * v + (1 - rho) * (g * g)
        w = w - rate * g / np.sqrt(v + epsilon)
        return w, v

    rmsprop(3.0, 0.5, 0.1, 0.001, 0.9, 1e-7)                        numbers or arrays: as it stands
    rmsprop.update(xp, (w, v), g, 0.001, 0.9, 1e-7)                 in place, quickly

The function is traced (tracing.py): called once with symbols in place of its arguments, which note what is done to
them. On NumPy the operations run one by one, through scratch arrays in a core's cache (programs.py). A GPU takes
longer to start an operation than to compute it for a small net, so for CuPy all of them become one kernel (cuda.py).

A formula may use + - * /, comparisons, & | ^ << >>, and NumPy's exp, log, log1p, sqrt, tanh, abs, sign, maximum,
minimum and where, which run CuPy's own on CuPy's arrays, and erfc. Whatever else it tries, as an `if` on an array, is
an error.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn import config
from tinydnn.device import cuda, programs
from tinydnn.device.backend import Array
from tinydnn.device.tracing import ABSENT, ARRAY, INDEX, NUMBER, UINT64, Trace, erfc

__all__ = ["ENTRY", "Elementwise", "biased", "elementwise", "entry", "erfc", "fuses", "max_rows", "product"]


class _Entry: ...


ENTRY = _Entry()  # an argument that is the number of the entry that is computed; for kernels alone


def fuses(xp: Any) -> bool:
    """Whether formulas run as kernels on this module's arrays."""
    return xp is not np and config.fused_kernels()


class Elementwise:
    """A formula for each entry of its arrays; called with arrays or numbers, it returns the result."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self._compiled: dict[Any, programs.Program | cuda.Kernel] = {}
        self.name = function.__qualname__.rpartition("<locals>.")[2]
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def into(self, xp: Any, out: Any, *arguments: Any) -> None:
        """Compute it into `out`: an array, or a tuple of as many as the formula returns.

        Args:
            xp: the arrays' module, NumPy or CuPy.
            arguments: arrays that have out's shape or broadcast to it, but are other arrays; numbers.
        """
        self._run(xp, out if isinstance(out, tuple) else (out,), 0, arguments)

    def update(self, xp: Any, arrays: tuple[Any, ...], *others: Any, out: tuple[Any, ...] = ()) -> None:
        """Compute it in place: its first arguments are `arrays`, and its first results are written into them.

        An array may be None for a variant of the formula that does without it, and returns None for it. Further
        results are written into `out`.
        """
        self._run(xp, (*arrays, *out), len(arrays), (*arrays, *others))

    def _run(self, xp: Any, outputs: tuple[Any, ...], in_place: int, arguments: tuple[Any, ...]) -> None:
        if xp is not np and not fuses(xp):
            results = self.function(*arguments)
            for target, result in zip(outputs, results if isinstance(results, tuple) else (results,), strict=True):
                if target is not None:
                    target[...] = result
            return
        key = xp, in_place, *map(type, arguments)
        compiled = self._compiled.get(key)
        if compiled is None:
            roles = [_role(each) for each in arguments]
            trace = Trace(self.name, self.function, roles)
            compiled = programs.Program(trace, in_place) if xp is np else cuda.Kernel(xp, trace, roles, in_place)
            self._compiled[key] = compiled
        compiled.run(outputs, arguments)

    def sum_rows(self, xp: Any, out: Array, work: Array, *arguments: Array) -> None:
        """Compute the sum of each row into `out`, (rows, 1); `work` is a scratch array for the rows, (rows, n)."""
        if fuses(xp):
            _reduction(xp, self, len(arguments), cuda.SUM)(*arguments, out)
            return
        self.into(xp, work, *arguments)
        if xp is np:
            np.add.reduce(work, axis=-1, keepdims=True, out=out)  # np.sum without the Python around it
        else:
            xp.sum(work, axis=-1, keepdims=True, out=out)

    def normalize_rows(self, xp: Any, out: Array, total: Array, *arguments: Array) -> None:
        """Compute the entries of each row over their sum into `out`, (rows, n), and the sum into `total`, (rows, 1)."""
        self.sum_rows(xp, total, out, *arguments)
        if fuses(xp):
            _over(self).into(xp, out, *arguments, total)
        else:
            xp.divide(out, total, out=out)  # it was the scratch array, and has the entries


elementwise = Elementwise


@elementwise
def entry(x: Any) -> Any:
    """x itself, for its sum."""
    return x


@elementwise
def product(x: Any, y: Any) -> Any:
    """x * y"""
    return x * y


def max_rows(xp: Any, out: Array, x: Array) -> None:
    """Compute the largest entry of each row of x into `out`, (rows, 1); NaN where a row has one."""
    if fuses(xp):  # CuPy's own max may take memory for a result that it copies to `out` then
        _reduction(xp, entry, 1, cuda.MAX)(x, out)
    elif xp is np:
        np.maximum.reduce(x, axis=-1, keepdims=True, out=out)
    else:
        xp.max(x, axis=-1, keepdims=True, out=out)


@functools.cache
def biased(formula: Elementwise) -> Elementwise:
    """z = z + b and a = f(z) as one formula of z, b, and the numbers that f takes."""

    def biased(z: Any, b: Any, *numbers: Any) -> Any:
        z = z + b
        return z, formula(z, *numbers)

    biased.__qualname__ = f"biased_{formula.name}"
    return Elementwise(biased)


@functools.cache
def _over(formula: Elementwise) -> Elementwise:
    """f(…) / total as a formula of (…, total), which a kernel computes in one launch."""

    def over(*arguments: Any) -> Any:
        *own, total = arguments
        return formula(*own) / total

    over.__qualname__ = f"{formula.name}_over_total"
    return Elementwise(over)


def _role(argument: Any) -> str:
    if argument is None:
        return ABSENT
    if argument is ENTRY:
        return INDEX
    if getattr(argument, "dtype", None) == np.uint64:
        return UINT64
    return NUMBER if isinstance(argument, int | float | np.number) else ARRAY


@functools.cache
def _reduction(xp: Any, formula: Elementwise, arrays: int, how: tuple[str, str]) -> Callable[..., None]:
    return cuda.reduction(xp, Trace(formula.name, formula.function, [ARRAY] * arrays), how)
