"""What a checkpoint is of: the net, how it is compiled and its data, as names and plain values that can be compared.

A training goes on from its own checkpoint only. What a user may mean to change is said, and the rest is refused.
"""

import hashlib
from typing import Any

import numpy as np

from tinydnn import config, random
from tinydnn.activations import Activation
from tinydnn.device import ranks
from tinydnn.device.backend import Array, Backend
from tinydnn.warn import warn

Fit = Any  # tinydnn.engine.fit.Fit
Settings = dict[str, Any]

_PIECE = 2**24  # bytes
_SHOWN = 5  # differences


def of_training(fit: Fit, initial_epoch: int) -> Settings:
    """What tells a training from another one, apart from its data; the names of things don't."""
    network = fit.network
    found: Settings = {"sample_shape": list(network.sample_shape), "number of layers": len(network.flat_layers)}
    for number, layer in enumerate(network.flat_layers, 1):
        kind = type(layer).__name__
        found[f"layer {number}"] = kind
        found |= {f"layer {number}, {kind}: {name}": _plain(value) for name, value in _settings(layer).items()}
    if not network.graph.is_chain:
        places = {layer: i for i, layer in enumerate(network.flat_layers, 1)}
        found["graph"] = [[places[node.layer], *node.inputs] for node in network.graph.nodes]
    found |= {"loss": _plain(network.loss), "loss_weights": network.loss_weight}
    found |= {"metrics": list(network.metrics_by_name), "weighted_metrics": sorted(network.weighted_metrics)}
    found |= {f"metric {name}": _plain(metric) for name, metric in network.metrics_by_name.items()}
    found["optimizer"] = type(network.optimizer).__name__
    found |= {f"optimizer: {name}": _plain(value) for name, value in _settings(network.optimizer).items()}
    return (
        found
        | {
            "floatx": config.floatx(),
            "seed": random.global_seed(),
            "batch_size": fit.feed.batch_size,
            "shuffle": fit.feed.shuffle,
            "initial_epoch": initial_epoch,
        }
        | ({} if fit.feed.steps_per_epoch is None else {"steps_per_epoch": fit.feed.steps_per_epoch})
        | ({} if config.keras_backend() == "tensorflow" else {"keras_backend": config.keras_backend()})
    )


def of_data(fit: Fit) -> Settings:
    """What tells the data of a training from others."""
    validation = [None, None, None] if fit.held_out is None else fit.held_out.data.digests
    arrays = "x", "y", "weights"
    names = [*arrays, *(f"validation {each}" for each in arrays)]
    return dict(zip(names, fit.feed.data.digests + validation, strict=True))


def of_array(array: Array | None, backend: Backend) -> str | None:
    """The dtype, the shape and a digest of the numbers of an array on a device."""
    if array is None:
        return None
    digest = hashlib.sha256()
    rows = max(1, _PIECE * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), rows):
        digest.update(np.ascontiguousarray(backend.to_numpy(array[start : start + rows])).data)
    return f"{array.dtype} {tuple(array.shape)} {digest.hexdigest()[:16]}"


def check(ours: Settings, theirs: Settings) -> None:
    """See that a checkpoint is of this training.

    Raises:
        ValueError: it is of another one; the message names what differs.
    """
    if differing := _differing(ours, theirs):
        raise ValueError(f"expected {_listed(differing, ours)}. Found: {_listed(differing, theirs)}")


def _differing(ours: Settings, theirs: Settings) -> list[str]:
    absent = object()
    return [name for name in {**ours, **theirs} if ours.get(name, absent) != theirs.get(name, absent)]


def _listed(names: list[str], settings: Settings) -> str:
    shown = [f"{name}={settings[name]!r}" if name in settings else f"no {name}" for name in names[:_SHOWN]]
    return ", ".join(shown) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def check_ranks(fit: Fit) -> None:
    """See that all ranks begin the same training, with the same weights.

    Raises:
        ValueError: they don't; the message names what differs.
    """
    if ranks.current().size > 1:
        _compare("begin a training", fit.origin | of_data(fit) | _of_weights(fit))


def check_weights_of_ranks(fit: Fit) -> None:
    """See that all ranks still have the same weights.

    Raises:
        ValueError: they don't, as one computes otherwise, or has done something else.
    """
    if ranks.current().size > 1:
        _compare(f"end epoch {fit.epoch}", _of_weights(fit))


def check_data_of_ranks(what: str, data: Any) -> None:
    """See that all ranks do this with the same samples.

    data: an engine.data.Data; None where there are no more.

    Raises:
        ValueError: they don't.
    """
    if ranks.current().size > 1:
        _compare(what, {} if data is None else dict(zip(("x", "y", "weights"), data.of_samples(), strict=True)))


def _of_weights(fit: Fit) -> Settings:
    return {"weights": of_array(fit.network.parameters, fit.network.backend)}


def _compare(what: str, ours: Settings) -> None:
    """See that all ranks have the same, whatever it is that they do."""
    first, *others = ranks.current().all_of(what, ours)
    for number, theirs in enumerate(others, 1):
        if differing := _differing(first, theirs):
            raise ValueError(
                f"All ranks must {what} alike. Rank 0 has {_listed(differing, first)}; rank {number} has "
                f"{_listed(differing, theirs)}. Give each the same data, program and NumPy, and call "
                "set_distribution before the model is made"
            )


def changeable(fit: Fit, epochs: int) -> Settings:
    """What may be another when a training goes on."""
    network, last = fit.network, fit.before
    schedule = network.optimizer.schedule
    rate = network.optimizer.learning_rate if schedule is None else _plain(schedule)
    if last is not None and last.rate_when_cut_off == rate:  # in this process, where a callback may have lowered it
        rate = last.asked.get("learning_rate", rate)
    return {
        "learning_rate": rate,
        "epochs": epochs,
        "device": network.device,
        "threads": fit.shards.team.size,
        "ranks": ranks.current().size,
    }


def with_changes(asked: Settings, state: Settings) -> Settings:
    """The state of a training, with the learning rate that is asked for now if it is another than then."""
    rate = asked["learning_rate"]
    return state if rate == state["asked"]["learning_rate"] else {**state, "learning_rate": rate}


def say_changes(asked: Settings, before: Settings, source: str) -> None:
    """Warn of what is asked for now in place of what was before."""
    before = {"ranks": 1} | before  # which no checkpoint had before there were several
    changes = [f"{name}={now!r} in place of {before[name]!r}" for name, now in asked.items() if now != before[name]]
    if changes:
        warn(f"The training in {source} goes on with {', '.join(changes)}")


def _settings(thing: Any) -> Settings:
    """What makes a layer or an optimizer, without its name and its learning rate, which may be others."""
    return {name: value for name, value in thing.get_config().items() if name not in ("name", "learning_rate")}


def _plain(value: Any) -> Any:
    """A value as JSON has it: an object becomes its class with its settings, or its class alone where it tells none."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, np.ndarray):
        return of_array(np.atleast_1d(value), Backend())
    if isinstance(value, Activation):
        return f"{value.name}{value.numbers or ''}"
    settings = _settings(value) if hasattr(value, "get_config") else {}
    return f"{type(value).__name__}({', '.join(f'{name}={_plain(entry)!r}' for name, entry in settings.items())})"
