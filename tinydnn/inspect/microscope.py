"""The microscope: every tensor of one training step, in the order of computation.

The step is run by the code that `fit` runs; the microscope copies what the passes hold afterwards.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from tinydnn import layers
from tinydnn.device.backend import Array
from tinydnn.engine.averages import Averages
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.passes import Pass
from tinydnn.inspect import formulas
from tinydnn.inspect.differences import Difference, difference
from tinydnn.inspect.formulas import Formula, formula
from tinydnn.inspect.slopes import Index, Slope, slopes
from tinydnn.inspect.weight_names import gradient_names, gradient_of, names_in, weight_names
from tinydnn.models import Sequential

_SHOWN = 784  # at most so many numbers of a tensor go into JSON


@dataclass
class Tensor:
    """One tensor of a step: its formula, a copy of its values, and Keras' values if they are known.

    kind: x, y, z, a, l, loss, gradient, clipped, the name of a slot, or change.
    of_weights: whether it has the shape of a weight array; other tensors have a row for each sample of the batch.
    """

    name: str
    kind: str
    formula: Formula
    value: Array
    of_weights: bool = False
    keras: Array | None = None
    slopes: list[Slope] = field(default_factory=list)

    @property
    def difference(self) -> Difference | None:
        """The largest difference from Keras' values; None if they are unknown."""
        return None if self.keras is None else difference(self.value, self.keras)

    @property
    def largest(self) -> Index:
        """The index of its largest value in magnitude: the entry to show where there is room for only one."""
        return tuple(int(i) for i in np.unravel_index(np.abs(self.value).argmax(), self.value.shape))

    @property
    def sample(self) -> Array:
        """A part to look at: the first row of a batch, the weights of a kernel's first unit, or all numbers."""
        if self.value.ndim < 2:
            return self.value[..., :_SHOWN] if self.value.ndim else self.value
        return (self.value[:, 0] if self.of_weights else self.value[0].ravel())[:_SHOWN]

    def to_json(self) -> dict[str, Any]:
        """The tensor as JSON, with a sample of its values."""
        at = self.largest
        return {
            "name": self.name,
            "formula": asdict(self.formula),
            "shape": list(self.value.shape),
            "dtype": self.value.dtype.name,
            "mean": float(self.value.mean(dtype=np.float64)),
            "min": float(self.value.min()),
            "max": float(self.value.max()),
            "largest": {
                "index": list(at),
                "tinydnn": float(self.value[at]),
                "keras": None if self.keras is None else float(self.keras[at]),
            },
            "difference": None if self.difference is None else asdict(self.difference),
            "slopes": [asdict(slope) for slope in self.slopes],
            "sample": self.sample.tolist(),
        }


def dissect(model: Sequential, x: Any, y: Any, keras: Mapping[str, Array] | None = None) -> list[Tensor]:
    """Train the model by one step on these samples as one batch; return every tensor of the step in order.

    Args:
        model: compiled; it takes the step, unless the loss is infinite or NaN.
        x, y: as for fit.
        keras: Keras' values of the tensors, by name.
    """
    to_numpy = model.backend.to_numpy
    with OneBatch(model, x, y, "The microscope") as batch:
        before = to_numpy(model.parameters)
        passes = batch.gradients()
        loss = batch.logs()["loss"]
        gradient = sum(to_numpy(each.gradient) for each in passes)
        tensors = [*_forward(model, passes, loss), *_backward(model, passes, gradient)]
        found = slopes(model, x, y, gradient, passes)
        if math.isfinite(loss):  # otherwise fit refuses the update, too
            batch.update()
            tensors += _update(model, to_numpy(passes[0].gradient), before, to_numpy(model.parameters))
    by_name = {tensor.name: tensor for tensor in tensors}
    for name, tensor in by_name.items():
        tensor.keras = (keras or {}).get(name)
    for name, of_weights in zip(gradient_names(model), found, strict=True):
        by_name[name].slopes = of_weights
    return tensors


# -- the tensors -------------------------------------------------------------------------------------


class _Step:
    """A step of the model that computes something, and where its tensors lie in the passes."""

    def __init__(self, model: Sequential, passes: list[Pass], i: int, owner: layers.Layer) -> None:
        self.layer, self.owner = model.steps[i], owner
        self.in_loss = i == len(passes[0].layers)  # a softmax, which is computed together with the loss
        self.kind = "y"
        if isinstance(self.layer, layers.Dense | layers.Activation):
            self.kind = "z" if isinstance(self.layer, layers.Dense) else "a"
        self._model, self._passes, self._i = model, passes, i

    def output(self) -> Array:
        if self.in_loss:
            return _rows(self._model, [each.loss.p for each in self._passes])
        following = self._i + 1  # takes what this one hands on, which may be its own input
        return _rows(self._model, [([t.x for t in each.traces] + [each.output])[following] for each in self._passes])

    def gradient(self) -> Array | None:
        """The gradient with respect to the output, where the passes computed it."""
        if self.in_loss or self._passes[0].traces[self._i].dy is None:
            return None
        return _rows(self._model, [each.traces[self._i].dy for each in self._passes])


def _rows(model: Sequential, parts: list[Array]) -> Array:
    """The rows of all passes, one below the other, as a NumPy array."""
    return np.concatenate([model.backend.to_numpy(part) for part in parts])


def _steps(model: Sequential, passes: list[Pass]) -> list[_Step]:
    owners = [layer for layer in model.layers for _ in layer.steps()]
    steps = [_Step(model, passes, i, owner) for i, owner in enumerate(owners)]
    return [step for step in steps if step.layer.computes]


def _loss_formulas(model: Sequential, passes: list[Pass]) -> tuple[Formula, Formula]:
    assert model.loss is not None
    last = _steps(model, passes)[-1]
    output = f"{last.owner.name}/y" if last.kind == "y" else last.kind  # y alone are the targets
    return formulas.of_loss(model.loss, passes[0].logits, output)


def _forward(model: Sequential, passes: list[Pass], loss: float) -> Iterator[Tensor]:
    x = _rows(model, [each.traces[0].x for each in passes]).astype(model.dtype)
    yield Tensor("x", "x", formula("the rows of the batch", "self._take(self.data.x", Pass.gather), x)
    y = _rows(model, [each.loss.y for each in passes])
    made_of_labels = passes[0].data.targets is None
    code = "self.xp.equal(scores.labels" if made_of_labels else "t.y = self._take("
    yield Tensor("y", "y", formula("their targets", code, Pass.measure), y)
    for step in _steps(model, passes):
        how = formulas.of_softmax_in_loss() if step.in_loss else formulas.of_output(step.layer)
        yield Tensor(f"{step.owner.name}/{step.kind}", step.kind, how.named(step.kind), step.output())
    how, _ = _loss_formulas(model, passes)
    yield Tensor("l", "l", how.named("l"), _rows(model, [each.loss.l for each in passes]))
    penalty = " + penalties" if any(layer.kernel_regularizer for layer in model.layers) else ""
    how = formula(f"loss = mean of l{penalty}", '"loss": loss / samples', Averages._means)
    yield Tensor("loss", "loss", how, np.array(loss, model.dtype))


def _backward(model: Sequential, passes: list[Pass], gradient: Array) -> Iterator[Tensor]:
    views = iter(model.layout.views(gradient))
    of_weights = {layer.name: [next(views) for _ in layer.weights] for layer in model.layers}
    _, how = _loss_formulas(model, passes)
    for step in reversed(_steps(model, passes)):
        name, arriving = step.owner.name, step.gradient()
        if arriving is None:  # the loss was computed from what goes into this step, or no weight lies below it
            continue
        yield Tensor(f"{name}/d{step.kind}", "gradient", how.named(f"d{step.kind}"), arriving)
        how = formulas.of_input_gradient(step.layer)
        if step.layer.weights:
            kinds, both = map(gradient_of, names_in(step.layer)), formulas.of_weight_gradients(step.layer)
            for kind, each, values in zip(kinds, both, of_weights[name], strict=False):
                yield Tensor(f"{name}/{kind}", "gradient", each.named(kind), values, of_weights=True)


def _update(model: Sequential, gradient: Array, before: Array, after: Array) -> Iterator[Tensor]:
    optimizer = model.optimizer
    assert optimizer is not None
    names, views = weight_names(model), model.layout.views
    if optimizer.clips:
        how = formulas.of_clipping(optimizer)
        for name, values in zip(gradient_names(model), views(gradient), strict=True):
            yield Tensor(f"{name} clipped", "clipped", how, values, of_weights=True)
    slots, change = formulas.of_update(optimizer)
    for slot, vector in optimizer.slots.items():
        for name, values in zip(names, views(model.backend.to_numpy(vector)), strict=True):
            yield Tensor(f"{name} {slot}", slot, slots[slot], values, of_weights=True)
    for name, values in zip(names, views(after - before), strict=True):
        yield Tensor(f"{name} change", "change", change.named("change"), values, of_weights=True)
