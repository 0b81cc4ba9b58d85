"""The base of all callbacks (mirrors keras/src/callbacks/callback.py)."""

from collections.abc import Mapping
from typing import Any

from tinydnn.engine.logs import Logs
from tinydnn.missing import Offered


class Callback(Offered):
    """The base of all callbacks: derive from it and define the hooks you need.

    `model` is the model that runs; `params` has verbose, epochs and steps. Epochs and batches count from
    0. `logs` has the loss and metrics so far: averages over the batches of this epoch. A hook that sets
    `model.stop_training = True` ends the training after the current step.

    `kept` names the attributes that a checkpoint keeps, and their types: numbers, text, lists, tuples, dicts
    and NumPy arrays of numbers. A training that goes on from a checkpoint finds them as they were.
    """

    kept: Mapping[str, Any] = {}
    model: Any = None  # the model that runs, from set_model on
    params: dict[str, Any] = None  # type: ignore[assignment]

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None: ...
    def on_train_end(self, logs: Logs | None = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_begin(self, logs: Logs | None = None) -> None: ...
    def on_test_end(self, logs: Logs | None = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_begin(self, logs: Logs | None = None) -> None: ...
    def on_predict_end(self, logs: Logs | None = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_begin(batch, logs)  # the hook's older name, which Keras still calls

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.on_batch_end(batch, logs)


def check_save_freq(save_freq: int | str) -> int | str:
    """The save_freq of a callback that writes files.

    Raises:
        ValueError: neither "epoch" nor a number of batches.
    """
    if save_freq != "epoch" and (type(save_freq) is not int or save_freq < 1):
        raise ValueError(f"save_freq expects 'epoch' or a number of batches. Received: save_freq={save_freq!r}")
    return save_freq
