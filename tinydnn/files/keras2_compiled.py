"""How a model of Keras 2 was compiled, in Keras 3's form: its optimizer, and this one's variables.

Keras 2 had two families of optimizers. Those since 2.11 are Custom>RMSprop and the like in a file, and compute as those
of Keras 3. Those before, "legacy" since then, have a `decay` among their arguments, and some have other formulas.
Mirrors keras/optimizers and keras/optimizers/legacy of Keras 2.15.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinydnn.device.backend import Array
from tinydnn.files.config import CompiledError
from tinydnn.optimizers import Optimizer

_PREFIX = "Custom>"
_ABOUT_RUNNING = "jit_compile", "is_legacy_optimizer"  # which say nothing of the formula

# The legacy optimizers whose step is another one than that of Keras 3.
_OTHERS = {
    "RMSprop": "it divides by sqrt(v) + epsilon, and RMSprop since by sqrt(v + epsilon)",
    "Adagrad": "it divides by sqrt(v) + epsilon, and Adagrad since by sqrt(v + epsilon)",
}


def modern_loss(loss: Any) -> Any:
    """A loss as Keras 3 has it in a file; one that is an object has a function besides, and a reduction "auto"."""
    if not (isinstance(loss, Mapping) and isinstance(loss.get("config"), Mapping)):
        return loss
    config = {key: value for key, value in loss["config"].items() if key != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return {**loss, "config": config}


def modern_optimizer(optimizer: Mapping[str, Any]) -> dict[str, Any]:
    """An optimizer as Keras 3 has it in a file; one of Keras 3 comes out unchanged.

    Raises:
        CompiledError: no optimizer of Keras 3 takes the same steps.
    """
    name = optimizer["class_name"].removeprefix(_PREFIX)
    config = {key: value for key, value in optimizer["config"].items() if key not in _ABOUT_RUNNING}
    if name == "Nadam" and _of_keras_2(optimizer):
        raise CompiledError("Nadam of Keras 2 takes other steps than Nadam since, and its file lacks some of its state")
    if _is_legacy(optimizer):
        decay = config.pop("decay")
        if "name" not in config:
            raise CompiledError(f"its {name} is of a Keras before 2.4, whose optimizers tinydnn does not read")
        if name in _OTHERS and not (name == "RMSprop" and config["momentum"]):  # with momentum it is inside, too
            raise CompiledError(f"its {name} is a legacy one, of before Keras 2.11: {_OTHERS[name]}")
        if decay:
            raise CompiledError(
                f"its {name} has the decay {decay:g}, which no optimizer has since Keras 2.11; "
                f"optimizers.schedules.InverseTimeDecay({config['learning_rate']:g}, 1, {decay:g}) is the same"
            )
    return {**optimizer, "class_name": name, "config": config}


def modern_variables(written: Mapping[str, Any], variables: Sequence[Array], optimizer: Optimizer) -> list[Array]:
    """The variables of an .h5 file in Keras 3's order.

    Keras 2 has the steps and then the slots; a legacy optimizer's are slot by slot. It leaves out the learning rate,
    and keeps a momentum of an SGD without it.

    written: the optimizer in the file.
    optimizer: the one that `modern_optimizer` made of it.
    """
    if not variables or not _of_keras_2(written):
        return list(variables)
    steps, *slots = variables
    kept = optimizer.slot_names()
    slots = slots if kept else []
    by_weight = [name for name in kept if name in optimizer.slots_by_weight]
    if _is_legacy(written) and by_weight:
        weights = len(slots) // len(kept)
        of_slots = [slots[i * weights : (i + 1) * weights] for i in range(len(by_weight))]
        slots[: len(by_weight) * weights] = [slot for of_weight in zip(*of_slots, strict=True) for slot in of_weight]
    rates = [np.float64(optimizer.learning_rate)] if optimizer.schedule is None else []
    return [steps, *rates, *slots]


def _of_keras_2(optimizer: Mapping[str, Any]) -> bool:
    return _is_legacy(optimizer) or optimizer["class_name"].startswith(_PREFIX)


def _is_legacy(optimizer: Mapping[str, Any]) -> bool:
    return "decay" in optimizer["config"]
