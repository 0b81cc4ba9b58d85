"""A training step to be diagnosed: the weights before and after it, its batch, and what the optimizer kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.engine.one_batch import OneBatch
from tinydnn.inspect.diagnosis import masks
from tinydnn.inspect.twin import require_row
from tinydnn.inspect.weight_names import trained_names, weight_names
from tinydnn.models import Model

_LARGEST_BATCH = 2**24  # a file can claim any size


@dataclass
class Step:
    """One training step of somebody's implementation.

    x, y: the batch as the net gets it, (n, …) and (n, outputs) or (n,).
    before, after: the weights, [kernel, bias] of each Dense layer in order; kernels (inputs, units), biases (units,).
    slots: what the optimizer kept before the step, by Keras' names (velocity, momentum, average_gradient), one array
        for each weight array; may be left out for the first step, before which all slots are zeros.
    number: the number of the step in its training, from 1.
    batch_size: how many samples a step of the training usually takes; 0 means as many as this one.
    seed: the seed of the initial weights and of the order of the samples; None skips the checks of both.
    model_json: the net and how it is compiled, as to_json() of Keras or tinydnn writes it; None where nobody has said.
    tensors: what else the implementation has computed in the step, by the microscope's names, such as dense/z.
    masks: for each Dropout layer an array that is 0 where a number was dropped, (n, units) or (units, n).
    """

    x: Array
    y: Array
    before: list[Array]
    after: list[Array]
    slots: dict[str, list[Array]] = field(default_factory=dict)
    number: int = 1
    batch_size: int = 0
    seed: int | None = None
    model_json: str | None = None
    tensors: dict[str, Array] = field(default_factory=dict)
    masks: list[Array] = field(default_factory=list)


def record(model: Model, x: Any, y: Any, *, batch_size: int = 0, seed: int | None = None) -> Step:
    """Train the model by one step on these samples, whatever the loss, and return the step."""
    with OneBatch(model, x, y, "record") as batch:
        optimizer = model.optimizer
        assert optimizer is not None
        before = model.get_weights()
        slots = {
            name: [view.copy() for view in model.layout.views(model.backend.to_numpy(slot))]
            for name, slot in optimizer.slots.items()
        }
        kept = masks.drawn(batch.gradients())
        batch.update()
    return Step(
        np.asarray(x), np.asarray(y), before, model.get_weights(), slots, optimizer.iterations, batch_size, seed,
        masks=kept,
    )  # fmt: skip


def begin(model: Model, step: Step) -> None:
    """Put a model that is ready to train where the step began: its weights, its slots, and the number of the step."""
    optimizer = model.optimizer
    assert optimizer is not None
    model.set_weights(step.before)
    optimizer.iterations = step.number - 1
    for name, views in step.slots.items():
        for view, values in zip(model.layout.views(optimizer.slots[name]), views, strict=True):
            view[...] = model.backend.asarray(values)


def computes_in_float64(steps: Sequence[Step]) -> bool:
    """Whether the weights after the steps are none that float32 has."""
    return not all(_fits_float32(weight) for step in steps for weight in step.after)


def _fits_float32(weight: Array) -> bool:
    with np.errstate(over="ignore"):
        return np.array_equal(weight, weight.astype(np.float32), equal_nan=True)


def check(model: Model, step: Step, first: bool = True) -> None:
    """Raise a ValueError unless the model can take this step; one that is not the first needs no slots."""
    check_net(model, step.y)
    masks.check(model, step.masks, len(step.x))
    _check_weights(model, step, first)
    if first:
        _check_numbers(model, step)


def check_net(model: Model, y: Array) -> None:
    """Raise a ValueError unless steps of such a net can be taken again."""
    model.require_compiled("diagnose", y)
    if not model.built:
        raise ValueError("diagnose expects a net whose weights have shapes; let it begin with an Input")
    require_row(model, "diagnose")


def _check_weights(model: Model, step: Step, first: bool) -> None:
    of_all = weight_names(model), [weight.shape for weight in model.weights]
    of_trained = trained_names(model), [tuple(shape) for shape in model.layout.shapes]
    for kind, weights in {"before": step.before, "after": step.after, **step.slots}.items():
        names, shapes = of_trained if kind in step.slots else of_all
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
    for kind, weights in {"before": step.before, **step.slots}.items() if first else ():
        if not all(np.isfinite(weight).all() for weight in weights):
            raise ValueError(f"{kind} expects finite numbers. Received: NaN or infinity")


def _check_numbers(model: Model, step: Step) -> None:
    assert model.optimizer is not None
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
