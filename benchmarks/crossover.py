"""Where a GPU begins to pay: time on the CPU over time on the GPU, by batch size and width."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from benchmarks import machine
from benchmarks.task import Array, Task
from benchmarks.turns import Contest, Worker, say
from tinydnn.callbacks import LambdaCallback
from tinydnn.device.backend import GpuBackend
from tinydnn.inspect.selftest.launches import Counting

BATCH_SIZES = 32, 128, 512, 2048, 8192
WIDTHS = 32, 128, 324, 1024, 4096
QUICK = 128, 2048


def task_of(batch_size: int, width: int) -> Task:
    """Hidden layers of `width` and 36 units, and some steps an epoch, few enough for the slowest of them."""
    return Task((width, 36), samples=max(6_144, min(8 * batch_size, 60_000)), batch_size=batch_size)


def crossover(quick: bool) -> dict[str, Any] | None:
    """What `measured` finds in all cells; None on a machine without a GPU."""
    if machine.gpu_name() is None:
        return None
    batch_sizes, widths = (QUICK, QUICK) if quick else (BATCH_SIZES, WIDTHS)
    return dict(measured([(batch_size, width) for batch_size in batch_sizes for width in widths], 3))


def measured(cells: Sequence[tuple[int, int]], epochs: int, warm_up: int = 2) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each batch size and width: seconds of so many epochs on both devices, and launches of a step."""
    counting = Worker("tinydnn")
    with Contest({"CPU": ("tinydnn", "cpu"), "GPU": ("tinydnn", "gpu")}) as contest:
        for batch_size, width in cells:
            say(f"crossover, batches of {batch_size}, width {width}")
            task = task_of(batch_size, width)
            launches = counting.ask(replace(task, device="gpu"), do="launches")
            yield f"{batch_size} {width}", contest.epochs(task, epochs, warm_up) | launches
    counting.close()


def count(model: Any, x: Array, y: Array, batch_size: int) -> dict[str, int]:
    """The kernel launches and matrix products of a step, as a compiled model of tinydnn's asks a GPU for them."""
    counting = Counting(model.backend.xp)
    model.backend = GpuBackend(counting)  # without products that can be recorded, so every step makes its calls
    for each in model.layers:
        each.backend = model.backend
    taken: list[tuple[int, int]] = []

    def note(batch: int, logs: Any) -> None:
        taken.append((counting.launches, counting.products))

    each_step = LambdaCallback(on_train_batch_end=note)
    model.fit(x[: 3 * batch_size], y[: 3 * batch_size], batch_size=batch_size, verbose=0, callbacks=[each_step])
    launches, products = (taken[-1][i] - taken[-2][i] for i in range(2))
    return {"launches": launches, "products": products}
