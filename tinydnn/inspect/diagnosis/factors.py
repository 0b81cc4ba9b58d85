"""Reading factors: what it says about a mistake that some changes are k times Keras', and others not.

A fault shows where it is made, and in all that is computed after it. So the arrays are read on the way backward, from
the last layer to the first: the first that is off is nearest to the fault.
"""

from collections.abc import Sequence

from tinydnn.inspect.diagnosis.findings import Diagnosis, Gap, backward, layer_of
from tinydnn.inspect.diagnosis.lengths import ALIKE, meaning
from tinydnn.inspect.diagnosis.step import Step
from tinydnn.models import Model


def read(found: Diagnosis, model: Model, step: Step) -> list[str]:
    """What the factors of a step say, in sentences; nothing where all is right."""
    if found.kind == "outputs":
        return _read_forward(found.gaps)
    told = [gap for gap in found.gaps if not gap.blurred and gap.change]
    wrong = [gap for gap in told if not gap.within]
    if not wrong:
        return []
    common = _common_factor(wrong)
    if common is not None and abs(common - 1) <= ALIKE:
        return [f"{'Every change differs' if len(wrong) == len(told) else 'Some changes differ'} by less than 1 %"]
    if common is not None and len(wrong) == len(told):
        return [f"Every change is {common:.4g} times Keras': {meaning(common, model, step)}"]
    kinds = {kind: [gap for gap in told if gap.name.endswith(kind)] for kind in ("/kernel", "/bias")}
    times = "" if common is None else f", each of them {common:.4g} times Keras'"
    if wrong == kinds["/bias"]:
        return [f"All kernels are right and every bias is wrong{times}: look at db, and at how biases are updated"]
    if wrong == kinds["/kernel"]:
        return [f"All biases are right and every kernel is wrong{times}: look at dW, and at penalties on W"]
    return _by_layers(told, wrong)


def _read_forward(gaps: list[Gap]) -> list[str]:
    """Which output is the first that differs."""
    at = next((i for i, gap in enumerate(gaps) if not gap.within), None)
    if at is None:
        return []
    times = f", {gaps[at].k:.4g} times Keras'" if gaps[at].is_multiple else ""
    before = f"{_list([gap.name for gap in gaps[:at]])} {'is' if at == 1 else 'are'} right; " if at else ""
    return [f"{before}{gaps[at].name} is the first that differs{times}"]


def _by_layers(told: list[Gap], wrong: list[Gap]) -> list[str]:
    """Where the fault shows first on the way backward, and how the layers below have it."""
    layers = list(dict.fromkeys(layer_of(gap) for gap in backward(told)))
    at = next(i for i, layer in enumerate(layers) if any(layer_of(gap) == layer for gap in wrong))
    here = [gap for gap in wrong if layer_of(gap) == layers[at]]
    if at == 0:
        lines = [
            f"It shows in {layers[0]} already, the last layer, where the way backward begins: look at the loss and at "
            "its derivative first"
        ]
    else:
        lines = [
            f"{_list(layers[:at])} {'is' if at == 1 else 'are'} right. On the way backward, {layers[at]} is the first "
            "that is off: look at its activation's derivative, and at dx = dz @ W.T, which comes from above"
        ]
    for gap in here:
        if gap.is_multiple and abs(gap.k - 1) > ALIKE:
            lines.append(f"{gap.name} changes {gap.k:.4g} times as much as in Keras")
    return lines


def _common_factor(gaps: Sequence[Gap]) -> float | None:
    """The factor that all these changes have; None where they have none, or not the same."""
    if not all(gap.is_multiple for gap in gaps):
        return None
    factors = [gap.k for gap in gaps]
    weights = [gap.change for gap in gaps]
    mean = sum(k * w for k, w in zip(factors, weights, strict=True)) / sum(weights)
    return mean if all(abs(k - mean) <= ALIKE * abs(mean) for k in factors) else None


def _list(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
