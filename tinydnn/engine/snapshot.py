"""Snapshots: a copy of all that a training step changes in a network, to go back to."""

from typing import Any

from tinydnn.checks import check_count
from tinydnn.engine.network import Network

Snapshot = dict[str, Any]


def snapshot(network: Network) -> Snapshot:
    """A copy of all weights, the optimizer's slots and steps, and where the dropout masks are in their streams."""
    assert network.optimizer is not None
    return {
        "parameters": network.parameters.copy(),
        "others": [weight.copy() for weight in network.others],
        "slots": {name: slot.copy() for name, slot in network.optimizer.slots.items()},
        "iterations": network.optimizer.iterations,
        "streams": [[layer.stream_seed, layer.steps_seen] for layer in network.flat_layers],
    }


def restore(network: Network, earlier: Snapshot) -> None:
    """Go back to a snapshot.

    Raises:
        ValueError: it is of another network.
    """
    assert network.optimizer is not None
    slots, found = network.optimizer.slots, earlier["slots"]
    if set(slots) != set(found):
        raise ValueError(f"expected an optimizer with the slots {list(slots)}. Found: {list(found)}")
    others = zip(network.others, earlier["others"], strict=True)
    vectors = [(network.parameters, earlier["parameters"]), *((slots[name], found[name]) for name in slots), *others]
    for ours, theirs in vectors:
        if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
            raise ValueError(f"expected {ours.size} weights of {ours.dtype}. Found: {theirs.shape} of {theirs.dtype}")
        ours[...] = network.backend.asarray(theirs)
    network.optimizer.iterations = check_count("iterations", earlier["iterations"], low=0)
    for layer, (seed, steps) in zip(network.flat_layers, earlier["streams"], strict=True):
        layer.stream_seed = check_count("seed", seed, low=0)
        layer.steps_seen = check_count("steps", steps, low=0)
