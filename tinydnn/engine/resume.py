"""A training that was cut off goes on to the same bits: its state, and how another Fit takes it over.

The state has weights and optimizer, the position within the epoch, the order of the samples, random numbers, the
sums behind the averages, and what callbacks keep.
"""

from typing import Any

import numpy as np

from tinydnn import random
from tinydnn.checks import check_count
from tinydnn.engine.network import Network
from tinydnn.engine.snapshot import Snapshot, restore, snapshot
from tinydnn.files import identity
from tinydnn.files.whole import FileFormatError
from tinydnn.warn import warn

Fit = Any  # an engine.fit.Fit, which uses this file
State = dict[str, Any]


def state_of(fit: Fit) -> State:
    """All that it takes to go on from here, as numbers, text, lists, dicts and NumPy arrays."""
    network, optimizer = fit.network, fit.network.optimizer
    under_way = fit.step > 0
    if under_way:
        fit.check()
    return {
        "of": fit.origin | identity.of_data(fit),
        "asked": fit.asked,
        "epoch": fit.epoch,
        "step": fit.step,
        "stop_training": network.stop_training,
        "logs": dict(fit.logs),
        "model": _on_host(network, snapshot(network)),
        "good": _on_host(network, fit.divergence.good),
        "learning_rate": optimizer.learning_rate,
        "first": fit.feed.first,
        "order": network.backend.to_numpy(fit.feed.order).astype(np.uint32) if under_way or fit.feed.first else None,
        "averages": fit.shards.averages.state() if under_way else None,
        "random": random.get_state(),
        "callbacks": fit.callbacks.state(),
    }


def take_over(fit: Fit, state: State, source: str) -> None:
    """Go on from a state that was read from this source.

    Raises:
        FileFormatError: it is of another training, or damaged; nothing has changed then.
    """
    before = state_of(fit)
    try:
        identity.check(before["of"], state["of"])
        fit.callbacks.check(state["callbacks"])
        state = identity.with_changes(fit.asked, state)
        _restore(fit, state)
    except Exception as error:  # whatever is in the file
        _restore(fit, before)
        raise FileFormatError(
            f"{source} is of another training, or damaged: {error}; to begin anew, remove it or name another place"
        ) from error
    identity.say_changes(fit.asked, state["asked"], source)
    if fit.feed.streams:
        kind = fit.feed.data.digests[0]
        warn(f"The training in {source} goes on with the {kind} as it is now: what it had become was not kept")
    if fit.step:
        fit.callbacks.on_epoch_begin(fit.epoch, {})
        _restore(fit, state)  # undo what the callbacks have changed or drawn just now


def _restore(fit: Fit, state: State) -> None:
    network, optimizer = fit.network, fit.network.optimizer
    fit.epoch = check_count("epoch", state["epoch"], low=0)
    fit.step = check_count("step", state["step"], low=0)
    fit.stopping = network.stop_training = bool(state["stop_training"])
    fit.logs = dict(state["logs"])
    if not all(np.isfinite(each).all() for each in (state["model"]["parameters"], *state["model"]["others"])):
        raise ValueError("expected finite weights. Found: NaN or infinity")
    restore(network, state["good"])
    fit.divergence.good = fit.divergence.began = snapshot(network)
    restore(network, state["model"])
    if optimizer.schedule is None:
        optimizer.learning_rate = state["learning_rate"]
    first = check_count("first", state.get("first", 0), low=0)  # which no checkpoint had before steps_per_epoch
    fit.feed.go_on(fit.shards, state["order"], first, fit.step, state["averages"])
    random.set_state(state["random"])
    fit.callbacks.restore(state["callbacks"])


def _on_host(network: Network, state: Snapshot) -> Snapshot:
    """A snapshot with NumPy arrays."""
    to_numpy = network.backend.to_numpy
    slots = {name: to_numpy(slot) for name, slot in state["slots"].items()}
    others = [to_numpy(each) for each in state["others"]]
    return {**state, "parameters": to_numpy(state["parameters"]), "others": others, "slots": slots}
