"""The parts of a run, the most important first, and the share of the time that each may take."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.card import ceilings, proof, step, timings


class Part(NamedTuple):
    """A piece of work that is cut off when its time is up.

    work: work(folder, quick) yields all that it has found so far, whenever there is more.
    seconds: its share where all parts have eight minutes.
    timed: whether it only takes times, and so is left out on an emulated GPU.
    """

    work: Callable[[Path, bool], Iterator[dict[str, Any]]]
    seconds: int
    timed: bool


PARTS = {
    "machine": Part(proof.machine_found, 20, False),
    "selftest": Part(proof.selftest, 75, False),
    "tests": Part(proof.tests, 120, False),
    "training": Part(proof.training, 30, False),
    "epochs": Part(timings.epochs, 85, True),
    "step": Part(step.step, 25, False),
    "crossover": Part(timings.crossover_map, 55, True),
    "growth": Part(timings.growth, 35, True),
    "predictions": Part(timings.predictions, 20, True),
    "ceilings": Part(ceilings.ceilings, 15, True),
}
