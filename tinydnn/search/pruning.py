"""PruningCallback (mirrors optuna_integration/keras/keras.py)."""

from typing import TYPE_CHECKING

from tinydnn.callbacks import Callback
from tinydnn.engine.logs import Logs
from tinydnn.search.needed import optuna_package
from tinydnn.warn import warn

if TYPE_CHECKING:
    import optuna


class PruningCallback(Callback):
    """Reports a value of each epoch to an Optuna trial, and ends the training once the study's pruner gives it up.

    `fit` then raises optuna.TrialPruned, which `study.optimize` expects. The study's direction has to be that of the
    value: "maximize" for an accuracy. Mirrors KerasPruningCallback of optuna-integration.

    Args:
        trial: the trial under way, which the objective receives.
        monitor: the entry of the logs to report.

    Raises:
        ModuleNotFoundError: the package optuna is missing.
    """

    def __init__(self, trial: "optuna.trial.Trial", monitor: str = "val_accuracy") -> None:
        self._optuna = optuna_package()
        self.trial = trial
        self.monitor = monitor

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = (logs or {}).get(self.monitor)
        if value is None:
            warn(
                f"PruningCallback watches {self.monitor!r}, which this training doesn't log. "
                f"It logs: {', '.join(logs or {})}"
            )
            return
        self.trial.report(float(value), step=epoch)
        if self.trial.should_prune():
            raise self._optuna.TrialPruned(f"pruned after epoch {epoch + 1}, {self.monitor}={value:.4f}")
