"""The array library under the engine: NumPy on a CPU, CuPy on a GPU.

A model asks for its backend once, when it is made, and hands it down; everything else in the engine
calls `backend.xp` and uses only what NumPy and CuPy share. What they do not share is in here.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import cached_property
from typing import Any

import numpy as np

from tinydnn.device.cublas import Cublas
from tinydnn.device.graphs import Graph

Array = Any  # numpy.ndarray, or cupy.ndarray on a GPU
Shape = tuple[int, ...]

_CACHE_LINE = 64  # bytes
_MANY = 4096  # numbers; below that, to look where they begin costs more


def aligned(size: int, dtype: Any) -> Array:
    """Memory for so many numbers, which begins where a cache line does if they are many.

    NumPy's own begins in the middle of one, so that every vector instruction would read two.
    """
    dtype = np.dtype(dtype)
    if size < _MANY:
        return np.empty(size, dtype)
    memory = np.empty(size * dtype.itemsize + _CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE
    return memory[start : start + size * dtype.itemsize].view(dtype)


class Backend:
    """NumPy, and the few operations that each array library spells in its own way."""

    device = "cpu"
    xp: Any = np
    reads_at_once = True  # whether a number can be read without waiting for work that is queued
    outputs_order = "F"  # of arrays (rows, outputs) that are summed over few outputs: NumPy is quick only down columns
    has_graphs = False  # whether `graph` records calls
    gather_converts = False  # whether `gather` may write into an array of another dtype

    def empty(self, size: int, dtype: Any) -> Array:
        """Memory for so many numbers, whose contents are undefined."""
        return aligned(size, dtype)

    def asarray(self, array: Any) -> Array:
        """The array on this device, in C order; the caller's own memory where it can be shared."""
        return np.ascontiguousarray(array)

    def placed(self, array: Any) -> Array:
        """A copy of a flat array in memory of this device, as `empty` has it."""
        copy = self.empty(array.size, array.dtype)
        copy[...] = self.asarray(array)
        return copy

    def to_numpy(self, array: Array) -> Array:
        """A copy of a device array in the host's memory."""
        return np.array(array)

    def gather(self, source: Array, indices: Array, out: Array) -> None:
        """out[i] = source[indices[i]], for indices that are known to be in range."""
        # mode="clip" skips the second copy that NumPy makes to stay safe from an index error.
        np.take(source, indices, axis=0, out=out, mode="clip")

    def matmul(self, a: Array, b: Array, out: Array) -> Array:
        """out = a @ b"""
        return np.matmul(a, b, out=out)

    def quiet(self) -> Any:
        """A context in which overflow goes unreported: exp(-z) may be infinite in a sigmoid that is
        right, and a training that diverges is told by its loss."""
        return np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore")


class GpuBackend(Backend):
    """CuPy on the current GPU. Its calls only queue work there; to read a number is to wait for all of it.

    Args:
        cupy: the module.
        cublas: its matrix products, which can be recorded in a graph; without it CuPy's own, which can't.
    """

    device = "gpu"
    reads_at_once = False
    outputs_order = "C"
    gather_converts = True

    def __init__(self, cupy: Any, cublas: Cublas | None = None) -> None:
        self.xp = cupy
        self._cublas, self.has_graphs = cublas, cublas is not None

    def empty(self, size: int, dtype: Any) -> Array:
        return self.xp.empty(size, dtype)

    def asarray(self, array: Any) -> Array:
        return self.xp.ascontiguousarray(self.xp.asarray(array))

    def to_numpy(self, array: Array) -> Array:
        return self.xp.asnumpy(array)

    def gather(self, source: Array, indices: Array, out: Array) -> None:
        """The same in one launch, with the conversion to out's dtype; CuPy's own take can't convert."""
        rows, width = len(indices), out[0].size
        self._gather(source, indices.reshape(rows, 1), width, out.reshape(rows, width))

    @cached_property
    def _gather(self) -> Any:
        """The kernel: i is the number of the entry of out, and row goes with all of its row."""
        code = "out = source[row * width + i % width]"
        return self.xp.ElementwiseKernel("raw S source, int64 row, int64 width", "T out", code, "gather")

    def scatter(self, source: Array, indices: Array, out: Array) -> None:
        """out[indices[i]] = source[i], numbers or rows of them"""
        rows, width = len(indices), source[0].size
        self._scatter(source.reshape(rows, width), indices.reshape(rows, 1), width, out)

    @cached_property
    def _scatter(self) -> Any:
        code = "out[index * width + i % width] = source"
        return self.xp.ElementwiseKernel("T source, int64 index, int64 width", "raw T out", code, "scatter")

    def matmul(self, a: Array, b: Array, out: Array) -> Array:
        return self.xp.matmul(a, b, out=out) if self._cublas is None else self._cublas.matmul(a, b, out)

    def graph(self, calls: Callable[[], None]) -> Graph:
        return Graph(self.xp, calls)

    def quiet(self) -> Any:
        return nullcontext()  # a GPU reports nothing
