"""Logs: the loss and metrics of a run so far, by name."""

from collections import UserDict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from tinydnn.metrics import Metric

Logs = Any  # a dict[str, float], or a LazyLogs that becomes one


class LazyLogs(UserDict[str, Any]):
    """What read() gives, asked for when somebody first looks into it."""

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read

    @cached_property
    def data(self) -> dict[str, Any]:  # type: ignore[override]  # where UserDict keeps its dict
        return self._read()

    def __copy__(self) -> dict[str, Any]:  # type: ignore[override]  # UserDict's own asks for what is not read yet
        return dict(self)


def as_list(logs: Logs, metrics: Sequence[Metric]) -> Any:
    """The loss, then each metric in the order given, as Keras lists them; the loss alone where there are no metrics.

    Metrics of one name repeat the first value, and the rest follow sorted.
    """
    names = ["loss", *(metric.name for metric in metrics)]
    values = [logs[name] for name in [*names, *sorted(logs.keys() - set(names))]]
    return values if metrics else values[0]
