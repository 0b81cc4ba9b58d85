"""A study in Optuna's storage, which any number of processes join, and any of them may die.

The storage has the bounds, the seed, and each trial with its values of each epoch. What a process needs besides is
made anew from these for each trial. So a study that was cut off goes on as if nothing had happened.
"""

import hashlib
import time
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydnn.inspect import info
from tinydnn.search import storage
from tinydnn.search.needed import optuna_package
from tinydnn.search.space import Space

if TYPE_CHECKING:
    import optuna

_DESCRIPTION = "search"  # the study's attribute that has bounds, seed and versions
_SEED = "seed"  # the trial's attribute that has the seed of its training
_TRAINS = "trains"  # and its number, from the moment on when its training begins
_PATIENCE = 10.0  # seconds for another process that has made the study, and has not described it yet


def open_study(
    url: str, name: str, digits: Any, bounds: Mapping[str, Any] | None = None, seed: int | None = None
) -> "optuna.Study":
    """The study of this name in the storage at this URL; one that is missing is made, with these bounds and this seed.

    digits: (x, labels) to learn.
    bounds, seed: None takes what the study has, or for a new one the defaults and a random seed.

    Raises:
        ModuleNotFoundError: Optuna, or a driver of the database, is missing.
        ConnectionError: the database can't be reached.
        ValueError: the study is of other digits, other bounds, another seed or another program, or the bounds make no
            sense.
    """
    optuna = optuna_package()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space, database = Space.of(bounds or {}), storage.opened(url, again)
    pruner = optuna.pruners.MedianPruner(n_warmup_steps=2)
    try:
        study = optuna.create_study(storage=database, study_name=name, direction="maximize", pruner=pruner)
    except optuna.exceptions.DuplicatedStudyError:
        study = optuna.load_study(storage=database, study_name=name, pruner=pruner)
        _wait_for_description(study)
    where = f"The study {name!r} in {storage.shown(url)}"
    digest = hashlib.sha256(b"".join(array.tobytes() for array in digits)).hexdigest()
    if _DESCRIPTION not in study.user_attrs:
        if study.trials:
            raise ValueError(f"{where} has trials of another program. Take another study")
        study.set_user_attr(
            _DESCRIPTION,
            {
                "space": space.to_json(),
                "seed": int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed,
                "digits": digest,
                "versions": {**info.collect(), "Optuna": optuna.__version__},
            },
        )
    had = space_of(study)
    if bounds is not None and had != space:
        asked = space.to_json()
        differing = [f"{key}={value}, not {asked[key]}" for key, value in had.to_json().items() if value != asked[key]]
        raise ValueError(f"{where} has {'; '.join(differing)}. Leave out the bounds to go on, or take another study")
    if seed not in (None, seed_of(study)):
        raise ValueError(f"{where} has the seed {seed_of(study)}, not {seed}. Leave it out, or take another study")
    if study.user_attrs[_DESCRIPTION]["digits"] != digest:
        raise ValueError(f"{where} is of other digits. Give those with --data, or take another study")
    study.sampler = _sampler(seed_of(study))
    return study


def _wait_for_description(study: "optuna.Study") -> None:
    """Wait until whoever has made the study has said what is searched; it may have died before."""
    end = time.monotonic() + _PATIENCE
    while _DESCRIPTION not in study.user_attrs and time.monotonic() < end:
        time.sleep(0.1)


def space_of(study: "optuna.Study") -> Space:
    """The study's bounds."""
    return Space.of(study.user_attrs[_DESCRIPTION]["space"])


def seed_of(study: "optuna.Study") -> int:
    """The study's seed."""
    return int(study.user_attrs[_DESCRIPTION]["seed"])


def versions_of(study: "optuna.Study") -> dict[str, Any]:
    """The versions with which the study was begun."""
    return dict(study.user_attrs[_DESCRIPTION]["versions"])


# -- which trials count ----------------------------------------------------------------------------------


def finished(study: "optuna.Study") -> list["optuna.trial.FrozenTrial"]:
    """The trials that have come to their end or were pruned; these count."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished() and not _failed(trial)]


def place_of(study: "optuna.Study", number: int) -> int:
    """How many trials before this one count, or will when they are done.

    Numbers are given in order, and a failed trial stays one. So where only trials with a place below n are begun,
    no more than n ever count, whichever processes begin them at the same time.
    """
    return sum(not _failed(trial) for trial in study.get_trials(deepcopy=False) if trial.number < number)


def unfailed(study: "optuna.Study") -> list["optuna.trial.FrozenTrial"]:
    """The trials that count, are under way, or wait to be tried again."""
    return [trial for trial in study.get_trials(deepcopy=False) if not _failed(trial)]


def _failed(trial: "optuna.trial.FrozenTrial") -> bool:
    return bool(trial.state.name == "FAIL")


def give_back(study: "optuna.Study", number: int) -> None:
    """End a trial that nobody works at any more, and have it tried again with the same values."""
    optuna = optuna_package()
    try:
        study.tell(number, state=optuna.trial.TrialState.FAIL)
    except (ValueError, optuna.exceptions.UpdateFinishedTrialError):  # another process has seen it too
        return
    again(study, study.get_trials()[number])


def give_back_the_dead(study: "optuna.Study") -> None:
    """Give back the trials of processes that have fallen silent.

    Optuna does so where there was a heartbeat. A process that dies between taking a trial and its first heartbeat
    would leave it under way for ever; such a trial is known by lacking the mark of a training, and by its age.
    """
    optuna = optuna_package()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)
    for trial in unfailed(study):
        trains = trial.state.name != "RUNNING" or trial.user_attrs.get(_TRAINS) == trial.number
        if not trains and datetime.now() - trial.datetime_start > timedelta(seconds=storage.GRACE):
            give_back(study, trial.number)


def give_back_all(study: "optuna.Study") -> None:
    """Give back what is under way, where it is known that nobody works at the study."""
    for trial in unfailed(study):
        if trial.state.name == "RUNNING":
            give_back(study, trial.number)


def again(study: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> None:
    """Queue a failed trial once more; one that ended before all its values were drawn is just drawn anew."""
    if _SEED in trial.user_attrs:
        optuna = optuna_package()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            retry = optuna.storages.RetryHeartbeatStaleTrialCallback()
        retry(study, trial)


# -- seeds ---------------------------------------------------------------------------------------------


def training_seed(study: "optuna.Study", trial: "optuna.Trial") -> int:
    """The seed of a trial's training, whose values are all drawn by now; one that is tried again keeps it."""
    if _SEED not in trial.user_attrs:
        trial.set_user_attr(_SEED, _mixed(seed_of(study), place_of(study, trial.number), 1))
    trial.set_user_attr(_TRAINS, trial.number)
    return seed_of_training(trial)


def seed_of_training(trial: "optuna.trial.BaseTrial") -> int:
    """The seed that a trial was trained with."""
    return int(trial.user_attrs[_SEED])


def _mixed(*numbers: int) -> int:
    """A number below 2**32 that depends on all of these."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _sampler(seed: int) -> "optuna.samplers.BaseSampler":
    """Optuna's TPESampler, made anew for each trial from the study's seed and the trial's place.

    So what it draws depends on what is in the storage alone, and nothing is lost with a process.
    """
    samplers = optuna_package().samplers

    class Renewed(samplers.BaseSampler):  # type: ignore[name-defined, misc]
        def before_trial(self, study: Any, trial: Any) -> None:
            self._tpe = samplers.TPESampler(seed=_mixed(seed, place_of(study, trial.number), 0))

        def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
            return self._tpe.infer_relative_search_space(study, trial)

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
            return self._tpe.sample_relative(study, trial, search_space)

        def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
            return self._tpe.sample_independent(study, trial, name, distribution)

    return Renewed()
