"""A program that somebody has written, which has step(weights, x, y), gradients(weights, x, y) or forward(weights, x).

Nobody has to rewrite a program for this. Its function is called in each layout in which people keep weights and
samples, until one fits: kernels (inputs, units) or (units, inputs), samples in rows or in columns, a list, pairs or a
dict. What it prints goes to standard error.
"""

import contextlib
import copy
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis.layouts import LAYOUTS, Layout, NotThisLayoutError
from tinydnn.inspect.diagnosis.step import Step

KINDS = "step", "gradients", "forward"  # what a program may hand over; the first that it has is taken


@dataclass
class Learner:
    """A program's function, and how it wants its arguments.

    fresh: makes the function anew, as a program is when it begins: what it keeps from step to step is gone.
    kind: one of KINDS.
    """

    fresh: Callable[[], Callable[..., Any]]
    kind: str
    name: str

    def steps(self, before: list[Array], batches: Sequence[tuple[Array, Array]], seed: int | None) -> list[Step]:
        """The steps that it takes, one after the other, each from the weights that the one before it has left.

        Raises:
            ValueError: no layout fits.
            RuntimeError: the program fails.
        """
        layout = self._layout(before, *batches[0])
        with self._running():
            function, weights, steps = self.fresh(), before, []
            for number, (x, y) in enumerate(batches, 1):
                after = layout.updated(function, weights, x, y)
                steps.append(Step(x, y, weights, after, {}, number, len(batches[0][0]), seed))
                weights = after
        return steps

    def gradients(self, weights: list[Array], x: Array, y: Array) -> list[Array]:
        """What it gives as gradients, in Keras' layout."""
        layout = self._layout(weights, x, y)
        with self._running():
            return layout.gradients(self.fresh(), weights, x, y)

    def outputs(self, weights: list[Array], x: Array, y: Array) -> Array:
        """What it gives as outputs, (n, outputs)."""
        layout = self._layout(weights, x, y)
        with self._running():
            return layout.outputs(self.fresh(), weights, x, y)

    def _layout(self, weights: list[Array], x: Array, y: Array) -> Layout:
        """The first layout in which the function runs and gives what has the shapes it was given."""
        first = None
        for layout in LAYOUTS:
            try:
                with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
                    getattr(layout, {"step": "updated", "forward": "outputs"}.get(self.kind, self.kind))(
                        self.fresh(), weights, x, y
                    )
                return layout
            except (Exception, SystemExit) as error:
                first = first or error
        if isinstance(first, NotThisLayoutError):
            raise ValueError(f"{self.name}: {first}")
        raise RuntimeError(f"{self.name} has failed. {type(first).__name__}: {first} (--debug shows where)") from first

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
            try:
                yield
            except (Exception, SystemExit) as error:
                raise RuntimeError(
                    f"{self.name} has failed. {type(error).__name__}: {error} (--debug shows where)"
                ) from error


def of_file(path: str | PathLike[str]) -> Learner:
    """The program in a Python file.

    Raises:
        ValueError: it has none of the functions.
        RuntimeError: it fails.
    """
    folder = str(Path(path).resolve().parent)

    def run() -> dict[str, Any]:
        sys.path.insert(0, folder)  # as Python does when it runs a file
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return runpy.run_path(str(path))
        except (Exception, SystemExit) as error:
            raise RuntimeError(f"{path} has failed. {type(error).__name__}: {error} (--debug shows where)") from error
        finally:
            sys.path.remove(folder)

    names = run()
    kind = next((kind for kind in KINDS if callable(names.get(kind))), None)
    if kind is None:
        raise ValueError(
            f"{path} expects a function step(weights, x, y) that returns the weights after one step, or "
            "gradients(weights, x, y), or forward(weights, x)"
        )
    return Learner(lambda: run()[kind], kind, str(path))


def of_function(function: Callable[..., Any], kind: str = "step") -> Learner:
    """A function of this program or notebook; what it keeps in other objects than itself is not made anew."""
    return Learner(lambda: copy.copy(function), kind, getattr(function, "__name__", type(function).__name__))
