"""Where a GPU begins to pay: time on the CPU over time on the GPU, by batch size and width."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks import machine
from benchmarks.task import Task
from benchmarks.turns import Contest, Worker
from tinydnn import devices
from tinydnn.selftest import Counting

BATCH_SIZES = 32, 128, 512, 2048, 8192
WIDTHS = 32, 128, 324, 1024, 4096
QUICK = 128, 2048


def task_of(batch_size: int, width: int) -> Task:
    """Hidden layers of `width` and 36 units, and some steps an epoch, so that it takes about as long everywhere."""
    return Task((width, 36), samples=max(6_144, min(8 * batch_size, 60_000)), batch_size=batch_size)


def crossover(quick: bool, say: Callable[[str], None]) -> dict[str, Any] | None:
    """Seconds of epochs on both devices, and launches of a step; None on a machine without a GPU."""
    if machine.gpu_name() is None:
        return None
    found: dict[str, Any] = {}
    counting = Worker("tinydnn")
    with Contest({"CPU": ("tinydnn", "cpu"), "GPU": ("tinydnn", "gpu")}) as contest:
        for batch_size in QUICK if quick else BATCH_SIZES:
            for width in QUICK if quick else WIDTHS:
                say(f"crossover, batches of {batch_size}, width {width}")
                task = task_of(batch_size, width)
                launches = counting.ask(replace(task, device="gpu"), do="launches")
                found[f"{batch_size} {width}"] = contest.epochs(task, 3) | launches
    counting.close()
    return found


def count(peer: Any) -> dict[str, int]:
    """The kernel launches and matrix products of a step on the GPU, as tinydnn asks for them."""
    model, task = peer.model, peer.task
    counting = Counting(devices.gpu().xp)
    model.backend.xp = counting
    for each in (*model.layers, *model.steps):
        each.xp = counting
    taken: list[tuple[int, int]] = []

    class Note(peer.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            taken.append((counting.launches, counting.products))

    x, labels = task.data()
    y = peer.keras.utils.to_categorical(labels, task.sizes[-1])
    model.fit(x, y, batch_size=task.batch_size, verbose=0, callbacks=[Note()])
    launches, products = (taken[2][i] - taken[1][i] for i in range(2))
    return {"launches": launches, "products": products}
