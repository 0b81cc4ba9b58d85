"""Where the time of a training step goes: the walkthrough's net, 512 scaled digits, float32, RMSprop."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.card.calls import Call, Recording
from benchmarks.card.events import Stopwatch
from tinydnn import config, utils
from tinydnn.callbacks import LambdaCallback
from tinydnn.datasets import mnist
from tinydnn.device import devices
from tinydnn.device.backend import GpuBackend
from tinydnn.inspect.selftest.training import BATCH_SIZE, make_net

WARM_UP, IN_A_ROW, QUEUED = 10, 80, 20  # steps; the driver's queue holds about a thousand launches

Hook = Callable[[int], None]


def step(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """The calls of a step, and on a GPU that is none emulated their times, the whole step's, and a launch's."""
    cupy = devices.gpu().xp
    timed = machine.gpu_name() is not None
    steps = _recorded(cupy, WARM_UP + QUEUED if timed else 3)
    found: dict[str, Any] = {"calls": [_described(call) for call in steps[-1]]}
    yield found
    if not timed:
        return
    watch = Stopwatch(cupy)
    found["steps"] = {}
    for way, graphs in (("recorded", True), ("call by call", False)):
        config.set_cuda_graphs(graphs)
        found["steps"][way] = _whole(cupy, watch)
        yield found
    alike = [calls for calls in steps[WARM_UP:] if [c.name for c in calls] == [c.name for c in steps[-1]]]
    for i, call in enumerate(steps[-1]):
        found["calls"][i]["host_s"] = statistics.median(calls[i].host for calls in alike)
        found["calls"][i]["device_s"] = watch.seconds(call.again)
    yield found
    yield found | {"launch": _launches(cupy, watch)}


def _described(call: Call) -> dict[str, Any]:
    return {"name": call.name, "kind": call.kind, "shapes": call.shapes, "flops": call.flops}


def _fit(model: Any, steps: int, begin: Hook, end: Hook) -> None:
    """An epoch of so many steps; begin and end get the number of each, from 0."""
    (x, labels), _ = mnist.load_data()
    x, y = x[: steps * BATCH_SIZE], utils.to_categorical(labels[: steps * BATCH_SIZE], 10)
    hooks = LambdaCallback(
        on_train_batch_begin=lambda batch, logs: begin(batch), on_train_batch_end=lambda batch, logs: end(batch)
    )
    model.fit(x, y, batch_size=BATCH_SIZE, verbose=0, callbacks=[hooks])


def _recorded(cupy: Any, steps: int) -> list[list[Call]]:
    """The calls of each step, which are asked for one by one."""
    config.set_cuda_graphs(False)
    recording = Recording(cupy)
    taken: list[list[Call]] = []

    def begin(batch: int) -> None:
        recording.calls = []

    def end(batch: int) -> None:
        taken.append(recording.calls)
        recording.calls = []

    _fit(make_net("gpu", "float32", GpuBackend(recording, recording.cublas(devices.gpu()))), steps, begin, end)
    return taken


def _whole(cupy: Any, watch: Stopwatch) -> dict[str, Any]:
    """Seconds of a whole step, in three ways; make_net's model, as `fit` trains it."""
    model = make_net("gpu", "float32")
    return _alone(cupy, model) | _in_a_row(cupy, model, watch) | {"queued_device_s": _queued(model, watch)}


def _alone(cupy: Any, model: Any) -> dict[str, Any]:
    """Each step while the GPU has nothing else to do: until the host has asked for it, and until it is done."""
    synchronize = cupy.cuda.Device().synchronize
    began, asked, done = ([] for _ in range(3))  # type: tuple[list[float], list[float], list[float]]

    def begin(batch: int) -> None:
        synchronize()
        began.append(time.perf_counter())

    def end(batch: int) -> None:
        asked.append(time.perf_counter())
        synchronize()
        done.append(time.perf_counter())

    _fit(model, WARM_UP + IN_A_ROW, begin, end)
    since = lambda times: np.subtract(times, began)[WARM_UP:].tolist()  # noqa: E731
    return {"alone_host_s": since(asked), "alone_done_s": since(done)}


def _in_a_row(cupy: Any, model: Any, watch: Stopwatch) -> dict[str, float]:
    """The mean of many steps without a wait between them: by the clock, by events, and what the host takes."""
    found: dict[str, float] = {}

    def begin(batch: int) -> None:
        if batch == WARM_UP:
            cupy.cuda.Device().synchronize()
            found["began"] = time.perf_counter()
            watch.begin()

    def end(batch: int) -> None:
        if batch == WARM_UP + IN_A_ROW - 1:
            host = time.perf_counter() - found["began"]
            device, _ = watch.end()
            clock = time.perf_counter() - found.pop("began")
            seconds = {"row_host_s": host, "row_device_s": device, "row_clock_s": clock}
            found.update({name: value / IN_A_ROW for name, value in seconds.items()})

    _fit(model, WARM_UP + IN_A_ROW, begin, end)
    return found


def _queued(model: Any, watch: Stopwatch) -> float | None:
    """The mean of steps that the GPU takes when all of them are queued, so it never waits for the host."""
    for held in Stopwatch.HELD:
        outcome: list[tuple[float, bool]] = []

        def begin(batch: int, held: int = held) -> None:
            if batch == WARM_UP:
                watch.begin(held)

        def end(batch: int, outcome: list[tuple[float, bool]] = outcome) -> None:
            if batch == WARM_UP + QUEUED - 1:
                outcome.append(watch.end())

        _fit(model, WARM_UP + QUEUED, begin, end)
        seconds, ahead = outcome[0]
        if ahead:
            return seconds / QUEUED
    return None


def _launches(cupy: Any, watch: Stopwatch) -> dict[str, Any]:
    """What a launch costs: of an empty kernel, of CuPy's smallest kernel, of the smallest product."""
    empty = cupy.RawKernel('extern "C" __global__ void empty() {}', "empty")
    copy = cupy.ElementwiseKernel("T x", "T y", "y = x", "copy_one")
    a, b, out = (cupy.ones((8, 8), np.float32) for _ in range(3))
    work: dict[str, Callable[[], Any]] = {
        "an empty kernel": lambda: empty((1,), (1,), ()),
        "an elementwise kernel of CuPy's on 64 numbers": lambda: copy(a, out),
        "cupy.matmul of two 8×8 matrices": lambda: cupy.matmul(a, b, out=out),
    }
    return {
        name: {"host_s": watch.host_seconds(each), "device_s": watch.seconds(each, 200)} for name, each in work.items()
    }
