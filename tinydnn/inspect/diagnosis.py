"""The diagnosis: is a step that somebody's implementation took Keras' step, and if not, which mistake explains it?

A step is weights before and after it, and its batch. It is taken again by tinydnn, from the same weights on the
same batch: as it should be, then with each mistake of the gallery planted, then with each two of them. What is told
apart from roundings is decided by roundings: each weight array may be off by a few times as much as the step in
float64 is off in float32, or where weights and batch are off by the roundings of float32.
"""

import io
import itertools
import math
import runpy
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from tinydnn import initializers, layers, random
from tinydnn.device.backend import Array
from tinydnn.engine.one_batch import OneBatch
from tinydnn.files import npz
from tinydnn.files.whole import FileFormatError, write_whole
from tinydnn.inspect import mistakes
from tinydnn.inspect.mistakes import Mistake
from tinydnn.inspect.twin import twin
from tinydnn.inspect.weight_names import weight_names
from tinydnn.models import Sequential

_ROUNDINGS = 8.0  # how many times tinydnn's own rounding error a right step may be off
_PERTURBED = 2  # how many times the step is taken with roundings planted, to see what becomes of them
_BLURRED = 0.1  # where roundings explain this share of a change, the step can't tell
_LAST_PLACES = 2.0  # of the weights themselves, besides
_OF_THE_CHANGE = {"float32": 1e-4, "float64": 1e-9}  # and this share of the change, far below that of any mistake
_GREY_VALUES = 255
_SLOTS = "velocity", "momentum", "average_gradient"  # what optimizers keep, by Keras' names
_LARGEST_BATCH = 2**24  # no batch is larger; a file can say anything


@dataclass
class Step:
    """One training step of somebody's implementation.

    x, y: the batch as the net gets it, (n, …) and (n, outputs) or (n,).
    before, after: the weights, [kernel, bias] of each Dense layer in order; kernels (inputs, units), biases (units,).
    slots: what the optimizer kept before the step, by Keras' names (velocity, momentum, average_gradient), one array
        for each weight array; may be left out for the first step, where all are zeros.
    number: which step of the training it is, counted from 1.
    batch_size: how many samples a step usually takes; 0 means as many as this one.
    seed: what the weights and the order of the samples were drawn from, where that should be looked at too.
    """

    x: Array
    y: Array
    before: list[Array]
    after: list[Array]
    slots: dict[str, list[Array]] = field(default_factory=dict)
    number: int = 1
    batch_size: int = 0
    seed: int | None = None


@dataclass(frozen=True)
class Gap:
    """How far the change of a weight array is from Keras': Euclidean norms.

    change: of what it should be. apart: of the difference. allowed: of what roundings explain.
    """

    name: str
    change: float
    apart: float
    allowed: float

    @property
    def within(self) -> bool:
        """Whether roundings explain it."""
        return self.apart <= self.allowed

    @property
    def blurred(self) -> bool:
        """Whether roundings could explain much of the change itself, so that being within them says little."""
        return self.allowed > _BLURRED * self.change > 0


@dataclass
class Diagnosis:
    """What was found.

    gaps: of each weight array, as Keras would have changed it.
    seen: mistakes that show in what went into the step: its weights, its numbers, its samples.
    explanations: the mistakes, alone or two together, that make Keras' step this one; any one of them may be it.
    remarks: what was noticed besides.
    """

    gaps: list[Gap]
    seen: list[Mistake] = field(default_factory=list)
    explanations: list[tuple[Mistake, ...]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def off(self) -> Gap | None:
        """The first weight array that is changed otherwise than by Keras, if one is."""
        return next((gap for gap in self.gaps if not gap.within), None)

    @property
    def blurred(self) -> list[Gap]:
        """The weight arrays of which the step can't tell, since roundings are too large beside their change."""
        return [gap for gap in self.gaps if gap.blurred]

    @property
    def named(self) -> list[str]:
        """The names of all mistakes that were found; two that only together explain the step as one name."""
        return [mistake.name for mistake in self.seen] + [
            " + ".join(mistake.name for mistake in together) for together in self.explanations
        ]

    @property
    def right(self) -> bool:
        """Whether it is Keras' step."""
        return self.off is None and not self.seen and not self.remarks


def read(path: str | PathLike[str]) -> Step:
    """The step in an .npz file: x, y, before_0, before_1, …, after_0, …, and where they are needed the slots, as
    velocity_0, …, and the numbers step, batch_size and seed.

    Raises:
        FileFormatError: it is no such file.
    """
    path = str(path)
    with npz.opened(path) as archive:
        entries = {name.removesuffix(".npy") for name in archive.namelist()}
        counts = Counter(name.rpartition("_")[0] for name in entries)

        def numbered(kind: str) -> list[Array]:
            return [npz.read(archive, f"{kind}_{i}") for i in range(counts[kind])]

        numbers = {name: _integer(npz.read(archive, name), name) for name in entries & {"step", "batch_size", "seed"}}
        slots = {kind: numbered(kind) for kind in _SLOTS if counts[kind]}
        known = {"x", "y", *numbers}
        known |= {f"{kind}_{i}" for kind in ("before", "after", *slots) for i in range(counts[kind])}
        if unknown := sorted(entries - known):
            raise FileFormatError(
                "expected x, y, before_0, …, after_0, …, slots as velocity_0, …, step, batch_size and seed. "
                f"Found: {', '.join(unknown)}"
            )
        return Step(
            npz.read(archive, "x"), npz.read(archive, "y"), numbered("before"), numbered("after"), slots,
            numbers.get("step", 1), numbers.get("batch_size", 0), numbers.get("seed"),
        )  # fmt: skip


def _integer(value: Array, name: str) -> int:
    if value.size != 1 or value.dtype.kind not in "iu" or value.item() < 0:
        raise FileFormatError(f"{name}: expected an integer that is not negative. Found: {value!r}")
    return int(value.item())


def write(path: str | PathLike[str], step: Step) -> None:
    """Write a step to an .npz file that `read` reads, whole or not at all."""
    arrays: dict[str, Any] = {"x": step.x, "y": step.y, "step": step.number, "batch_size": step.batch_size}
    for kind, values in {"before": step.before, "after": step.after, **step.slots}.items():
        arrays |= {f"{kind}_{i}": value for i, value in enumerate(values)}
    if step.seed is not None:
        arrays["seed"] = step.seed
    content = io.BytesIO()
    np.savez(content, **arrays)
    write_whole(path, content.getvalue())


def record(model: Sequential, x: Any, y: Any, *, batch_size: int = 0, seed: int | None = None) -> Step:
    """Train the model by one step on these samples, whatever its loss, and return the step."""
    with OneBatch(model, x, y, "record") as batch:
        optimizer = model.optimizer
        assert optimizer is not None
        before = model.get_weights()
        slots = {
            name: [view.copy() for view in model.layout.views(model.backend.to_numpy(slot))]
            for name, slot in optimizer.slots.items()
        }
        batch.gradients()
        batch.update()
    return Step(
        np.asarray(x), np.asarray(y), before, model.get_weights(), slots, optimizer.iterations, batch_size, seed
    )


def of_script(path: str | PathLike[str], model: Sequential, x: Array, y: Array, seed: int) -> Step:
    """The step that a Python file takes: its step(weights, x, y) gets the model's weights and the batch, and returns
    the new weights.

    Raises:
        ValueError: it has no such function, or that returns something else.
        RuntimeError: it has failed.
    """
    before, folder = model.get_weights(), str(Path(path).resolve().parent)
    sys.path.insert(0, folder)  # as when Python runs it
    try:
        function = runpy.run_path(str(path)).get("step")
        after = function([weight.copy() for weight in before], x.copy(), y.copy()) if callable(function) else None
    except (Exception, SystemExit) as error:
        raise RuntimeError(f"{path} has failed. {type(error).__name__}: {error} (--debug shows where)") from error
    finally:
        sys.path.remove(folder)
    if not callable(function):
        raise ValueError(f"{path} expects a function step(weights, x, y) that returns the weights after one step")
    if not isinstance(after, list | tuple):
        raise ValueError(f"step expects to return a list of {len(before)} arrays. Received: {type(after).__name__}")
    try:
        arrays = [np.asarray(weight) for weight in after]
    except ValueError as error:
        raise ValueError(f"step expects to return arrays. Received: something that is none: {error}") from None
    return Step(x, y, before, arrays, batch_size=len(x), seed=seed)


def diagnose(model: Sequential, step: Step, samples: Array | None = None, validation_split: float = 0.0) -> Diagnosis:
    """Compare a step with Keras' step, and look for the mistakes that explain it.

    Args:
        model: the net, compiled with its optimizer, built, as Keras would begin with it; it stays as it is.
        step: what was done.
        samples: all samples of the training, as they come before any split or shuffling, to look at the order.
        validation_split: as for fit.

    Raises:
        ValueError: the step is not one of this model.
    """
    _check(model, step)
    allowing = _Allowing(model, step)
    found = Diagnosis(allowing.gaps(allowing.taken(()), step.after))
    _look_at_what_went_in(model, step, found)
    if samples is not None and step.seed is not None:
        _look_at_the_samples(step, samples, validation_split, found)
    if found.off is not None:
        found.explanations = _explanations(allowing, step)
    return found


def _explanations(allowing: "_Allowing", step: Step) -> list[tuple[Mistake, ...]]:
    """Single mistakes that lead to these weights; where none does, pairs."""
    for count in (1, 2):
        found = [
            together
            for together in itertools.combinations(OF_A_STEP, count)
            if all(gap.within for gap in allowing.gaps(allowing.taken(together), step.after))
        ]
        if found:
            return found
    return []


# -- taking the step again -----------------------------------------------------------------------------


@dataclass
class _Taken:
    """A step as tinydnn takes it, and the Euclidean norm of its rounding error in each weight array."""

    weights: list[Array]
    rounding: list[float]


_SEEN_BEFORE = "zero-initial-weights", "float64-creeping-in", "split-after-shuffling", "reshuffled-differently"
OF_A_STEP = tuple(mistake for mistake in mistakes.GALLERY if mistake.name not in _SEEN_BEFORE)


class _Allowing:
    """Takes a step again and again, and compares."""

    def __init__(self, model: Sequential, step: Step) -> None:
        self._model, self._step = model, step
        self._names = weight_names(model)

    def taken(self, planted: Iterable[Mistake]) -> _Taken:
        """The step with these mistakes."""
        step, rng = self._step, np.random.default_rng(0)
        with ExitStack() as stack:
            for mistake in planted:
                stack.enter_context(mistake.planted())
                if mistake.name == "last-batch-wrong-n" and step.batch_size > len(step.x):
                    self._batch_of_the_usual_size()
            single, double = (self._weights_after(dtype, step.before, step.x) for dtype in ("float32", "float64"))
            others = [single]
            for _ in range(_PERTURBED):
                before, x = [_rounded(weight, rng) for weight in step.before], _rounded(step.x, rng)
                after = self._weights_after("float64", before, x)
                others.append([a - b + c for a, b, c in zip(after, before, step.before, strict=True)])
        in_single = self._model.dtype == "float32"
        scale = 1.0 if in_single else float(np.finfo("float64").eps) / _SINGLE
        rounding = [max(_norm(other[i] - double[i]) for other in others) * scale for i in range(len(double))]
        return _Taken(single if in_single else double, rounding)

    def gaps(self, taken: _Taken, weights: Sequence[Array]) -> list[Gap]:
        """How far these weights are from the step that was taken."""
        found = []
        for name, before, ours, theirs, rounding in zip(
            self._names, self._step.before, taken.weights, weights, taken.rounding, strict=True
        ):
            change = _norm(ours - before)
            dtype = self._model.dtype
            finite = np.isfinite(ours)
            last_places = _norm(np.spacing(np.abs(np.where(finite, ours, 0)).astype(dtype)))
            allowed = _ROUNDINGS * rounding + _LAST_PLACES * last_places + _OF_THE_CHANGE[dtype] * change
            same_places = np.array_equal(finite, np.isfinite(theirs))
            apart = _norm(theirs.astype(np.float64) - ours) if same_places else math.inf
            found.append(Gap(name, change, apart, allowed))
        return found

    def _weights_after(self, dtype: str, before: list[Array], x: Array) -> list[Array]:
        step, model = self._step, twin(self._model, dtype, threads=1)
        assert model.optimizer is not None
        model.set_weights(before)
        model.optimizer.iterations = step.number - 1
        for name, slot in model.optimizer.slots.items():
            for view, values in zip(model.layout.views(slot), step.slots.get(name, []), strict=False):
                view[...] = values
        return [weight.astype(np.float64) for weight in record(model, x, step.y).after]

    def _batch_of_the_usual_size(self) -> None:
        """Let a training see one, as it has before the smaller one at an epoch's end; only its size matters."""
        dense = layers.Dense(1, kernel_initializer="zeros", name="dense")  # draws nothing, and uses up no number
        model = Sequential([dense], name="usual", device="cpu", threads=1)
        model.compile("sgd", "mse")
        record(model, np.zeros(self._step.batch_size, np.uint8), np.zeros(self._step.batch_size, np.uint8))


_SINGLE = float(np.finfo("float32").eps)


def _rounded(values: Array, rng: np.random.Generator) -> Array:
    """The values, in float64, each off at random by about a rounding of float32."""
    return values * (1 + _SINGLE * rng.standard_normal(values.shape))


def _norm(values: Array) -> float:
    """The Euclidean norm of what is finite in it."""
    return float(np.linalg.norm(values[np.isfinite(values)].astype(np.float64)))


# -- what went into it ---------------------------------------------------------------------------------


def _look_at_what_went_in(model: Sequential, step: Step, found: Diagnosis) -> None:
    same = all(np.array_equal(after, before) for after, before in zip(step.after, step.before, strict=True))
    if same and found.off is not None:
        found.remarks.append("no weight has changed")
    drawn = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    kernels = [weight for weight in step.before if weight.ndim == 2]
    not_meant = not any(isinstance(layer.kernel_initializer, initializers.Zeros) for layer in drawn)
    if step.number == 1 and not_meant and not any(kernel.any() for kernel in kernels):
        found.seen.append(mistakes.find("zero-initial-weights"))
    elif step.number == 1 and step.seed is not None:
        for name, ours, theirs in zip(weight_names(model), model.get_weights(), step.before, strict=True):
            if not np.array_equal(ours, theirs):
                apart = float(np.abs(ours.astype(np.float64) - theirs).max())
                found.remarks.append(
                    f"{name} before the step is not what Keras draws from seed {step.seed}: up to {apart:.2g} apart"
                )
                break
    if model.dtype == "float32" and not all(_fits_float32(weight) for weight in step.after):
        found.seen.append(mistakes.find("float64-creeping-in"))


def _fits_float32(weight: Array) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(weight, weight.astype(np.float32), equal_nan=True)


def _look_at_the_samples(step: Step, samples: Array, validation_split: float, found: Diagnosis) -> None:
    """Whether the batch has the samples that Keras takes in this step."""
    assert step.seed is not None
    trained_on = math.floor(len(samples) * (1 - validation_split))
    before = random.get_state()
    random.set_random_seed(step.seed)
    order = random.permutation(trained_on)
    random.set_state(before)
    size = step.batch_size or len(step.x)
    start = (step.number - 1) % math.ceil(trained_on / size) * size
    expected = order[start : start + size]
    ours, theirs = [_grey_values(samples[expected]), _grey_values(step.x)]
    if ours == theirs:
        return
    places: dict[bytes, int] = {}
    for i, sample in enumerate(_grey_values(samples)):
        places.setdefault(sample, i)
    rows = [places.get(sample, -1) for sample in theirs]
    if -1 in rows:
        found.remarks.append(f"sample {rows.index(-1)} of the batch is none of the {len(samples):,} training samples")
    elif max(rows) >= trained_on:
        found.seen.append(mistakes.find("split-after-shuffling"))
    elif len(theirs) != len(ours):
        found.remarks.append(f"Keras takes {len(ours)} samples in step {step.number}, not {len(theirs)}")
    else:
        found.seen.append(mistakes.find("reshuffled-differently"))


def _grey_values(x: Array) -> list[bytes]:
    """Each sample as bytes, whether it is scaled to 0 .. 1 or not."""
    scaled = x.dtype.kind == "f" and x.max(initial=0) <= 1
    grey = np.rint(x * _GREY_VALUES if scaled else x).astype(np.uint8).reshape(len(x), -1)
    return [row.tobytes() for row in grey]


def _check(model: Sequential, step: Step) -> None:
    """Raise a ValueError unless it is a step of this model."""
    model.require_compiled("diagnose", step.y)
    if not model.built:
        raise ValueError("diagnose expects a net whose weights have shapes; let it begin with an Input")
    if any(isinstance(layer, layers.Dropout) and layer.rate > 0 for layer in model.layers):
        raise ValueError("diagnose expects a net without Dropout, whose masks the step does not tell")
    assert model.optimizer is not None
    shapes = [tuple(shape) for shape in model.layout.shapes]
    names = weight_names(model)
    for kind, weights in {"before": step.before, "after": step.after, **step.slots}.items():
        found = [weight.shape for weight in weights]
        if found != shapes:
            hint = ""
            if found == [shape[::-1] for shape in shapes]:
                hint = ". They are transposed, as PyTorch keeps them: write W.T"
            wanted = ", ".join(f"{name} {shape}" for name, shape in zip(names, shapes, strict=True))
            raise ValueError(f"{kind} expects {wanted}. Received: {', '.join(map(str, found)) or 'none'}{hint}")
    if any(weight.dtype.kind not in "fiu" for weight in (*step.before, *step.after)):
        raise ValueError(
            f"weights expect numbers. Received: {sorted({str(w.dtype) for w in step.before + step.after})}"
        )
    for name, weights in (("before", step.before), *step.slots.items()):
        if not all(np.isfinite(weight).all() for weight in weights):
            raise ValueError(f"{name} expects finite numbers. Received: NaN or infinity")
    needed = model.optimizer.slot_names()
    if surplus := sorted(set(step.slots) - set(needed)):
        raise ValueError(f"{type(model.optimizer).__name__} here has the slots {needed}. Received: {surplus}")
    if step.batch_size > _LARGEST_BATCH:
        raise ValueError(f"batch_size expects at most {_LARGEST_BATCH:,}. Received: {step.batch_size:,}")
    if step.number < 1 or (step.number > 1 and set(step.slots) != set(needed)):
        wanted = ", ".join(f"{name}_0, …" for name in needed)
        raise ValueError(
            f"step {step.number} needs what the optimizer kept before it, {wanted}. "
            f"Received: {', '.join(sorted(step.slots)) or 'none'}; the first step, step=1, needs nothing"
        )
