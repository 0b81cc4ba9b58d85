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
    "machine": Part(proof.machine_found, 10, False),
    "selftest": Part(proof.selftest, 40, False),
    "tests": Part(proof.tests, 60, False),
    "training": Part(proof.training, 40, False),
    "epochs": Part(timings.epochs, 190, True),
    "step": Part(step.step, 15, False),
    "crossover": Part(timings.crossover_map, 50, True),
    "growth": Part(timings.growth, 30, True),
    "predictions": Part(timings.predictions, 35, True),
    "ceilings": Part(ceilings.ceilings, 10, True),
}
