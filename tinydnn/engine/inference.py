"""The loops of evaluate and predict: forward alone, batch after batch."""

import functools
from typing import Any

from tinydnn.device import ranks
from tinydnn.device.backend import Array
from tinydnn.device.interrupts import Interrupt, deferred_interrupt
from tinydnn.engine.feeds import Feed
from tinydnn.engine.logs import LazyLogs, Logs
from tinydnn.engine.network import Network
from tinydnn.engine.shards import Shards
from tinydnn.files import identity
from tinydnn.layers.operation import unpacked

Hooks = Any  # a callbacks.CallbackList: the hooks of all callbacks


def evaluate(network: Network, feed: Feed, callbacks: Hooks) -> Logs:
    """The network's loss and metrics on these samples."""
    with deferred_interrupt() as interrupt:
        network.build_for(feed.data.x.shape[1:])
        identity.check_data_of_ranks("evaluate", feed.data)
        feed.rehearse(network)
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
        ranks.check(interrupt)
    logs = dict(logs)
    callbacks.on_test_end(logs)
    return logs


def predict(network: Network, feed: Feed, callbacks: Hooks) -> list[Array]:
    """The outputs for these samples, each an array (n, outputs); an interrupt ends it between two batches."""
    with deferred_interrupt() as interrupt:
        data = feed.data
        network.build_for(data.x.shape[1:])
        identity.check_data_of_ranks("predict", data)
        backend, shapes = network.backend, [each.sample_shape for each in network.outputs]
        # of each output, of all samples of `data`, which a stream has anew with each batch
        given: list[list[Array]] = []
        with Shards(network, data, feed.batch_size) as shards:
            callbacks.on_predict_begin({})
            if feed.streams:
                feed.begin(shards)
            for step, (start, stop) in enumerate(feed.batches(shards)):
                callbacks.on_predict_batch_begin(step, {})
                if feed.streams or not given:
                    given.append([backend.xp.empty((data.n, *shape), network.dtype) for shape in shapes])
                shards.predict(start, stop, given[-1])
                logs = LazyLogs(functools.partial(_outputs, network, [out[start:stop] for out in given[-1]]))
                callbacks.on_predict_batch_end(step, callbacks.batch_logs(logs))
                ranks.check(interrupt)
            callbacks.on_predict_end({})
    if not feed.streams:
        return [backend.to_numpy(out[:stop]) for out in given[0]]
    return [backend.to_numpy(backend.xp.concatenate(parts)) for parts in zip(*given, strict=True)]


def _outputs(network: Network, outs: list[Array]) -> dict[str, Any]:
    return {"outputs": unpacked([network.backend.to_numpy(out) for out in outs])}
