"""An optimizer's variables in Keras' order: the number of steps, the learning rate unless a schedule gives it, the
slots, and Nadam's product.

Mirrors keras/src/optimizers/base_optimizer.py, `BaseOptimizer.variables`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import check_count, check_number, fits
from tinydnn.config import floatx
from tinydnn.device.backend import Array
from tinydnn.files.config import CompiledError
from tinydnn.warn import warn

Network = Any  # tinydnn.engine.network.Network


MOST_SLOTS = 5  # of Keras' optimizers: RMSprop's three, a moving average, and a gradient accumulator
MOST_NUMBERS = 3  # beside them: steps, learning rate and Nadam's product


def most_variables(weights: Sequence[Array]) -> int:
    """How many numbers the variables of an optimizer of these weights may have."""
    return MOST_NUMBERS + MOST_SLOTS * sum(int(weight.size) for weight in weights)


def slots_in_order(network: Network) -> list[tuple[str, int, Array]]:
    """(slot, number of the weight, view of the slot) in Keras' order: Adam's weight by weight, others slot by slot."""
    if network.optimizer is None or network.optimizer.layout is None:
        return []
    layout = network.optimizer.layout
    slots = [
        (name, i, view) for name, slot in network.optimizer.slots.items() for i, view in enumerate(layout.views(slot))
    ]
    by_weight = network.optimizer.slots_by_weight
    return sorted(slots, key=lambda entry: entry[1] if entry[0] in by_weight else len(layout.slices))


def variables(network: Network) -> list[Any]:
    """NumPy copies of the variables; none without an optimizer."""
    optimizer = network.optimizer
    if optimizer is None:
        return []
    rates = [np.dtype(floatx()).type(optimizer.learning_rate)] if optimizer.schedule is None else []
    slots = [network.backend.to_numpy(slot) for _, _, slot in slots_in_order(network)]
    numbers = [np.dtype(network.dtype).type(number) for number in optimizer.numbers_in_files()] if slots else []
    return [np.int64(optimizer.iterations), *rates, *slots, *numbers]


def take_over(network: Network, variables: list[Array]) -> bool:
    """Copy these variables into the network's optimizer if they fit its slots; return whether they fit.

    Raises:
        ValueError: they are what no optimizer can have, such as -1 steps; nothing has changed then.
    """
    optimizer = network.optimizer
    first_slot = 2 if optimizer is not None and optimizer.schedule is None else 1
    if optimizer is None or len(variables) < first_slot:
        return False
    if any(variable.size != 1 for variable in variables[:first_slot]):
        shapes = [variable.shape for variable in variables[:first_slot]]
        raise ValueError(f"the optimizer's number of steps and learning_rate expect a number each. Received: {shapes}")
    steps = check_count("the optimizer's number of steps", variables[0].item(), low=0)
    rates = [check_number("learning_rate", rate.item()) for rate in variables[1:first_slot]]
    values, slots = variables[first_slot:], [slot for _, _, slot in slots_in_order(network)]
    if not all(fits(value, network.dtype) for value in values):
        raise ValueError(f"the optimizer's slots expect finite numbers that fit {network.dtype}. Received: others")
    numbers = len(optimizer.numbers_in_files() if slots else [])
    if all(value.ndim == 0 for value in values[:numbers]):  # as Keras has them before 3.10
        values = values[numbers:] + values[:numbers]
    shapes = [slot.shape for slot in slots] + [()] * numbers
    if list(optimizer.slots) != optimizer.slot_names() or [value.shape for value in values] != shapes:
        return False
    for rate in rates:
        optimizer.learning_rate = rate  # first, since it may be too large
    optimizer.iterations = steps
    for slot, value in zip(slots, values, strict=False):  # numbers_in_files follow from the steps
        slot[...] = network.backend.asarray(value)
    return True


def restore(network: Network, variables: list[Array]) -> None:
    """Copy the optimizer's variables from a file into a model that was made from the same file and compiled.

    Where layers were frozen after a training, they are those of other weights, and are left out with a warning, as in
    Keras.

    Raises:
        CompiledError: the variables don't fit the optimizer.
    """
    schedule = network.optimizer.schedule
    has_slots = len(variables) > (2 if schedule is None else 1)  # an optimizer that has not trained yet has none
    if has_slots:
        network.optimizer.build(network.layout, network.dtype, network.backend)
    if take_over(network, variables) or not has_slots:
        return
    if network.non_trainable_weights:
        warn(
            f"The optimizer's state in the file of model {network.name!r} was left out: it is of a training in which "
            "other layers were trainable"
        )
    else:
        raise CompiledError("the optimizer's variables don't fit the optimizer that the file describes")
