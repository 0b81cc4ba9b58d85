"""All callbacks of a run as one (mirrors keras/src/callbacks/callback_list.py)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from tinydnn.callbacks.backup_and_restore import BackupAndRestore
from tinydnn.callbacks.callback import Callback
from tinydnn.callbacks.history import History
from tinydnn.callbacks.progress import Progress
from tinydnn.callbacks.terminate_on_nan import TerminateOnNaN
from tinydnn.device.interrupts import impatient
from tinydnn.engine.logs import LazyLogs, Logs
from tinydnn.engine.network import Network


class CallbackList:
    """All callbacks of one run; calling a hook on it calls that hook of each, in order."""

    def __init__(
        self, callbacks: Sequence[Callback] | None, model: Network, verbose: int | str, epochs: int, steps: int | None
    ) -> None:
        if verbose not in (0, 1, 2, "auto"):  # True and False are 1 and 0
            raise ValueError(f"verbose expects 0, 1, 2 or 'auto'. Received: verbose={verbose!r}")
        given = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or [])
        for callback in given:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks expects instances of tinydnn.callbacks.Callback. Received: {callback!r}")
        self.history = next((callback for callback in given if isinstance(callback, History)), None) or History()
        self._callbacks = [*given, *([Progress()] if verbose else [])]
        if self.history not in given:
            self._callbacks.append(self.history)
        # The one that backs up comes last: it keeps what the others have become in a step, and gives them that back
        # after their own beginning.
        self._callbacks.sort(key=lambda callback: isinstance(callback, BackupAndRestore))
        for callback in self._callbacks:
            callback.set_params({"verbose": verbose, "epochs": epochs, "steps": steps})
            callback.set_model(model)

        self._read_each_batch = model.backend.reads_at_once and any(
            _overrides(callback, hook) for callback in self._callbacks for hook in _BATCH_ENDS
        )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have the folders of those that back up for this training alone, however it ends."""
        with ExitStack() as stack:
            for callback in self._callbacks:
                if isinstance(callback, BackupAndRestore):
                    stack.enter_context(callback.alone())
            yield

    def end_at(self, step: int, loss: float) -> bool:
        """Whether a callback makes the infinite loss of this step a training's ordinary end."""
        ending = [callback for callback in self._callbacks if isinstance(callback, TerminateOnNaN)]
        for callback in ending:
            callback.end_at(step, loss)
        return bool(ending)

    def batch_logs(self, logs: LazyLogs) -> Logs:
        """What the hooks get at a batch's end: a plain dict, where one may look and that is no wait for a device."""
        return dict(logs) if self._read_each_batch else logs

    def state(self) -> list[Any]:
        """What the callbacks ask to be kept."""
        return [
            [type(callback).__name__, {name: getattr(callback, name) for name in callback.kept}]
            for callback in self._keeping()
        ]

    def check(self, state: list[Any]) -> None:
        """See that a state has what these callbacks keep, in the types that they name.

        Raises:
            ValueError, TypeError: it is of other callbacks, or has something else.
        """
        ours, theirs = [type(callback).__name__ for callback in self._keeping()], [name for name, _ in state]
        if ours != theirs:
            raise ValueError(f"expected the callbacks {ours}. Found: {theirs}")
        for callback, (name, values) in zip(self._keeping(), state, strict=True):
            for attribute, kind in callback.kept.items():
                value = values[attribute]
                if not isinstance(value.item() if isinstance(value, np.generic) else value, kind):
                    raise TypeError(f"{name}.{attribute} expects {kind}, as `kept` says. Found: {value!r:.200}")
            if isinstance(callback, History) and not all(isinstance(each, list) for each in values["history"].values()):
                raise TypeError("expected a History of lists. Found: something else")

    def restore(self, state: list[Any]) -> None:
        """Give the callbacks back what they had."""
        for callback, (_, values) in zip(self._keeping(), state, strict=True):
            for attribute in callback.kept:
                setattr(callback, attribute, values[attribute])

    def _keeping(self) -> list[Callback]:
        return [callback for callback in self._callbacks if callback.kept]

    def __getattr__(self, hook: str) -> Callable[..., None]:
        hooks = [getattr(callback, hook) for callback in self._callbacks]

        def call_each(*args: Any) -> None:
            with impatient():
                for each in hooks:
                    each(*args)

        setattr(self, hook, call_each)  # found directly from now on
        return call_each


_BATCH_ENDS = "on_batch_end", "on_train_batch_end", "on_test_batch_end", "on_predict_batch_end"


def _overrides(callback: Callback, hook: str) -> bool:
    """Whether a callback has a hook of its own; the progress bar reads the logs itself, when it draws."""
    return not isinstance(callback, Progress) and getattr(callback, hook) != getattr(Callback, hook).__get__(callback)
