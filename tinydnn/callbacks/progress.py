"""The progress bar of a run (mirrors keras/src/callbacks/progbar_logger.py)."""

from tinydnn.callbacks.callback import Callback
from tinydnn.engine.logs import Logs
from tinydnn.utils.progbar import ProgressPrinter


class Progress(Callback):
    """Prints the progress as Keras does (mirrors keras/src/callbacks/progbar_logger.py)."""

    def __init__(self) -> None:
        self._in_fit = False
        self._done: int | None = None  # how many steps the last epoch had

    def _begin(self) -> None:
        verbose = self.params["verbose"]
        self._printer = ProgressPrinter(self.params["steps"] or self._done, 1 if verbose == "auto" else verbose)

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._in_fit = True  # where validation prints nothing of its own
        self._done = None

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._begin()
        if self.params["epochs"] > 1:
            self._printer.title(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._printer.update(batch + 1, logs)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._printer.finish(logs)
        self._done = self._printer.done

    def on_test_begin(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._printer.update(batch + 1, logs)

    def on_test_end(self, logs: Logs | None = None) -> None:
        if not self._in_fit:
            self._printer.finish(logs)

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._begin()

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._printer.update(batch + 1, None)

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._printer.finish(None)
