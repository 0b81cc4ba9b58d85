"""A search as the command runs it: its progress, trial by trial, and what is made of the best one."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from tinydnn.app import report, study_folder
from tinydnn.app.report.study import write_study
from tinydnn.search.storage import shown
from tinydnn.search.study import finished, seed_of, space_of
from tinydnn.search.trials import Task, best_of, in_words, result
from tinydnn.search.workers import Workers

if TYPE_CHECKING:
    import optuna

_LOOK = 0.5  # seconds between two looks at the study


def search(study: "optuna.Study", task: Task, jobs: int) -> None:
    """Have so many processes try trials until the task is done, and show each trial that ends.

    Raises:
        WorkerError: the processes die again and again.
    """
    console, seen = Console(highlight=False), {trial.number for trial in finished(study)}
    console.print(
        f"Study {task.name!r} in {shown(task.url)}, seed {seed_of(study)}: {_so_far(study, task)}", soft_wrap=True
    )
    if task.done(study):
        return
    columns = BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Workers(task, jobs) as workers, Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        shown_bar = bar.add_task("", total=None if math.isinf(task.trials) else task.trials)
        at_work = True
        while at_work:
            at_work = workers.wait(_LOOK)
            ended = finished(study)
            for trial in ended:
                if trial.number not in seen:
                    console.print(_line(study, trial), soft_wrap=True)
                    seen.add(trial.number)
            bar.update(shown_bar, completed=len(ended), description=_so_far(study, task))
            for message in workers.look(len(ended)):
                console.print(message, soft_wrap=True)
                at_work = True


def _line(study: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> str:
    """What a trial that has ended says: its accuracy, or after how many epochs it was pruned, and its settings."""
    return f"trial {trial.number:3}  {result(trial):22}  {in_words(space_of(study).draw(trial))}"


def _so_far(study: "optuna.Study", task: Task) -> str:
    best = best_of(study)
    total = "" if math.isinf(task.trials) else f" of {task.trials}"
    return f"{len(finished(study))}{total} trials" + (f", best {best.value:.4f} (trial {best.number})" if best else "")


def finish(study: "optuna.Study", folder: Path | None, machine: dict[str, Any]) -> None:
    """Say which trial is the best; in a folder train it once more, test it, and write its page and the study's report.

    A best run that is there already is not trained again.
    """
    best = best_of(study)
    if best is None:
        print("No trial has come to its end yet, so there is no best one; the same command goes on")
        return
    print(f"Trial {best.number} is the best of {len(finished(study))}, with {best.value:.4f} on the validation digits")
    if folder is None:
        return
    settings = study_folder.best_settings(study, best, machine)
    with study_folder.best_run(settings, folder) as (run, where):
        if not run.finished:
            print(f"Once more, on all training digits: {in_words(settings)}, {settings.epochs} epochs")
            run.load_data()
            run.train(where, verbose="auto")
        if not (where / report.PAGE_FILE).exists():
            report.write(where)
    write_study(study, run, folder / report.PAGE_FILE)
    accuracy, loss = run.results["test_accuracy"], run.results["test_loss"]
    print(f"Test accuracy {accuracy:.4f}, test loss {loss:.4f} on the test digits")
    print(f"The best run is in {where}; open {folder / report.PAGE_FILE} in a browser")
