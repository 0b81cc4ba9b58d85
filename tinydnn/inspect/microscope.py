"""The microscope: every tensor of one training step, in the order of computation.

The step is run by the code that `fit` runs; the microscope copies what the passes hold afterwards.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from tinydnn import activations, layers
from tinydnn.device.backend import Array
from tinydnn.engine.averages import Averages
from tinydnn.engine.one_batch import OneBatch
from tinydnn.engine.passes import Pass
from tinydnn.inspect import quotes
from tinydnn.inspect.differences import Difference, difference
from tinydnn.inspect.quotes import Formula, quote
from tinydnn.inspect.slopes import Index, Slope, slopes
from tinydnn.inspect.twin import require_row
from tinydnn.inspect.weight_names import gradient_names, gradients_in, trained_names
from tinydnn.models import Model

_SHOWN = 784  # at most so many numbers of a tensor go into JSON


@dataclass
class Tensor:
    """One tensor of a step: its formula, a copy of its values, and those of Keras and of somebody, if they are known.

    kind: x, y, z, a, l, loss, gradient, clipped, the name of a slot, or change.
    of_weights: whether it has the shape of a weight array; other tensors have a row for each sample of the batch.
    """

    name: str
    kind: str
    formula: Formula
    value: Array
    of_weights: bool = False
    keras: Array | None = None
    own: Array | None = None
    slopes: list[Slope] = field(default_factory=list)

    @property
    def difference(self) -> Difference | None:
        """The largest difference from Keras' values; None if they are unknown."""
        return None if self.keras is None else difference(self.value, self.keras)

    @property
    def own_difference(self) -> Difference | None:
        """The largest difference from somebody's own values, rounded to this dtype; None where there are none."""
        if self.own is None:
            return None
        with np.errstate(over="ignore"):
            return difference(self.value, self.own.astype(self.value.dtype))

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
                "own": None if self.own is None else float(self.own[at]),
            },
            "difference": None if self.difference is None else asdict(self.difference),
            "own_difference": None if self.own_difference is None else asdict(self.own_difference),
            "slopes": [asdict(slope) for slope in self.slopes],
            "sample": self.sample.tolist(),
        }


def dissect(model: Model, x: Any, y: Any, keras: Mapping[str, Array] | None = None) -> list[Tensor]:
    """Train the model by one step on these samples as one batch; return every tensor of the step in order.

    Args:
        model: compiled; it takes the step, unless the loss is infinite or NaN.
        x, y: as for fit.
        keras: Keras' values of the tensors, by name.

    Raises:
        ValueError: the model's layers are not in a row.
    """
    to_numpy = model.backend.to_numpy
    with OneBatch(model, x, y, "The microscope") as batch:
        require_row(model, "The microscope")
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


def outputs(model: Model, x: Any, y: Any) -> dict[str, Array]:
    """The outputs of all layers for these samples, z and a, by name in the order of computation; it trains nothing.

    Raises:
        ValueError: the model's layers are not in a row.
    """
    with OneBatch(model, x, y, "The microscope") as batch:
        require_row(model, "The microscope")
        passes = batch.gradients()
        return {
            f"{layer.name}/{kind}": value.copy()
            for i, layer in enumerate(model.flat_layers)
            for kind, _, value in _outputs(model, passes, i)
            if kind != "y"
        }


# -- the tensors -------------------------------------------------------------------------------------


def _rows(model: Model, parts: list[Array]) -> Array:
    """The rows of all passes, one below the other, as a NumPy array."""
    return np.concatenate([model.backend.to_numpy(part) for part in parts])


def _outputs(model: Model, passes: list[Pass], i: int) -> Iterator[tuple[str, Formula, Array]]:
    """What layer i computes: z and a, or y."""
    layer, traces = model.flat_layers[i], [each.traces[i] for each in passes]
    following = [[*(t.x for t in each.traces), each.output][i + 1] for each in passes]  # may be the layer's own input
    activates = layer.activation is not activations.linear or isinstance(layer, layers.Activation)
    if isinstance(layer, layers.Dense):
        yield "z", quotes.of_output(layer, "z"), _rows(model, [t.z for t in traces])
    if activates:
        outputs = [each.loss.p for each in passes] if traces[0].loss_activates else following
        yield "a", quotes.of_activation(layer.activation), _rows(model, outputs)
    elif layer.computes and not isinstance(layer, layers.Dense):
        yield "y", quotes.of_output(layer, "y"), _rows(model, following)


def _loss_formulas(model: Model, passes: list[Pass]) -> tuple[Formula, Formula]:
    assert model.loss is not None
    t = passes[0].traces[-1]
    layer = next(each for each in reversed(model.flat_layers) if each.computes)
    output = f"{layer.name}/y"  # y alone are the targets
    if isinstance(layer, layers.Dense | layers.Activation):
        output = "z" if t.loss_takes_z or layer.activation is activations.linear else "a"
    of_rows, of_gradient = quotes.of_loss(model.loss, passes[0].logits, output)
    return of_rows, replace(of_gradient, text=f"{of_gradient.text}{_loss_weight(model)}")


def _loss_weight(model: Model) -> str:
    """The factor of the loss, where it has one."""
    return "" if model.loss_weight == 1 else f" * {model.loss_weight:g}"


def _forward(model: Model, passes: list[Pass], loss: float) -> Iterator[Tensor]:
    x = _rows(model, [each.traces[0].x for each in passes]).astype(model.dtype)
    yield Tensor("x", "x", quote(Pass.gather, "the rows of the batch", "self._take(self.data.x"), x)
    y = _rows(model, [each.loss.y for each in passes])
    made_of_labels = passes[0].data.targets is None
    code = "self.xp.equal(scores.labels" if made_of_labels else "t.y = self._take("
    yield Tensor("y", "y", quote(Pass.measure, "their targets", code), y)
    for i, layer in enumerate(model.flat_layers):
        for kind, how, values in _outputs(model, passes, i):
            yield Tensor(f"{layer.name}/{kind}", kind, how.named(kind), values)
    how, _ = _loss_formulas(model, passes)
    yield Tensor("l", "l", how.named("l"), _rows(model, [each.loss.l for each in passes]))
    penalized = model.regularized or any(layer.activity_regularizer for layer in model.flat_layers)
    penalty = " + penalties" if penalized else ""
    how = quote(Averages._means, f"loss = mean of l{_loss_weight(model)}{penalty}", '"loss": loss / samples')
    yield Tensor("loss", "loss", how, np.array(loss, model.dtype))


def _backward(model: Model, passes: list[Pass], gradient: Array) -> Iterator[Tensor]:
    of_weights = model.views_by_layer(gradient)
    _, how = _loss_formulas(model, passes)  # of the gradient that goes into the layer
    for i, layer in reversed(list(enumerate(model.flat_layers))):
        traces = [each.traces[i] for each in passes]
        if traces[0].dy is None:  # no weight lies below
            return
        if not layer.computes or (isinstance(layer, layers.Activation) and traces[0].loss_takes_z):
            continue
        dense, activates = isinstance(layer, layers.Dense), layer.activation is not activations.linear
        goes_through = activates and not traces[0].loss_takes_z
        kind = "dy"
        if dense or isinstance(layer, layers.Activation):
            kind = "da" if goes_through or not dense else "dz"
        arriving = _rows(model, [t.dy for t in traces])
        yield Tensor(f"{layer.name}/{kind}", "gradient", how.named(kind), arriving)
        if dense and goes_through:
            dz = _rows(model, [t.dz for t in traces])
            how = quotes.of_activation_gradient(layer.activation)
            yield Tensor(f"{layer.name}/dz", "gradient", how.named("dz"), dz)
        of_layer = zip(gradients_in(layer), quotes.of_weight_gradients(layer), strict=True)
        for (name, how), values in zip(of_layer, of_weights[i], strict=False):  # a frozen layer has none
            yield Tensor(f"{layer.name}/{name}", "gradient", how.named(name), values, of_weights=True)
        how = quotes.of_input_gradient(layer)


def _update(model: Model, gradient: Array, before: Array, after: Array) -> Iterator[Tensor]:
    optimizer = model.optimizer
    assert optimizer is not None
    names, views = trained_names(model), model.layout.views
    if optimizer.clips:
        how = quotes.of_clipping(optimizer)
        for name, values in zip(gradient_names(model), views(gradient), strict=True):
            yield Tensor(f"{name} clipped", "clipped", how, values, of_weights=True)
    slots, change = quotes.of_update(optimizer)
    for slot, vector in optimizer.slots.items():
        for name, values in zip(names, views(model.backend.to_numpy(vector)), strict=True):
            yield Tensor(f"{name} {slot}", slot, slots[slot], values, of_weights=True)
    for name, values in zip(names, views(after - before), strict=True):
        yield Tensor(f"{name} change", "change", change, values, of_weights=True)
