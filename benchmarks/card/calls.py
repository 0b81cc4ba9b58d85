"""Every call of a step to the GPU: noted where the engine takes its functions and kernels from CuPy, and nowhere else.

If the engine calls the GPU in another way, this is the file to adapt.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

from tinydnn.device.backend import Backend
from tinydnn.inspect.selftest.launches import Counting


@dataclass
class Call:
    """A kernel, a matrix product or a copy.

    kind: "launches", "products" or "copies".
    shapes: of the arrays.
    flops: of a product.
    host: the seconds that the host took for it.
    again: asks for the same once more.
    """

    name: str
    kind: str
    shapes: str
    flops: int | None
    host: float
    again: Callable[[], Any]


class Recording(Counting):
    """Stands in for CuPy, as Counting does, and notes each call in `calls`."""

    def __init__(self, cupy: Any) -> None:
        super().__init__(cupy)
        self.calls: list[Call] = []

    def cublas(self, backend: Backend) -> Any:
        """Stands in for cuBLAS."""
        return SimpleNamespace(matmul=self._counted(backend.matmul, "products"))

    def _counted(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        name = getattr(function, "name", None) or getattr(function, "__name__", "?")

        def recorded(*arguments: Any, **settings: Any) -> Any:
            began = time.perf_counter()
            result = function(*arguments, **settings)
            host = time.perf_counter() - began
            again = partial(function, *arguments, **settings)
            flops = _flops(*arguments[:2]) if kind == "products" else None
            self.calls.append(Call(name, kind, _shapes(arguments, kind), flops, host, again))
            return result

        return recorded


def _shapes(arguments: Any, kind: str) -> str:
    shapes = ["×".join(map(str, each.shape)) or "1" for each in arguments if hasattr(each, "shape")]
    return " @ ".join(shapes[:2]) if kind == "products" else ", ".join(shapes)


def _flops(a: Any, b: Any) -> int:
    """Of a @ b: a multiplication and an addition for each number of one and column or row of the other."""
    return int(2 * a.size * b.size // a.shape[-1])
