"""The trials of a process: each draws its settings, trains, and tells the best accuracy on the validation digits."""

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tinydnn import utils
from tinydnn.device.interrupts import Interrupt
from tinydnn.inspect.net import Settings, load_digits, make_model, scheduled, targets_for
from tinydnn.search.needed import optuna_package
from tinydnn.search.pruning import PruningCallback
from tinydnn.search.study import (
    finished,
    give_back,
    give_back_the_dead,
    open_study,
    place_of,
    space_of,
    training_seed,
    unfailed,
)

if TYPE_CHECKING:
    import optuna

BEST_EPOCH = "best_epoch"  # the trial's attribute that has the epoch of its value, from 1
_ERROR = "error"  # and the one that says why it could not come to its end
_WAIT = 1.0  # seconds until a process that has nothing to do looks again


@dataclass(frozen=True)
class Task:
    """What the processes of a search work at.

    trials: how many trials the study is to have when it is done.
    until: the time, as of time.time(), from which on no trial is begun.
    machine: the settings that no trial changes: data, device and threads.
    """

    url: str
    name: str
    trials: float
    until: float
    machine: dict[str, Any]

    def done(self, study: "optuna.Study") -> bool:
        return time.time() >= self.until or len(finished(study)) >= self.trials


class _SurplusError(Exception):
    """A trial was begun at the same time as the last one that was needed."""


class Worker:
    """Tries one trial after the other."""

    def __init__(self, task: Task) -> None:
        self._optuna = optuna_package()
        self._task = task
        (self._x, self._y), _ = load_digits(task.machine["data"])
        self._study = open_study(task.url, task.name, (self._x, self._y))
        self._space = space_of(self._study)
        self._trial: optuna.Trial | None = None
        self._error: Exception | None = None

    def work(self, interrupt: Interrupt) -> None:
        """Try trials until there are enough that count; the last ones are waited for, as their processes may die.

        interrupt: checked between two trials and two steps alone, so that no word to the storage is cut off. A
            process that is to end gives its trial back.
        """
        try:
            while not self._task.done(self._study):
                interrupt.check()
                if self._free():
                    self._try_one()
                else:
                    time.sleep(_WAIT)
        except (KeyboardInterrupt, SystemExit):
            if self._trial is not None:
                give_back(self._study, self._trial.number)
            raise

    def _free(self) -> bool:
        """Whether there is a trial to begin; those of processes that have died are queued again."""
        give_back_the_dead(self._study)
        trials = unfailed(self._study)
        return len(trials) < self._task.trials or any(trial.state.name == "WAITING" for trial in trials)

    def _try_one(self) -> None:
        self._error = None
        try:
            self._study.optimize(self._objective, n_trials=1, catch=(_SurplusError,))
        except (ValueError, self._optuna.exceptions.UpdateFinishedTrialError):
            # What Optuna says where this process was taken for dead, as after a sleep, and the trial is another's now.
            if not isinstance(self._error, self._optuna.exceptions.UpdateFinishedTrialError | None):
                raise
        self._trial = None

    def _objective(self, trial: "optuna.Trial") -> float:
        if place_of(self._study, trial.number) >= self._task.trials:
            raise _SurplusError
        self._trial = trial
        try:
            settings = self._space.draw(trial)
            settings = replace(settings, seed=training_seed(self._study, trial), **self._task.machine)
            accuracies = self._train(settings, trial)
        except (FloatingPointError, MemoryError) as error:  # the next time it would be the same
            trial.set_user_attr(_ERROR, "diverged" if isinstance(error, FloatingPointError) else "out of memory")
            raise self._optuna.TrialPruned(str(error)) from error
        except Exception as error:
            self._error = error
            raise
        best = max(accuracies)
        trial.set_user_attr(BEST_EPOCH, accuracies.index(best) + 1)
        return best

    def _train(self, settings: Settings, trial: "optuna.Trial") -> list[float]:
        """The accuracy on the validation digits after each epoch."""
        assert settings.seed is not None
        utils.set_random_seed(settings.seed)
        model = make_model(settings)
        history = model.fit(
            self._x,
            targets_for(model, self._y),
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            validation_split=settings.validation_split,
            verbose=0,
            callbacks=[*scheduled(settings), PruningCallback(trial)],
        )
        return list(history.history["val_accuracy"])


# -- what there is to say of a trial -----------------------------------------------------------------------


def best_of(study: "optuna.Study") -> "optuna.trial.FrozenTrial | None":
    """The trial with the best accuracy, among those that came to their end; None where none has."""
    ended = [trial for trial in finished(study) if trial.state.name == "COMPLETE"]
    return max(ended, key=lambda trial: trial.value, default=None)


def result(trial: "optuna.trial.FrozenTrial") -> str:
    """How a trial ended, for a person."""
    if trial.state.name == "COMPLETE":
        return f"{trial.value:.4f} in epoch {trial.user_attrs[BEST_EPOCH]}"
    return trial.user_attrs.get(_ERROR) or f"pruned after {len(trial.intermediate_values)} epochs"


def in_words(settings: Settings) -> str:
    """What a trial has drawn, in a line."""
    falls = "" if settings.decay_rate == 1 else f" × {settings.decay_rate:.3g} each epoch"
    shares = {"dropout": settings.dropout, "input dropout": settings.input_dropout}
    return ", ".join(
        [
            f"{'-'.join(map(str, settings.hidden)) or 'no'} hidden units",
            settings.activation,
            f"{settings.optimizer} {settings.learning_rate:.3g}{falls}",
            f"batches of {settings.batch_size}",
            settings.input,
            *(f"{name} {share:.2g}" for name, share in shares.items() if share),
            *([f"L2 {settings.l2:.1g}"] if settings.l2 else []),
        ]
    )
