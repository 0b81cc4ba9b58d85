"""A program that somebody has written, which has step(weights, x, y), gradients(weights, x, y) or forward(weights, x).

Nobody has to rewrite a program for this. Its function is called in each layout in which people keep weights and
samples, until one fits: kernels (inputs, units) or (units, inputs), samples in rows or in columns, a list, pairs or a
dict. What it prints goes to standard error.
"""

import contextlib
import copy
import re
import runpy
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.arrays import array_of
from tinydnn.inspect.diagnosis.layouts import LAYOUTS, Layout, NotThisLayoutError, Outputs
from tinydnn.inspect.diagnosis.step import Step

_QUICK = 0.1  # seconds: a program that takes longer to begin is not begun anew for each layout
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
        layout = self._layout(lambda each, function: each.updated(function, before, *batches[0]), before, batches[0])
        with self._running():
            function, weights, steps = self.fresh(), before, []
            for number, (x, y) in enumerate(batches, 1):
                after = layout.updated(function, weights, x, y)
                size, masks = len(batches[0][0]), _masks(function)
                steps.append(Step(x, y, weights, after, {}, number, size, seed, masks=masks))
                weights = after
        return steps

    def gradients(self, weights: list[Array], batch: tuple[Array, Array]) -> Step:
        """A step whose `after` has what it gives as gradients, in Keras' layout. It raises what `steps` raises."""
        layout = self._layout(lambda each, function: each.gradients(function, weights, *batch), weights, batch)
        with self._running():
            function = self.fresh()
            return Step(*batch, weights, layout.gradients(function, weights, *batch), masks=_masks(function))

    def outputs(self, weights: list[Array], batch: tuple[Array, Array], wanted: Outputs) -> tuple[Step, list[str]]:
        """A step whose `after` has what it gives as outputs, (n, units), and which these are.

        wanted: the names and units of the outputs of all layers. It raises what `steps` raises.
        """
        layout = self._layout(lambda each, function: each.outputs(function, weights, *batch, wanted), weights, batch)
        with self._running():
            found = layout.outputs(self.fresh(), weights, *batch, wanted)
        return Step(*batch, weights, list(found.values())), list(found)

    def _layout(
        self, call: Callable[[Layout, Callable[..., Any]], Any], weights: list[Array], batch: tuple[Array, Array]
    ) -> Layout:
        """The first layout in which the function runs and gives what has the shapes it was given."""
        first, tried = None, list(LAYOUTS)
        began = time.perf_counter()
        function = self.fresh()
        quick = time.perf_counter() - began < _QUICK
        if "torch" in sys.modules:
            tried += [replace(layout, tensors=True) for layout in tried]
        while tried:
            layout = tried.pop(0)
            try:
                with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
                    call(layout, self.fresh() if quick else function)
                return layout
            except (Exception, SystemExit) as error:
                first = first or error
                tried[:0] = _named_as_asked(layout, error)
        if isinstance(first, NotThisLayoutError):
            raise ValueError(f"{self.name}: {first}")
        shapes = ", ".join(str(weight.shape) for weight in weights)
        x, y = batch
        raise RuntimeError(
            f"{self.name} has failed. {type(first).__name__}: {first} (--debug shows where). It was called with "
            f"weights of shapes {shapes}, then in the other layouts that docs/mistakes.md names; "
            f"x was {x.dtype} {x.shape}, y {y.dtype} {y.shape}"
        ) from first

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
            try:
                yield
            except (Exception, SystemExit) as error:
                raise RuntimeError(
                    f"{self.name} has failed. {type(error).__name__}: {error} (--debug shows where)"
                ) from error


def _named_as_asked(layout: Layout, error: BaseException) -> list[Layout]:
    """Dicts with the name that a program asked for in vain, as a kernel's and as a bias', to be tried next."""
    asked = re.fullmatch(r"(\D+)(\d+)", str(error.args[0])) if isinstance(error, KeyError) and error.args else None
    if asked is None or layout.container != "dict" or layout.renamed == 2:
        return []
    name, first = asked[1], min(layout.first, int(asked[2]))
    kernel, bias = layout.names
    both = [(name, bias), (kernel, name)] if name not in layout.names else [layout.names]
    return [replace(layout, names=names, first=first, renamed=layout.renamed + 1) for names in both]


def _masks(function: Callable[..., Any]) -> list[Array]:
    """The list `masks` that a program keeps beside its function, with what Dropout kept last; or nothing."""
    beside = getattr(function, "__globals__", None)
    found = getattr(function, "masks", None) if beside is None else beside.get("masks")
    return [array_of(each).copy() for each in found] if isinstance(found, list | tuple) else []


def of_file(path: str | PathLike[str]) -> Learner:
    """The program in a Python file.

    Raises:
        ValueError: it has none of the functions.
        RuntimeError: it fails.
    """
    folder = Path(path).resolve().parent
    others = set(sys.modules)

    def run() -> dict[str, Any]:
        for name, module in list(sys.modules.items()):  # those beside it begin anew, too
            if name not in others and _is_beside(module, folder):
                del sys.modules[name]
        sys.path.insert(0, str(folder))  # as Python does when it runs a file
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return runpy.run_path(str(path))
        except (Exception, SystemExit) as error:
            raise RuntimeError(f"{path} has failed. {type(error).__name__}: {error} (--debug shows where)") from error
        finally:
            sys.path.remove(str(folder))

    names = run()
    kind = next((kind for kind in KINDS if callable(names.get(kind))), None)
    if kind is None:
        raise ValueError(
            f"{path} expects a function step(weights, x, y) that returns the weights after one step, or "
            "gradients(weights, x, y), or forward(weights, x)"
        )
    return Learner(lambda: run()[kind], kind, str(path))


def _is_beside(module: Any, folder: Path) -> bool:
    """Whether a module is the program's own, and not one of an environment that lies in the same folder."""
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).is_relative_to(folder) and "site-packages" not in Path(file).parts


def of_function(function: Callable[..., Any], kind: str) -> Learner:
    """A function of this program or notebook; what it keeps elsewhere than in itself is not made anew.

    Raises:
        ValueError: no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind expects {', '.join(map(repr, KINDS))}. Received: {kind!r}")
    return Learner(lambda: copy.copy(function), kind, getattr(function, "__name__", type(function).__name__))
