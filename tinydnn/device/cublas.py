"""Matrix products on a GPU by cuBLAS' C interface, with which a product can be recorded in a graph; CuPy refuses that.

https://docs.nvidia.com/cuda/cublas describes the functions, and the numbers below.
"""

import ctypes
import os
import threading
from collections import defaultdict
from typing import Any

from tinydnn.device.graphs import recording

Array = Any  # cupy.ndarray

_NO, _TRANSPOSE = 0, 1  # cublasOperation_t
_FLOAT32, _FLOAT64 = 0, 1  # cudaDataType
_IN_FLOAT32, _IN_TF32, _IN_FLOAT64 = 68, 77, 70  # cublasComputeType_t
_ITS_OWN_CHOICE = -1  # cublasGemmAlgo_t
_WORKSPACE = 32 << 20  # bytes; what NVIDIA recommends for its largest cards


class Cublas:
    """Products on the current stream of the calling thread.

    Args:
        cupy: the module; CUPY_TF32=1 in the environment rounds inputs to TensorFloat-32, as CuPy's own products do.

    Raises:
        OSError: the library is not there by its usual name.
    """

    def __init__(self, cupy: Any) -> None:
        version = cupy.cuda.runtime.runtimeGetVersion() // 1000
        self._cupy = cupy
        self._library = ctypes.CDLL(f"cublas64_{version}.dll" if os.name == "nt" else f"libcublas.so.{version}")
        pointer, number = ctypes.c_void_p, ctypes.c_int
        matrix: list[Any] = [pointer, number, number]  # where it begins, its dtype, the distance of its rows
        self._gemm = self._library.cublasGemmEx
        self._gemm.argtypes = [pointer, *[number] * 5, pointer, *matrix * 2, pointer, *matrix, number, number]
        in_float32 = _IN_TF32 if os.environ.get("CUPY_TF32") == "1" else _IN_FLOAT32
        self._kinds = {
            "f": (_FLOAT32, in_float32, *_factors(ctypes.c_float)),
            "d": (_FLOAT64, _IN_FLOAT64, *_factors(ctypes.c_double)),
        }
        self._free: dict[int, list[_Handle]] = defaultdict(list)  # by device
        self._mine = threading.local()  # a handle must not be used by two threads at a time

    def matmul(self, a: Array, b: Array, out: Array) -> Array:
        """out = a @ b:  (m, k) or (k,) with (k, n); out is in C order."""
        m, k = a.shape if a.ndim == 2 else (1, a.size)
        n = b.shape[1]
        if b.shape[0] != k or out.size != m * n or not out.flags.c_contiguous:
            raise ValueError(f"matmul expects (m, k), (k, n), (m, n). Received: {a.shape}, {b.shape}, {out.shape}")
        a, b = self._readable(a, out.dtype), self._readable(b, out.dtype)
        kind, compute, one, zero = self._kinds[out.dtype.char]
        # cuBLAS takes columns for rows. So it sees every array transposed, and computes out.T = b.T @ a.T.
        b_operation, b_distance = _read(b)
        a_operation, a_distance = _read(a)
        _check(
            self._gemm(
                self._handle(), b_operation, a_operation, n, m, k,
                one, b.data.ptr, kind, b_distance, a.data.ptr, kind, a_distance,
                zero, out.data.ptr, kind, n, compute, _ITS_OWN_CHOICE,
            )
        )  # fmt: skip
        return out

    def _readable(self, array: Array, dtype: Any) -> Array:
        """The array, or a copy: a user's layer may give another dtype, or a part of an array."""
        array = array.astype(dtype, copy=False)
        return array if array.flags.c_contiguous or array.flags.f_contiguous else self._cupy.ascontiguousarray(array)

    def _handle(self) -> ctypes.c_void_p:
        """This thread's for the present device, on the current stream."""
        cuda = self._cupy.cuda
        device = cuda.Device().id
        loans: dict[int, _Loan] = self._mine.__dict__.setdefault("loans", {})
        if device not in loans:
            free = self._free[device]
            try:
                handle = free.pop()
            except IndexError:
                handle = self._new_handle()
            loans[device] = _Loan(handle, free)
        return loans[device].handle.on(cuda.get_current_stream().ptr)

    def _new_handle(self) -> "_Handle":
        with recording:
            return _Handle(self._library, self._cupy.empty(_WORKSPACE, "uint8"))


class _Handle:
    """What cuBLAS calls a context, with memory for it to work in."""

    def __init__(self, library: Any, workspace: Array) -> None:
        self._library, self._workspace = library, workspace
        self._pointer = ctypes.c_void_p()
        self._stream: int | None = None
        _check(library.cublasCreate_v2(ctypes.byref(self._pointer)))

    def on(self, stream: int) -> ctypes.c_void_p:
        """The handle, once it queues on this stream."""
        if stream != self._stream:
            workspace, size = ctypes.c_void_p(self._workspace.data.ptr), ctypes.c_size_t(self._workspace.nbytes)
            _check(self._library.cublasSetStream_v2(self._pointer, ctypes.c_void_p(stream)))
            # A stream takes the workspace away; without one of ours, other products would be chosen in a graph.
            _check(self._library.cublasSetWorkspace_v2(self._pointer, workspace, size))
            self._stream = stream
        return self._pointer


class _Loan:
    """A handle as long as its thread lives; the next thread gets it then.

    It is never destroyed, since that waits for the whole GPU.
    """

    def __init__(self, handle: _Handle, free: list[_Handle]) -> None:
        self.handle, self._free = handle, free

    def __del__(self) -> None:
        self._free.append(self.handle)


def _check(status: int) -> None:
    if status:
        raise RuntimeError(f"cuBLAS failed with status {status}; its documentation lists them (cublasStatus_t)")


def _factors(number: Any) -> tuple[Any, Any]:
    """alpha and beta of  alpha * a @ b + beta * out, in the host's memory."""
    one, zero = number(1), number(0)
    return ctypes.pointer(one), ctypes.pointer(zero)


def _read(array: Array) -> tuple[int, int]:
    """How cuBLAS reads an array: as it lies or transposed, and the distance of its rows in memory."""
    return (_NO, array.shape[-1]) if array.flags.c_contiguous else (_TRANSPOSE, array.shape[0])
