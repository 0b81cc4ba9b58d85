"""An optimizer's variables in Keras' order: the number of steps, the learning rate, and the slots.

Mirrors keras/src/optimizers/base_optimizer.py, `BaseOptimizer.variables`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydnn.checks import check_count, check_number, fits
from tinydnn.config import floatx
from tinydnn.device.backend import Array
from tinydnn.files.config import CompiledError

Network = Any  # tinydnn.engine.network.Network


MOST_SLOTS = 5  # of Keras' optimizers: RMSprop's three, a moving average, and a gradient accumulator


def most_variables(weights: Sequence[Array]) -> int:
    """How many numbers the variables of an optimizer of these weights may have."""
    return 2 + MOST_SLOTS * sum(int(weight.size) for weight in weights)


def slots_in_order(network: Network) -> list[tuple[str, int, Array]]:
    """(slot, number of the weight, view of the slot) in Keras' order: slot by slot, or weight by weight for Adam."""
    if network.optimizer is None:
        return []
    slots = [
        (name, i, view)
        for name, slot in network.optimizer.slots.items()
        for i, view in enumerate(network.layout.views(slot))
    ]
    return sorted(slots, key=lambda entry: entry[1]) if network.optimizer.slots_by_weight else slots


def variables(network: Network) -> list[Any]:
    """NumPy copies of the variables; none without an optimizer."""
    optimizer = network.optimizer
    if optimizer is None:
        return []
    steps, learning_rate = np.int64(optimizer.iterations), np.dtype(floatx()).type(optimizer.learning_rate)
    return [steps, learning_rate, *(network.backend.to_numpy(slot) for _, _, slot in slots_in_order(network))]


def take_over(network: Network, variables: list[Array]) -> bool:
    """Copy these variables into the network's optimizer if they fit its slots; return whether they fit.

    Raises:
        ValueError: they are what no optimizer can have, such as -1 steps; nothing has changed then.
    """
    optimizer = network.optimizer
    if optimizer is None or len(variables) < 2:
        return False
    if variables[0].size != 1 or variables[1].size != 1:
        shapes = [variable.shape for variable in variables[:2]]
        raise ValueError(f"the optimizer's number of steps and learning_rate expect a number each. Received: {shapes}")
    steps = check_count("the optimizer's number of steps", variables[0].item(), low=0)
    learning_rate = check_number("learning_rate", variables[1].item())
    values, slots = variables[2:], [slot for _, _, slot in slots_in_order(network)]
    if not all(fits(value, network.dtype) for value in values):
        raise ValueError(f"the optimizer's slots expect finite numbers that fit {network.dtype}. Received: others")
    if list(optimizer.slots) != optimizer.slot_names() or [v.shape for v in values] != [s.shape for s in slots]:
        return False
    optimizer.learning_rate = learning_rate  # first, since it may be too large
    optimizer.iterations = steps
    for slot, value in zip(slots, values, strict=True):
        slot[...] = network.backend.asarray(value)
    return True


def restore(network: Network, variables: list[Array]) -> None:
    """Copy the optimizer's variables from a file into a model that was made from the same file and compiled.

    Raises:
        CompiledError: the variables don't fit the optimizer.
    """
    has_slots = len(variables) > 2  # an optimizer that has not trained yet has none
    if has_slots:
        network.optimizer.build(network.layout, network.dtype, network.backend)
    if not take_over(network, variables) and has_slots:
        raise CompiledError("the optimizer's variables don't fit the optimizer that the file describes")
