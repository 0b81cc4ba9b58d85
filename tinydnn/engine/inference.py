"""The loops of evaluate and predict: forward alone, batch after batch."""

import functools
from typing import Any

from tinydnn.device.backend import Array
from tinydnn.device.interrupts import Interrupt, deferred_interrupt
from tinydnn.engine.feeds import Feed
from tinydnn.engine.logs import LazyLogs, Logs
from tinydnn.engine.network import Network
from tinydnn.engine.shards import Shards

Hooks = Any  # a callbacks.CallbackList: the hooks of all callbacks


def evaluate(network: Network, feed: Feed, callbacks: Hooks) -> Logs:
    """The network's loss and metrics on these samples."""
    with deferred_interrupt() as interrupt:
        network.build_for(feed.data.x.shape[1:])
        with Shards(network, feed.data, feed.batch_size) as shards:
            return evaluate_shards(shards, feed, callbacks, interrupt)


def evaluate_shards(shards: Shards, feed: Feed, callbacks: Hooks, interrupt: Interrupt) -> Logs:
    """The loss and metrics on what the feed gives these shards; an interrupt ends it between two batches."""
    callbacks.on_test_begin({})
    feed.begin(shards)
    logs: Logs = {}
    for step, (start, stop) in enumerate(feed.batches(shards)):
        callbacks.on_test_batch_begin(step, {})
        shards.test(start, stop)
        logs = callbacks.batch_logs(shards.logs())
        callbacks.on_test_batch_end(step, logs)
        interrupt.check()
    logs = dict(logs)
    callbacks.on_test_end(logs)
    return logs


def predict(network: Network, feed: Feed, callbacks: Hooks) -> Array:
    """The network's outputs for these samples, (n, outputs), as a NumPy array; an interrupt ends it between batches."""
    with deferred_interrupt() as interrupt:
        data = feed.data
        network.build_for(data.x.shape[1:])
        backend, shape = network.backend, network.compute_output_shape(data.x.shape[1:])
        outputs: list[Array] = []  # of all samples of `data`, which a stream has anew with each batch
        with Shards(network, data, feed.batch_size) as shards:
            callbacks.on_predict_begin({})
            if feed.streams:
                feed.begin(shards)
            for step, (start, stop) in enumerate(feed.batches(shards)):
                callbacks.on_predict_batch_begin(step, {})
                if feed.streams or not outputs:
                    outputs.append(backend.xp.empty((data.n, *shape), network.dtype))
                shards.predict(start, stop, outputs[-1])
                logs = LazyLogs(functools.partial(_outputs, network, outputs[-1][start:stop]))
                callbacks.on_predict_batch_end(step, callbacks.batch_logs(logs))
                interrupt.check()
            callbacks.on_predict_end({})
    return backend.to_numpy(backend.xp.concatenate(outputs) if feed.streams else outputs[0][:stop])


def _outputs(network: Network, out: Array) -> dict[str, Any]:
    return {"outputs": network.backend.to_numpy(out)}
