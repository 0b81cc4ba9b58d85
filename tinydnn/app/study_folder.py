"""The folder of a search: its study, if no other storage has it, its report, and the run of its best trial."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tinydnn.app import run_folder, runs
from tinydnn.files.locks import alone
from tinydnn.inspect.net import Settings
from tinydnn.search.study import seed_of_training, space_of
from tinydnn.search.trials import BEST_EPOCH

if TYPE_CHECKING:
    import optuna

STUDY_FILE, BEST_FOLDER = "study.db", "best"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make a search's folder, where it is missing, and hold it: no other process searches there meanwhile.

    Raises:
        BlockingIOError: another process does.
        OSError: the folder can't be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / STUDY_FILE):
        yield


def url_in(folder: Path) -> str:
    """The URL of the storage in this folder."""
    return f"sqlite:///{(folder / STUDY_FILE).resolve()}"


def best_settings(study: "optuna.Study", trial: "optuna.trial.FrozenTrial", machine: dict[str, Any]) -> Settings:
    """The settings for a training like this trial's, on all training digits, until the epoch that was its best.

    machine: data and device.
    """
    settings = space_of(study).draw(trial)
    return replace(
        settings, seed=seed_of_training(trial), epochs=trial.user_attrs[BEST_EPOCH], validation_split=0.0, **machine
    )


@contextmanager
def best_run(settings: Settings, folder: Path) -> Iterator[tuple[runs.Run, Path]]:
    """The run of the best trial, in the folder `best` of a search's, held: finished, interrupted, or new.

    The run of another trial, which was the best before, is kept as earlier-1, and so on.
    """
    best = folder / BEST_FOLDER
    if (best / run_folder.DESCRIPTION_FILE).exists():
        with run_folder.held(best):
            there = run_folder.read_description(best)[0]
            if replace(there, device=settings.device, threads=None) == settings:
                yield runs.Run.resumed(best), best
                return
        best.rename(next(path for i in range(1, 10**6) if not (path := folder / f"earlier-{i}").exists()))
    best.mkdir(exist_ok=True)
    with run_folder.held(best):
        yield runs.Run(replace(settings)), best
