"""`tinydnn check`."""

import inspect
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    with wrong_use(ValueError):
        files = _files(path) if path.is_dir() else [_named(path)]
    with wrong_use(FileFormatError):
        reports = [_report(file) for file in files]
    if as_json:
        shown = [{"file": each.file, "right": each.right, **asdict(each)} for each in reports]
        print(to_json(shown if path.is_dir() else shown[0]), end="")
    elif path.is_dir():
        width = max(len(each.file) for each in reports)
        for each in reports:
            print(f"{each.file:{width}}   {each.title:35} {each.state}")
    else:
        print(reports[0])
    for file, each in zip(files, reports, strict=True):
        progress.keep(file, each.right)
    if not as_json:
        print(f"\n{progress.bar(progress.folder_of(files[0]))}")
    if not all(each.right for each in reports):
        raise typer.Exit(FAILED)


def _files(folder: Path) -> list[Path]:
    """The exercises in a folder: those that lie in it, and the notebooks below it that somebody has begun.

    Raises:
        ValueError: there are none.
    """
    from tinydnn.course import progress
    from tinydnn.course.exercises import EXERCISES
    from tinydnn.course.report import begun

    found = [
        path for ending in (".py", ".ipynb") for each in EXERCISES if (path := folder / (each.file + ending)).exists()
    ]
    below = {folder / progress.NOTEBOOKS / f"{each.file}.ipynb": each for each in EXERCISES}
    found += [path for path, each in below.items() if path.exists() and begun(path, each)]
    if not found:
        raise ValueError(f"{folder.resolve()} has no file of the course; `tinydnn course` writes them into a folder")
    return found


def _named(file: Path) -> Path:
    """The file, if it has a name of the course.

    Raises:
        ValueError: it has not.
    """
    from tinydnn.course import progress
    from tinydnn.course.exercises import EXERCISES

    if file.stem not in {progress.ENGINE, *(each.file for each in EXERCISES)}:
        raise ValueError(f"expects a file that `tinydnn course` has written, under its name. Received: {file.name}")
    return file


def _report(file: Path) -> "Report":
    from tinydnn.course import engine
    from tinydnn.course.exercises import EXERCISES
    from tinydnn.course.report import report_on

    exercise = next((each for each in EXERCISES if each.file == file.stem), None)
    try:
        return engine.report_on_engine(file) if exercise is None else report_on(file, exercise)
    except KeyboardInterrupt as error:
        notes = getattr(error, "__notes__", [])
        raise InterruptedRunError(error, "; ".join(notes) or "nothing was checked") from None


def _solutions(path: Path) -> list[str]:
    """The code of each function of an exercise.

    Raises:
        ValueError: the file is none with something to write.
    """
    from tinydnn.course.exercises import EXERCISES

    exercise = next((each for each in EXERCISES if each.file == path.stem), None)
    if exercise is None:
        raise ValueError(f"--solution expects a file of the course with a function to write. Received: {path.name}")
    return [inspect.getsource(task.solution) for task in exercise.tasks]
