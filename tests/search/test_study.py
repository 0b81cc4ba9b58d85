"""A study repeats, survives its processes, and counts each trial once."""

import os
import random
import signal
import time
from dataclasses import replace

import optuna
import postgres
import pytest
import searches
from commands import small_data

from tinydnn.device.interrupts import Interrupt, Terminated
from tinydnn.search import storage, trials
from tinydnn.search.pruning import PruningCallback
from tinydnn.search.space import Space
from tinydnn.search.study import finished, give_back, give_back_all, training_seed
from tinydnn.search.trials import Worker, best_of, result
from tinydnn.search.workers import WorkerError, Workers


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_data(tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """What a study of 11 trials says that nobody has disturbed."""
    study = searches.searched(f"sqlite:///{tmp_path_factory.mktemp('whole')}/study.db", data, 11)
    assert {trial.state.name for trial in study.trials} == {"COMPLETE", "PRUNED"}
    return searches.told(study)


def test_the_value_is_the_best_epochs(whole):
    for state, value, _, attributes, reported in whole:
        assert list(reported) == list(range(len(reported)))
        if state == "COMPLETE":
            assert value == max(reported.values()) == reported[attributes["best_epoch"] - 1]
            assert len(reported) == 4


def test_another_seed_gives_another_study(data, whole, tmp_path):
    other = searches.searched(f"sqlite:///{tmp_path}/study.db", data, 2, seed=4)
    assert all(params not in [each[2] for each in whole] for _, _, params, *_ in searches.told(other))


def test_the_command_goes_on_after_kill_9_to_the_same_study(data, whole, tmp_path):
    for reached in (2, 5):
        process = searches.begun(data, tmp_path / "out", 11)
        while searches.counted(tmp_path / "out") < reached:
            assert process.poll() is None
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    url = f"sqlite:///{tmp_path}/out/study.db"
    study = searches.opened(url, data)
    assert 5 <= len(finished(study)) < 11
    give_back_all(study)
    assert searches.told(searches.searched(url, data, 11)) == whole


def test_a_worker_that_is_to_end_gives_its_trial_back(data, whole, tmp_path, monkeypatch):
    class Ending(PruningCallback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            Ending.epochs += 1
            if Ending.epochs == 6:
                raise Terminated(signal.SIGTERM)

    url = f"sqlite:///{tmp_path}/study.db"
    searches.opened(url, data)
    worker = Worker(searches.task(url, data, 11))
    monkeypatch.setattr(trials, "PruningCallback", Ending)
    with pytest.raises(Terminated):
        worker.work(Interrupt())
    monkeypatch.undo()
    _, ended, waiting = searches.opened(url, data).trials
    assert (ended.state.name, waiting.state.name) == ("FAIL", "WAITING")
    assert (ended.params, ended.user_attrs) == (waiting.params, waiting.user_attrs)
    assert searches.told(searches.searched(url, data, 11)) == whole


@pytest.mark.parametrize("when", ["before its first heartbeat", "in its training", "the next one before its first"])
def test_a_trial_whose_process_has_died_is_tried_again(data, whole, tmp_path, monkeypatch, when):
    monkeypatch.setattr(storage, "HEARTBEAT", 1)
    monkeypatch.setattr(storage, "GRACE", 1)
    url = f"sqlite:///{tmp_path}/study.db"
    study = searches.searched(url, data, 1)
    if when == "the next one before its first":
        study.add_trial(optuna.create_trial(state=optuna.trial.TrialState.WAITING, user_attrs={"seed": 5, "trains": 0}))
    with pytest.warns(UserWarning, match="Heartbeat"):
        trial = study.ask()
    if when == "in its training":
        Space.of(searches.BOUNDS).draw(trial)
        training_seed(study, trial)
        study._storage.record_heartbeat(trial._trial_id)
        time.sleep(2)  # seconds are what the database counts
    study = searches.searched(url, data, 2)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    _, died, tried = study.trials
    assert (died.number in tried.system_attrs.get("retry_history", [])) == (when != "before its first heartbeat")
    assert when == "the next one before its first" or searches.told(study) == whole[:2]


def test_a_process_that_finds_its_trial_given_away_takes_another_one(data, whole, tmp_path, monkeypatch):
    class GivenAway(PruningCallback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            GivenAway.epochs += 1
            if GivenAway.epochs == 2:
                give_back(searches.opened(url, data), self.trial.number)
            super().on_epoch_end(epoch, logs)

    url = f"sqlite:///{tmp_path}/study.db"
    monkeypatch.setattr(trials, "PruningCallback", GivenAway)
    study = searches.searched(url, data, 2)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE", "COMPLETE"]
    assert searches.told(study) == whole[:2]


def test_of_processes_that_begin_the_last_trial_at_the_same_time_only_the_first_goes_on(data, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/study.db"
    study = searches.opened(url, data)
    with pytest.warns(UserWarning, match="Heartbeat"):
        first = study.ask()
    worker = Worker(replace(searches.task(url, data, 1), until=time.time() + 1))
    monkeypatch.setattr(worker, "_free", lambda: True)  # as it was when it looked
    worker.work(Interrupt())
    study.tell(first, 0.5)
    assert [trial.number for trial in finished(study)] == [0]
    assert len(study.trials) > 1


def test_a_trial_that_diverges_counts_as_pruned(data, tmp_path):
    bounds = {"layers": 2, "units": 32, "activation": "relu", "optimizer": "sgd", "learning_rate": 1e9, "input": "raw"}
    study = searches.searched(f"sqlite:///{tmp_path}/study.db", data, 2, bounds)
    assert [(trial.state.name, result(trial)) for trial in study.trials] == [("PRUNED", "diverged")] * 2
    assert best_of(study) is None


def test_a_process_that_joins_takes_the_bounds_and_other_ones_are_refused(data, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/study.db"
    searches.opened(url, data)
    assert searches.opened(url, data, None, None).user_attrs["search"]["seed"] == 3
    with pytest.raises(ValueError, match=r"'search' in sqlite.* has units=\[8, 32\], not \[8, 64\]\. Leave out"):
        searches.opened(url, data, {**searches.BOUNDS, "units": [8, 64]})
    with pytest.raises(ValueError, match="has the seed 3, not 5"):
        searches.opened(url, data, seed=5)
    others = small_data(tmp_path, 400)
    with pytest.raises(ValueError, match="is of other digits"):
        searches.opened(url, others)
    strange = optuna.create_study(storage=f"sqlite:///{tmp_path}/strange.db", study_name="search")
    strange.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    monkeypatch.setattr("tinydnn.search.study._PATIENCE", 0)
    with pytest.raises(ValueError, match="has trials of another program"):
        searches.opened(f"sqlite:///{tmp_path}/strange.db", data)


@pytest.mark.parametrize(
    ("url", "kind", "message"),
    [
        ("search.db", ValueError, "--storage expects the URL of a database"),
        ("oracle9://host/x", ValueError, "--storage expects the URL of a database"),
        ("mysql+mysqldb://u:secret@127.0.0.1:1/x", ModuleNotFoundError, r"u:\*\*\*@.* needs a driver"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", ConnectionError, r"u:\*\*\*@127"),
    ],
)
def test_a_storage_that_can_not_be_used_is_named_without_its_password(data, monkeypatch, url, kind, message):
    monkeypatch.setattr(storage, "_ATTEMPTS", 1)
    with pytest.raises(kind, match=message) as caught:
        searches.opened(url, data)
    assert "secret" not in str(caught.value)


def test_a_worker_that_dies_is_started_again_and_not_for_ever(data, tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    searches.opened(url, data)
    missing, said = searches.task(url, tmp_path / "missing.npz", 11), []

    def look_after(workers):
        while True:
            workers.wait(5)
            said.extend(workers.look(0))

    with Workers(missing, 1) as workers, pytest.raises(WorkerError, match=r"failed: FileNotFoundError.*3 have died"):
        look_after(workers)
    assert len(said) == 2
    assert all(each.startswith("Worker 1 failed: FileNotFoundError") for each in said)


def test_four_processes_at_one_study_in_postgresql_one_or_another_of_them_killed(data, monkeypatch):
    monkeypatch.setattr(storage, "HEARTBEAT", 1)
    monkeypatch.setattr(storage, "GRACE", 3)
    with postgres.server() as url:
        found = searches.four_workers(url, data, trials=10, kills=3, rng=random.Random(1))
    assert [trial.number for trial in found] == list(range(len(found)))
    assert {trial.state.name for trial in found} <= {"COMPLETE", "PRUNED", "FAIL"}
    counted = [trial for trial in found if trial.state.name != "FAIL"]
    assert len(counted) == 10
    for trial in counted:
        first = found[trial.system_attrs.get("failed_trial", trial.number)]
        assert (first.state.name == "FAIL", first.params) == (first is not trial, trial.params)
