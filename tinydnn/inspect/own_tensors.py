"""Somebody's own tensors of a step under the microscope: which is the first that is not tinydnn's?

    print(compare(model, x, y, {"dense/z": z, "dense/dW": dW}))

No two programs round alike. How far a tensor may be off is measured: the step is taken once more in float64, and from
weights and samples that are off by a rounding. A tensor may differ by a few times as much as these do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.inspect.diagnosis import masks
from tinydnn.inspect.diagnosis.step import Step, begin, check
from tinydnn.inspect.microscope import Tensor, dissect
from tinydnn.inspect.roundings import OF_THE_WHOLE, PERTURBED, ROUNDINGS, apart, factor, norm, perturbed
from tinydnn.inspect.twin import require_row, twin
from tinydnn.inspect.weight_names import trained_names, weight_names
from tinydnn.layers.layer import known
from tinydnn.models import Model

_ONE_FACTOR = 1e-4  # the largest share of the own values that a factor may leave over


@dataclass
class Comparison:
    """A step's tensors in the order of computation, of which some have somebody's own values.

    allowed: the largest Euclidean norm of the difference that is rounding, for each tensor that has own values.
    """

    tensors: list[Tensor]
    allowed: dict[str, float]

    @property
    def off(self) -> list[Tensor]:
        """The tensors whose own values differ from tinydnn's by more than roundings."""
        return [each for each in self.tensors if each.own is not None and self._apart(each) > self.allowed[each.name]]

    def _apart(self, tensor: Tensor) -> float:
        return apart(np.asarray(tensor.own), tensor.value)

    def __str__(self) -> str:
        if not self.off:
            return f"All {len(self.allowed)} of your tensors are tinydnn's, but for roundings"
        first = self.off[0]
        right = [name for name in self.allowed if name not in {each.name for each in self.off}]
        return (
            f"{first.name} is the first of your tensors that is not tinydnn's: the two are {self._apart(first):.2e} "
            f"apart, and roundings explain {self.allowed[first.name]:.2e} (Euclidean norms){_factor(first)}\n"
            f"Right are: {', '.join(right) or 'none'}"
        )


def _factor(tensor: Tensor) -> str:
    """By which number the own values are larger, where that is all."""
    k, spread = factor(np.asarray(tensor.own), tensor.value)
    return f". Yours is {k:.6g} times tinydnn's" if spread <= _ONE_FACTOR else ""


def compare(
    model: Model, x: Any, y: Any, own: Mapping[str, Any], keras: Mapping[str, Array] | None = None
) -> Comparison:
    """Train the model by one step on these samples as one batch, and compare its tensors with somebody's own.

    Args:
        model: compiled, with the weights and the optimizer's state before the step; it takes the step.
        x, y: as for fit.
        own: arrays by the names that the microscope gives the tensors: "dense/z", "dense/dW", "loss", …
        keras: Keras' values of the tensors, by name.

    Raises:
        ValueError: a tensor has a name or a shape that this step does not have, or the layers are not in a row.
    """
    require_row(model, "The microscope")
    model.prepare_training(np.shape(x)[1:])
    others = _others(model, np.asarray(x), y) if own else []
    tensors = dissect(model, x, y, keras)
    by_name = {tensor.name: tensor for tensor in tensors}
    if unknown := sorted(set(own) - set(by_name)):
        raise ValueError(f"This step has the tensors {', '.join(by_name)}. Received: {', '.join(unknown)}")
    for name, values in own.items():
        by_name[name].own = _fitting(name, np.asarray(values), by_name[name].value)
    return Comparison(tensors, {name: _allowed(by_name[name], others) for name in by_name if name in own})


def tensors_of(model: Model, step: Step) -> dict[str, Array]:
    """Put the model where the step began; return the step's own tensors: those of its file, and its weights' change.

    Raises:
        ValueError: the step is not of this model.
    """
    masks.refuse(model, "A step in a file under the microscope")
    check(model, Step(step.x, step.y, step.before, step.after or step.before, step.slots, step.number))
    model.prepare_training(known(model.sample_shape))
    begin(model, step)
    trained = set(trained_names(model))
    changes = zip(weight_names(model), step.before, step.after, strict=False)  # a step by hand may have no `after`
    return step.tensors | {f"{name} change": after - before for name, before, after in changes if name in trained}


def _others(model: Model, x: Array, y: Any) -> list[dict[str, Array]]:
    """The tensors of the same step in float64, and then from weights and samples that are off by roundings."""
    rng, found = np.random.default_rng(0), []
    rounding = float(np.finfo(model.dtype).eps)
    for off in (0.0, *[rounding] * PERTURBED):
        copy = _twin_under_way(model)
        copy.set_weights([perturbed(weight, off, rng) for weight in copy.get_weights()])
        found.append({each.name: each.value for each in dissect(copy, perturbed(x, off, rng), y)})
    return found


def _twin_under_way(model: Model) -> Model:
    """A twin in float64 whose optimizer is where the model's is."""
    copy = twin(model, "float64", threads=1)
    assert copy.optimizer is not None
    assert model.optimizer is not None
    copy.optimizer.iterations = model.optimizer.iterations
    for name, slot in model.optimizer.slots.items():
        copy.optimizer.slots[name][...] = model.backend.to_numpy(slot)
    return copy


def _allowed(tensor: Tensor, others: Sequence[dict[str, Array]]) -> float:
    exact, *perturbed = (each[tensor.name] for each in others)
    apart = max(norm(other - exact) for other in (tensor.value, *perturbed))
    return ROUNDINGS * apart + OF_THE_WHOLE[tensor.value.dtype.name] * norm(exact)


def _fitting(name: str, own: Array, ours: Array) -> Array:
    """The own values in the shape that the tensor has; axes of length 1 make no difference."""
    if own.dtype.kind not in "biuf":
        raise ValueError(f"{name} expects numbers. Received: {own.dtype}")
    if np.squeeze(own).shape == np.squeeze(ours).shape:
        return own.reshape(ours.shape)
    hint = "; it is the transpose, write .T" if own.shape == ours.shape[::-1] else ""
    raise ValueError(f"{name} expects the shape {ours.shape}. Received: {own.shape}{hint}")
