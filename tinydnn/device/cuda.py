"""Traced formulas on CuPy: each becomes one CUDA kernel, whatever it computes on the way.

CuPy compiles the kernels (cupy.ElementwiseKernel, cupy.ReductionKernel) when they are first needed.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinydnn.device.tracing import ARRAY, BOOL, FLOAT, INDEX, UINT64, WORD, Number, Symbol, Trace, erfc, value_of

_TYPES = {FLOAT: "T", WORD: "unsigned long long", BOOL: "bool"}  # T is the dtype of the arrays
_PARAMETERS = {FLOAT: "T", WORD: "uint64"}  # the same in CuPy's list of parameters
_C = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.true_divide: "{} / {}",
    np.negative: "-{}",
    np.abs: "abs({})",
    np.sign: "sign({})",
    np.exp: "exp({})",
    np.log: "log({})",
    np.log1p: "log1p({})",
    np.sqrt: "sqrt({})",
    np.tanh: "tanh({})",
    erfc: "erfc({})",
    np.maximum: "maximum({}, {})",
    np.minimum: "minimum({}, {})",
    np.greater: "{} > {}",
    np.greater_equal: "{} >= {}",
    np.less: "{} < {}",
    np.less_equal: "{} <= {}",
    np.equal: "{} == {}",
    np.bitwise_and: "{} & {}",
    np.bitwise_or: "{} | {}",
    np.bitwise_xor: "{} ^ {}",
    np.left_shift: "{} << {}",
    np.right_shift: "{} >> {}",
    np.where: "where({}, {}, {})",
}
# CUDA's max(NaN, 0) is 0, and would hide a NaN.
_PREAMBLE = """
template <typename T> __device__ T maximum(T a, T b) { return a > b || a != a ? a : b; }
template <typename T> __device__ T minimum(T a, T b) { return a < b || a != a ? a : b; }
template <typename T> __device__ T sign(T a) { return a != a ? a : T((a > 0) - (a < 0)); }
template <typename T> __device__ T where(bool condition, T a, T b) { return condition ? a : b; }
"""

SUM = "a + b", "0"
MAX = "maximum(a, b)", "-1.0 / 0.0"  # from -infinity


class Kernel:
    """A formula as an elementwise kernel.

    Args:
        xp: CuPy.
        trace: of the formula.
        roles: what each argument is.
        in_place: how many of the arguments, from the first on, are the outputs too.
    """

    def __init__(self, xp: Any, trace: Trace, roles: Sequence[str], in_place: int) -> None:
        code = _Code()
        self._inputs = [i for i, role in enumerate(roles) if role in (ARRAY, UINT64) and i >= in_place]
        self._written = [k for k, result in enumerate(trace.results) if result is not None]
        symbols: Sequence[Any] = trace.arguments
        for i, symbol in enumerate(symbols):
            if roles[i] == INDEX:
                code.names[id(symbol)] = "(unsigned long long) i"
            elif roles[i] in (ARRAY, UINT64):
                code.names[id(symbol)] = f"y{i}" if i < in_place else f"x{i}"
        code.write(trace)
        # Written when all are computed, since what is updated in place is read too.
        results = [f"y{k} = {code.operand(trace.results[k], FLOAT)}" for k in self._written]
        self._numbers = code.numbers
        numbers = [f"{_PARAMETERS[kind]} k{i}" for i, (_, kind) in enumerate(code.numbers)]
        self._kernel = xp.ElementwiseKernel(
            ", ".join([*(f"{_PARAMETERS[symbols[i].kind]} x{i}" for i in self._inputs), *numbers]),
            ", ".join(f"T y{k}" for k in self._written),
            "; ".join([*code.statements, *results]),
            _kernel_name(trace.name),
            preamble=_PREAMBLE,
        )

    def run(self, outputs: Sequence[Any], arguments: Sequence[Any]) -> None:
        """Compute the formula of these arguments into these outputs, in one launch."""
        numbers = [
            int(value_of(each, arguments)) if kind == WORD else float(value_of(each, arguments))
            for each, kind in self._numbers
        ]
        self._kernel(*(arguments[i] for i in self._inputs), *numbers, *(outputs[k] for k in self._written))


def reduction(xp: Any, trace: Trace, how: tuple[str, str]) -> Callable[..., None]:
    """The kernel that reduces each row of a formula's result to one number by SUM or MAX; its output is (rows, 1)."""
    code = _Code()
    for i, symbol in enumerate(trace.arguments):
        code.names[id(symbol)] = f"x{i}"
    code.write(trace)
    expression = code.operand(trace.results[0], FLOAT)
    for statement in reversed(code.statements):  # CuPy takes a single expression here
        name, _, computed = statement.removeprefix("auto ").partition(" = ")
        expression = re.sub(rf"\b{name}\b", f"({computed})", expression)
    inputs = ", ".join(f"T x{i}" for i in range(len(trace.arguments)))
    reduced, identity = how
    name = _kernel_name(f"{'sum' if how == SUM else 'max'}_of_{trace.name}")
    kernel = xp.ReductionKernel(inputs, "T y", expression, reduced, "y = a", identity, name, preamble=_PREAMBLE)
    return lambda *arrays: kernel(*arrays, axis=-1, keepdims=True)


def _kernel_name(name: str) -> str:
    """What profilers show: a name in C that is no function of CUDA's, such as exp."""
    return "tinydnn_" + re.sub(r"\W", "_", name, flags=re.ASCII)


class _Code:
    """A trace as C statements, each with one operation.

    names: of the symbols, by their id.
    numbers: those that become parameters of the kernel, k0 on, with the kind that each has there.
    """

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.numbers: list[tuple[Number, str]] = []
        self.statements: list[str] = []

    def write(self, trace: Trace) -> None:
        for i, each in enumerate(trace.operations):
            operands = [self.operand(operand, each.kind) for operand in each.operands]
            if each.function is np.where:
                operands[0] = self.names[id(each.operands[0])]
            self.names[id(each.result)] = f"t{i}"
            self.statements.append(f"auto t{i} = {_C[each.function].format(*operands)}")

    def operand(self, operand: Any, kind: str) -> str:
        """An operand as C has it, converted to this kind."""
        if isinstance(operand, Number):
            self.numbers.append((operand, kind))
            return f"k{len(self.numbers) - 1}"
        if isinstance(operand, Symbol):
            name = self.names[id(operand)]
            return name if operand.kind == kind else f"{_TYPES[kind]}({name})"
        return f"T({float(operand)!r})" if kind == FLOAT else str(int(operand))
