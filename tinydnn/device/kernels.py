"""Elementwise operations as GPU kernels: several formulas in one launch, each beside its plain array form.

On a GPU a small net's step takes as long as its launches take to queue, so fewer of them is faster. CuPy makes
the kernels (cupy.ElementwiseKernel, cupy.ReductionKernel) and compiles each when it is first needed. Their code is
CUDA C++, in which T is the arrays' dtype; the plain forms are what runs on a CPU, and on a GPU too after
`config.set_fused_kernels(False)`.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from tinydnn import config

Operation = TypeVar("Operation", bound=Callable[..., Any])


def fuses(xp: Any) -> bool:
    """Whether operations on this module's arrays run as kernels."""
    return xp is not np and config.fused_kernels()


@dataclass(frozen=True)
class Kernel:
    """A kernel's name, parameters as CuPy writes them ("T z, T m"), and code; called with arrays, it launches.

    Outputs may be read too, so an operation in place has its array there.
    """

    name: str
    inputs: str
    outputs: str
    code: str

    def __call__(self, xp: Any, *arrays: Any) -> None:
        _elementwise(xp, self)(*arrays)


SUM = "a + b", "0"
MAX = "a > b || a != a ? a : b", "-1.0 / 0.0"  # from -infinity; a != a for NaN, which would be lost else


@dataclass(frozen=True)
class Reduction:
    """A kernel that makes one number of each row: `code` of every entry, put together by SUM or MAX.

    The output is (rows, 1). CuPy's own sum and max may take memory for a result that is copied to `out` then.
    """

    name: str
    inputs: str
    output: str
    code: str
    how: tuple[str, str]

    def __call__(self, xp: Any, *arrays: Any) -> None:
        _reduction(xp, self)(*arrays, axis=1, keepdims=True)


@functools.cache
def _elementwise(xp: Any, kernel: Kernel) -> Any:
    return xp.ElementwiseKernel(kernel.inputs, kernel.outputs, kernel.code, kernel.name)


@functools.cache
def _reduction(xp: Any, kernel: Reduction) -> Any:
    name, (reduced, identity) = kernel.output.split()[-1], kernel.how
    return xp.ReductionKernel(kernel.inputs, kernel.output, kernel.code, reduced, f"{name} = a", identity, kernel.name)


def fused(inputs: str, outputs: str, code: str) -> Callable[[Operation], Operation]:
    """Gives a plain operation f(xp, *arrays), a function or a method, the kernel that does the same in one launch.

    The kernel's inputs and outputs are the operation's arrays, in that order.
    """

    def decorate(plain: Operation) -> Operation:
        kernel = Kernel(plain.__qualname__.replace(".", "_").lower(), inputs, outputs, code)
        first = list(inspect.signature(plain).parameters).index("xp")

        @functools.wraps(plain)
        def operation(*arguments: Any) -> Any:
            if arguments[first] is np or not fuses(arguments[first]):
                return plain(*arguments)
            return kernel(*arguments[first:])

        operation.kernel = kernel  # type: ignore[attr-defined]
        return operation  # type: ignore[return-value]

    return decorate


def kernel_of(operation: Callable[..., Any]) -> Kernel | None:
    """The kernel of a fused operation; None for another one."""
    found: Kernel | None = getattr(operation, "kernel", None)
    return found
