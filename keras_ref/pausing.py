"""A training that waits after every step, so that another can keep pace with it."""

import threading
from collections.abc import Callable, Generator
from queue import SimpleQueue
from typing import Any

from tinydnn import random
from tinydnn.callbacks import Callback, LambdaCallback

Logs = dict[str, float]
Place = tuple[str, int]  # "step" or "epoch", and its number


class _Ended(BaseException):
    """The next step will not be asked for."""


def pausing(fit: Callable[[Callback], Any]) -> Generator[tuple[Place, Logs], None, None]:
    """A training that pauses at the end of each step and epoch, until the next one is asked for.

    Its random numbers are its own, from where they are now: Keras on JAX takes some of those of `numpy.random`, too.

    fit: called in a thread of its own, with a callback to train with. Its errors are raised here.
    """
    return _pausing(fit, random.get_state())


def _pausing(fit: Callable[[Callback], Any], own: dict[str, Any]) -> Generator[tuple[Place, Logs], None, None]:
    go: SimpleQueue[bool] = SimpleQueue()
    said: SimpleQueue[Any] = SimpleQueue()

    def pause(kind: str, number: int, logs: Logs) -> None:
        said.put(((kind, number), dict(logs)))
        if not go.get():
            raise _Ended

    def run() -> None:
        try:
            if go.get():
                fit(
                    LambdaCallback(
                        on_train_batch_end=lambda batch, logs: pause("step", batch, logs),
                        on_epoch_end=lambda epoch, logs: pause("epoch", epoch, logs),
                    )
                )
            said.put(None)
        except BaseException as error:
            said.put(error)

    thread = threading.Thread(target=run, name="tinydnn-in-lock-step", daemon=True)
    thread.start()
    try:
        while True:
            others = random.get_state()
            random.set_state(own)
            go.put(True)
            place = said.get()
            own = random.get_state()
            random.set_state(others)
            if place is None:
                return
            if isinstance(place, BaseException):
                raise place
            yield place
    finally:
        go.put(False)
        thread.join()
