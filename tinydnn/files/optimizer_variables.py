"""An optimizer's variables in Keras' order: the number of steps, the learning rate, and the slots.

Mirrors keras/src/optimizers/base_optimizer.py, `BaseOptimizer.variables`.
"""

from typing import Any

import numpy as np

from tinydnn.config import floatx
from tinydnn.device.backend import Array
from tinydnn.files.config import CompiledError

Network = Any  # tinydnn.engine.network.Network


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
        ValueError: the learning rate is negative or too large; nothing has changed then.
    """
    optimizer = network.optimizer
    if len(variables) < 2 or optimizer is None or list(optimizer.slots) != optimizer.slot_names():
        return False
    iterations, learning_rate, *values = variables
    slots = [slot for _, _, slot in slots_in_order(network)]
    if [value.shape for value in values] != [slot.shape for slot in slots]:
        return False
    if iterations.size != 1 or learning_rate.size != 1 or not all(np.isfinite(each).all() for each in variables):
        return False
    if iterations.item() < 0:
        return False
    optimizer.learning_rate = float(learning_rate.item())
    optimizer.iterations = int(iterations.item())
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
