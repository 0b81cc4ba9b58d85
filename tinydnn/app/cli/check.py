"""`tinydnn check`."""

import inspect
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tinydnn.app.cli.errors import FAILED, InterruptedRunError, wrong_use
from tinydnn.app.cli.options import AsJson
from tinydnn.files.whole import FileFormatError, to_json

if TYPE_CHECKING:
    from tinydnn.course.report import Report


def check(
    path: Annotated[
        Path,
        typer.Argument(exists=True, metavar="[FILE]", help="A file of the course, .py or .ipynb, or its whole folder."),
    ] = Path(),
    solution: Annotated[bool, typer.Option("--solution", help="Show the solution, and check nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check what you have written in the course.

    Your function is called with real digits. Each of its tensors is compared; the first that is wrong is named, and the
    mistake that explains it. The exit code is 0 if all is right, and 1 if not.
    """
    from tinydnn.course import progress

    if solution:
        with wrong_use(ValueError):
            print("\n\n".join(_solutions(path)))
        return
    with wrong_use(ValueError, FileFormatError):
        reports = [_report(file) for file in (_files(path) if path.is_dir() else [path])]
    if as_json:
        shown: Any = [{"file": each.file, "right": each.right, **asdict(each)} for each in reports]
        print(to_json(shown if path.is_dir() else shown[0]), end="")
    elif path.is_dir():
        for each in reports:
            print(f"{each.file:28} {each.title:36} {each.state}")
    else:
        print(reports[0])
    if not as_json:
        print(f"\n{progress.bar(progress.folder_of(path / 'any' if path.is_dir() else path))}")
    if not all(each.right for each in reports):
        raise typer.Exit(FAILED)


def _files(folder: Path) -> list[Path]:
    """The files of the exercises in a folder of the course.

    Raises:
        ValueError: there are none.
    """
    from tinydnn.course.exercises import EXERCISES

    files = [folder / f"{each.file}{ending}" for each in EXERCISES for ending in (".py", ".ipynb")]
    if not (found := [file for file in files if file.exists()]):
        raise ValueError(f"{folder} has no file of the course; `tinydnn course` writes them")
    return found


def _report(file: Path) -> "Report":
    from tinydnn.course import engine, progress
    from tinydnn.course.exercises import EXERCISES
    from tinydnn.course.report import report_on

    exercise = next((each for each in EXERCISES if each.file == file.stem), None)
    if exercise is None and file.stem != engine.FILE:
        names = ", ".join([*(each.file for each in EXERCISES), engine.FILE])
        raise ValueError(f"expects a file of the course: {names}. Received: {file.name}")
    try:
        report = engine.report_on_engine(file) if exercise is None else report_on(file, exercise)
    except KeyboardInterrupt as error:
        notes = getattr(error, "__notes__", [])
        raise InterruptedRunError(error, "; ".join(notes) or "nothing was checked") from None
    if exercise is not None:
        progress.keep(file, report.right)
    return report


def _solutions(path: Path) -> list[str]:
    from tinydnn.course.exercises import EXERCISES

    exercise = next((each for each in EXERCISES if each.file == path.stem), None)
    if exercise is None:
        raise ValueError(f"--solution expects a file with an exercise. Received: {path}")
    return [inspect.getsource(task.solution) for task in exercise.tasks]
