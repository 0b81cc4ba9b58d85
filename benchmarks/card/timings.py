"""How long things take on the GPU, next to the CPU and to peers; each function yields all it has, as it comes."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import crossover, measure, peers
from benchmarks.agreement import DisagreementError
from benchmarks.measure import AXES, RIVALS, SLOW_TO_START, WALKTHROUGH
from benchmarks.turns import Contest, say

CPU, GPU = "tinydnn, CPU", "tinydnn, GPU"
OURS = {CPU: ("tinydnn", "cpu"), GPU: ("tinydnn", "gpu")}
AXES_TAKEN = "batch size", "width"


def epochs(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """Epochs of each peer in turn with tinydnn's on the GPU, two at a time: one that fails spoils no other's figures.

    First come those of tinydnn's on the CPU; last, all with TF32, which a CPU doesn't have.
    """
    rivals = {CPU: OURS[CPU]} | measure.on_gpu(name for name in peers.NAMES if name not in ("tinydnn", *peers.BOUNDS))
    found: dict[str, Any] = {"entries": rivals, "pairs": {}, "TF32": {}, "differences": {}, "failed": {}}
    names = sorted(rivals, key=lambda name: rivals[name][0] in SLOW_TO_START)
    for kind, name in [*(("pairs", name) for name in names), *(("TF32", name) for name in names if name != CPU)]:
        say(f"epochs, {name}, {kind}")
        if name in found["failed"]:
            continue
        try:
            with Contest({GPU: OURS[GPU], name: rivals[name]}) as contest:
                found[kind][name] = contest.epochs(replace(WALKTHROUGH, tf32=kind == "TF32"), 5)
                if kind == "pairs":
                    found["differences"] |= contest.differences
        except (RuntimeError, DisagreementError, BrokenPipeError) as error:
            found["failed"][name if kind == "pairs" else f"{name}, with TF32,"] = str(error)
        yield found


def crossover_map(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """Epochs on both devices by batch size and width, every other value first."""
    cells = [(batch, width) for batch in crossover.BATCH_SIZES for width in crossover.WIDTHS]
    coarse = [(b, w) for b, w in cells if b in crossover.BATCH_SIZES[::2] and w in crossover.WIDTHS[::2]]
    found: dict[str, Any] = {}
    for key, cell in crossover.measured([*coarse, *(each for each in cells if each not in coarse)], 2, warm_up=1):
        found[key] = cell
        yield found


def growth(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """Epochs along two axes, next to the rivals that have a GPU here."""
    found: dict[str, Any] = {}
    with Contest({GPU: OURS[GPU]} | _rivals(folder)) as contest:
        for axis in AXES_TAKEN:
            changed, values, _ = AXES[axis]
            for value in values:
                say(f"growth, {axis} {value}")
                task = replace(changed(WALKTHROUGH, value), device="gpu")
                found.setdefault(axis, {})[str(value)] = contest.epochs(task, 2, warm_up=1)
                yield found


def predictions(folder: Path, quick: bool) -> Iterator[dict[str, Any]]:
    """All test digits, and one, by tinydnn on both devices and the rivals on the GPU."""
    yield from measure.predictions(OURS | _rivals(folder), whole=15, one=300)


def _rivals(folder: Path) -> dict[str, tuple[str, str]]:
    """Those of RIVALS that are on a GPU here, and whose epochs could be timed, where they were."""
    file = folder / "results.json"
    parts = json.loads(file.read_text())["parts"] if file.exists() else {}
    found = parts.get("epochs", {}).get("found")
    if not found:
        return measure.on_gpu(RIVALS)
    entries = {name: (peer, device) for name, (peer, device) in found["entries"].items() if name in found["pairs"]}
    return {name: entry for name, entry in entries.items() if entry[0] in RIVALS}
