"""The metric "accuracy", in the three meanings it has in Keras (mirrors keras/src/trainers/compile_utils.py).

Over an epoch Keras averages it over the batches as they were trained, each on the weights before its
own update; so fit's accuracy is not the accuracy that an evaluation after the epoch gives.
"""

from collections.abc import Sequence
from typing import Any

from tinydnn.device.backend import Array
from tinydnn.names import lookup, not_offered

__all__ = ["Accuracy", "get"]


class Accuracy:
    """The share of rows whose largest output is that of the label; with one output, of right sides of 0.5.

    mode: which is better, "min" or "max".
    """

    mode = "max"

    def labels(self, y: Array, sparse: bool) -> Array:
        """What predictions are right, from targets on the host: class numbers, or 0/1 for one output."""
        if sparse:
            return y
        return y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]

    def predict(self, xp: Any, output: Array, out: Array) -> None:
        """out[i] = what row i of the output says: a class number, or 0/1 for one output."""
        if output.shape[1] > 1:
            xp.argmax(output, axis=1, out=out)
        else:
            xp.greater(output[:, 0], 0.5, out=out)


_OFFERED = {"accuracy": Accuracy, "acc": Accuracy}


def get(metrics: Sequence[str] | None) -> dict[str, Accuracy]:
    """The metrics by the names under which the logs show them.

    Raises:
        ValueError: an unknown name.
        TypeError: no list of names.
    """
    if metrics is None:
        return {}
    if not isinstance(metrics, list | tuple) or not all(isinstance(name, str) for name in metrics):
        raise TypeError(f"metrics expects a list of names, as ['accuracy']. Received: {metrics!r}")
    if len(set(metrics)) < len(metrics):
        raise ValueError(f"metrics expects each name once. Received: {list(metrics)}")
    return {name: lookup("metric", name.lower(), _OFFERED)() for name in metrics}


__getattr__ = not_offered(__name__, globals())
