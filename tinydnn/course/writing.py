"""Writing the course into a folder: each exercise as a program and as a notebook, from one source."""

from pathlib import Path

from tinydnn.course import engine, notebooks, progress
from tinydnn.course.exercise import Exercise
from tinydnn.course.exercises import EXERCISES
from tinydnn.files.whole import write_whole


def write(folder: Path) -> tuple[list[Path], list[Path]]:
    """Write the files that are not in the folder yet; return those, and the others, which stay as they are.

    Raises:
        OSError: the folder can't be made or written to.
    """
    (folder / progress.NOTEBOOKS).mkdir(parents=True, exist_ok=True)
    texts = {}
    for exercise in EXERCISES:
        texts[folder / f"{exercise.file}.py"] = program(exercise)
        texts[folder / progress.NOTEBOOKS / f"{exercise.file}.ipynb"] = notebook(exercise)
    texts[folder / f"{progress.ENGINE}.py"] = f'"""{engine.TITLE}\n\n{engine.IDEA}"""\n\n{engine.CODE}'
    texts[folder / progress.NOTEBOOKS / f"{progress.ENGINE}.ipynb"] = _engine_notebook()
    new = [path for path in texts if not path.exists()]
    for path in new:
        write_whole(path, texts[path].encode())
    return new, [path for path in texts if path not in new]


def program(exercise: Exercise) -> str:
    """An exercise as a .py file. Editors fold the region with the hint."""
    hint = "\n".join(f"# {line}" for line in exercise.hint.splitlines())
    return (
        f'"""{exercise.number} {exercise.title}\n\n{exercise.idea}\n\n'
        f'When you have written it: tinydnn check {exercise.file}.py\n"""\n\n'
        f"{exercise.start}\n\n# region A hint, if you are stuck\n{hint}\n# endregion\n"
    )


def notebook(exercise: Exercise) -> str:
    """An exercise as a notebook. Its last cell checks what is in the notebook, saved or not."""
    checks = "\nprint()\n".join(f"check({task.name})" for task in exercise.tasks)
    return notebooks.written(
        [
            ("markdown", f"# {exercise.number} {exercise.title}\n\n{exercise.idea}"),
            ("code", exercise.start),
            ("check", f"from tinydnn.course import check\n\n{checks}"),
            ("markdown", f"<details><summary>A hint, if you are stuck</summary>\n\n{exercise.hint}\n\n</details>"),
        ]
    )


def _engine_notebook() -> str:
    program, _, last = engine.CODE.partition('if __name__ == "__main__":\n')
    return notebooks.written(
        [
            ("markdown", f"# {engine.TITLE}\n\n{engine.IDEA}"),
            ("code", "import tinydnn.course.notebooks  # so that the notebooks beside this one can be imported"),
            ("code", program),
            ("check", "\n".join(line.removeprefix("    ") for line in last.splitlines())),
        ]
    )
