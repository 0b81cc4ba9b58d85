"""What the card can do at most: the products of a step by cuBLAS alone, one large product, and copies."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.card.events import Stopwatch
from benchmarks.task import Task
from tinydnn.device import devices

LARGE = 8192
COPIED = 2**30  # bytes
SENT = 2**28


def ceilings(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """Seconds of each, with their operations or bytes."""
    backend = devices.gpu()
    cupy = backend.xp
    watch = Stopwatch(cupy)
    found: dict[str, Any] = {"products": []}
    for name, a, b, out in products(cupy, Task()):
        seconds = watch.seconds(partial(backend.matmul, a, b, out), 200)
        found["products"].append({"name": name, "flops": 2 * out.size * a.shape[1], "device_s": seconds})
    yield found
    a, b, out = (cupy.ones((LARGE, LARGE), np.float32) for _ in range(3))
    found["large product"] = {
        "size": LARGE, "flops": 2 * LARGE**3, "device_s": watch.seconds(partial(backend.matmul, a, b, out), 5),
    }  # fmt: skip
    yield found
    del a, b, out
    found["copies"] = _copies(cupy, watch)
    yield found


def products(cupy: Any, task: Task) -> Iterator[tuple[str, Any, Any, Any]]:
    """The matrix products of a step: x @ W, x.T @ dz, and behind the first layer dz @ W.T, each with its result."""
    rng, n = np.random.default_rng(1), task.batch_size
    array = lambda *shape: cupy.asarray(rng.random(shape, np.float32))  # noqa: E731
    for i, (inputs, outputs) in enumerate(zip(task.sizes, task.sizes[1:], strict=False), start=1):
        x, W, dz = array(n, inputs), array(inputs, outputs), array(n, outputs)
        yield f"x @ W of layer {i}", x, W, cupy.empty((n, outputs), np.float32)
        yield f"x.T @ dz of layer {i}", x.T, dz, cupy.empty((inputs, outputs), np.float32)
        if i > 1:
            yield f"dz @ W.T of layer {i}", dz, W.T, cupy.empty((n, inputs), np.float32)


def _copies(cupy: Any, watch: Stopwatch) -> dict[str, dict[str, Any]]:
    """Within the device, read and written bytes count; between host and device, those that cross over."""
    import cupyx

    a, b = (cupy.ones(COPIED // 4, np.float32) for _ in range(2))
    kernel = cupy.ElementwiseKernel("T x", "T y", "y = x", "copy")
    usual, pinned = np.ones(SENT, np.uint8), cupyx.empty_pinned(SENT, np.uint8)
    pinned[...] = 1
    there = cupy.empty(SENT, np.uint8)
    within = 2 * COPIED
    return {
        "device to device, cudaMemcpy": _speed(
            within, watch.seconds(lambda: b.data.copy_from_device_async(a.data, COPIED), 20)
        ),
        "device to device, a kernel": _speed(within, watch.seconds(lambda: kernel(a, b), 20)),
        "host to device": _speed(SENT, _clock(cupy, lambda: there.set(usual))),
        "host to device, pinned memory": _speed(SENT, _clock(cupy, lambda: there.set(pinned))),
        "device to host": _speed(SENT, _clock(cupy, lambda: there.get(out=usual))),
    }


def _speed(moved: int, seconds: float | None) -> dict[str, Any]:
    return {"bytes": moved, "seconds": seconds}


def _clock(cupy: Any, work: Callable[[], Any]) -> float:
    """The least seconds of some calls."""
    found = []
    for _ in range(6):
        cupy.cuda.Device().synchronize()
        began = time.perf_counter()
        work()
        cupy.cuda.Device().synchronize()
        found.append(time.perf_counter() - began)
    return min(found[1:])
