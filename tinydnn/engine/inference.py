"""The loops of evaluate and predict: forward alone, batch after batch."""

import functools
from typing import Any

from tinydnn.device.backend import Array
from tinydnn.device.interrupts import Interrupt, deferred_interrupt
from tinydnn.engine.data import Data
from tinydnn.engine.logs import LazyLogs, Logs
from tinydnn.engine.network import Network
from tinydnn.engine.shards import Shards
from tinydnn.layers.operation import unpacked

Hooks = Any  # a callbacks.CallbackList: the hooks of all callbacks


def evaluate(network: Network, data: Data, batch_size: int, callbacks: Hooks) -> Logs:
    """The network's loss and metrics on these samples."""
    with deferred_interrupt() as interrupt:
        network.build_for(data.x.shape[1:])
        with Shards(network, data, batch_size) as shards:
            return evaluate_shards(shards, callbacks, interrupt)


def evaluate_shards(shards: Shards, callbacks: Hooks, interrupt: Interrupt) -> Logs:
    """The loss and metrics on the data of these shards; an interrupt ends it between two batches."""
    callbacks.on_test_begin({})
    shards.begin()
    logs: Logs = {}
    for step, start in enumerate(range(0, shards.data.n, shards.batch_size)):
        callbacks.on_test_batch_begin(step, {})
        shards.test(start, min(start + shards.batch_size, shards.data.n))
        logs = callbacks.batch_logs(shards.logs())
        callbacks.on_test_batch_end(step, logs)
        interrupt.check()
    logs = dict(logs)
    callbacks.on_test_end(logs)
    return logs


def predict(network: Network, data: Data, batch_size: int, callbacks: Hooks) -> list[Array]:
    """The network's outputs for these samples, each (n, outputs), as NumPy arrays; an interrupt ends it between two."""
    with deferred_interrupt() as interrupt:
        network.build_for(data.x.shape[1:])
        backend = network.backend
        outs = [backend.xp.empty((data.n, *each.sample_shape), network.dtype) for each in network.outputs]
        with Shards(network, data, batch_size) as shards:
            callbacks.on_predict_begin({})
            for step, start in enumerate(range(0, data.n, batch_size)):
                callbacks.on_predict_batch_begin(step, {})
                part = slice(start, min(start + batch_size, data.n))
                shards.predict(part.start, part.stop, outs)
                logs = LazyLogs(functools.partial(_outputs, network, [out[part] for out in outs]))
                callbacks.on_predict_batch_end(step, callbacks.batch_logs(logs))
                interrupt.check()
            callbacks.on_predict_end({})
    return [backend.to_numpy(out) for out in outs]


def _outputs(network: Network, outs: list[Array]) -> dict[str, Any]:
    return {"outputs": unpacked([network.backend.to_numpy(out) for out in outs])}
