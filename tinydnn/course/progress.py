"""How far a learner has come: which files were right when they were last checked."""

import hashlib
import json
from pathlib import Path

from tinydnn.course.exercises import EXERCISES
from tinydnn.files.whole import write_whole

NOTEBOOKS = "notebooks"  # the folder in the course's folder
_KEPT_IN = ".progress.json"


def folder_of(path: Path) -> Path:
    """The course's folder, of a file in it or among its notebooks."""
    folder = path.resolve().parent
    return folder.parent if folder.name == NOTEBOOKS else folder


def file_of(folder: Path, name: str) -> list[Path]:
    """Those files of an exercise that there are: the program, and the notebook."""
    places = folder / f"{name}.py", folder / NOTEBOOKS / f"{name}.ipynb"
    return [path for path in places if path.exists()]


def keep(path: Path, right: bool) -> None:
    """Remember whether a file is right, as it is now.

    Raises:
        OSError: the folder can't be written to.
    """
    folder = folder_of(path)
    known = _read(folder)
    name = path.resolve().relative_to(folder).as_posix()
    changed = {key: value for key, value in known.items() if key != name}
    if right:
        changed[name] = _print_of(path)
    if changed != known:
        write_whole(folder / _KEPT_IN, json.dumps(changed, indent=2).encode())


def done(folder: Path) -> list[str]:
    """The exercises that are right: one of their files was, and has not changed since."""
    known = _read(folder)
    return [
        exercise.file
        for exercise in EXERCISES
        if any(
            known.get(path.relative_to(folder).as_posix()) == _print_of(path) for path in file_of(folder, exercise.file)
        )
    ]


def bar(folder: Path) -> str:
    """A bar with a place for each exercise, and which one comes next."""
    right = done(folder)
    marks = "".join("#" if exercise.file in right else "." for exercise in EXERCISES)
    left = [exercise.file for exercise in EXERCISES if exercise.file not in right]
    then = f"next: {left[0]}" if left else "all done: now `tinydnn check` engine.py, your own engine"
    return f"[{marks}] {len(right)} of {len(EXERCISES)}, {then}"


def _read(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / _KEPT_IN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # nothing was checked yet, or somebody has edited it: then it is made anew
    return known if isinstance(known, dict) else {}


def _print_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
