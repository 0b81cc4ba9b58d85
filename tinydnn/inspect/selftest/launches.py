"""What a training step asks of a GPU: kernel launches, matrix products, copies and memory."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tinydnn.callbacks import LambdaCallback
from tinydnn.device import devices
from tinydnn.device.backend import Backend, GpuBackend
from tinydnn.inspect import info
from tinydnn.inspect.selftest import training


class Counting:
    """Stands in for CuPy and counts the launches, matrix products and copies that the engine asks for."""

    _NO_LAUNCH = "asarray", "ascontiguousarray", "asnumpy", "empty", "zeros"
    _KERNELS = "ElementwiseKernel", "ReductionKernel"

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy
        self.launches = self.products = self.copies = 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cupy, name)
        if name in self._KERNELS:
            return lambda *arguments, **settings: self._counted(found(*arguments, **settings), "launches")
        if name in ("asarray", "asnumpy"):
            return self._counted(found, "copies")
        if isinstance(found, type) or not callable(found) or name in self._NO_LAUNCH:
            return found
        return self._counted(found, "products" if name == "matmul" else "launches")

    def _counted(self, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def counted(*arguments: Any, **settings: Any) -> Any:
            setattr(self, kind, getattr(self, kind) + 1)
            return function(*arguments, **settings)

        return counted


def figures(backend: Backend) -> dict[str, Any]:
    """The launches, products and copies of a step, and the device's memory after it; nothing on a CPU."""
    if not isinstance(backend, GpuBackend):
        return {}
    counting = Counting(backend.xp)
    taken: list[tuple[int, int, int]] = []

    def note(batch: int, logs: Any) -> None:
        taken.append((counting.launches, counting.products, counting.copies))

    rows = np.zeros((2 * training.BATCH_SIZE, 28, 28), np.uint8)
    model = training.make_net("gpu", "float32", GpuBackend(counting))
    each = LambdaCallback(on_train_batch_begin=note, on_train_batch_end=note)
    model.fit(rows, np.eye(10)[np.arange(len(rows)) % 10], batch_size=training.BATCH_SIZE, verbose=0, callbacks=[each])
    launches, products, copies = (after - before for before, after in zip(taken[-2], taken[-1], strict=True))
    found: dict[str, Any] = {
        "kernel calls a step": launches,
        "matrix product calls a step": products,
        "copies a step": copies,
    }
    pool, runtime = backend.xp.get_default_memory_pool(), backend.xp.cuda.runtime
    return found | {
        "memory in use, bytes": pool.used_bytes(),
        "memory held, bytes": pool.total_bytes(),
        "GPU": devices.name(backend.xp),
        "CUDA": info.cuda_version(runtime.runtimeGetVersion()),
        "CUDA of the driver": info.cuda_version(runtime.driverGetVersion()),
        "CuPy": backend.xp.__version__,
    }
