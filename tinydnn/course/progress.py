"""How far a learner has come: which files were right when they were last checked."""

import hashlib
import json
from pathlib import Path

from tinydnn.course.exercises import EXERCISES
from tinydnn.files.whole import write_whole

NOTEBOOKS = "notebooks"  # the folder in the course's folder
ENGINE = "engine"  # the last file
_KEPT_IN = ".progress.json"


def folder_of(path: Path) -> Path:
    """The course's folder, of a file in it or among its notebooks."""
    folder = path.resolve().parent
    return folder.parent if folder.name == NOTEBOOKS else folder


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


def is_done(folder: Path, name: str) -> bool:
    """Whether the program or the notebook of this name was right, and has not changed since."""
    known, places = _read(folder), (f"{name}.py", f"{NOTEBOOKS}/{name}.ipynb")
    return any(known.get(place) == _print_of(folder / place) for place in places if (folder / place).exists())


def bar(folder: Path) -> str:
    """A bar with a place for each exercise, and which one comes next."""
    left = [exercise.file for exercise in EXERCISES if not is_done(folder, exercise.file)]
    marks = "".join("." if exercise.file in left else "#" for exercise in EXERCISES)
    then = f"next: {left[0]}" if left else "and your own engine" if is_done(folder, ENGINE) else f"next: {ENGINE}"
    return f"[{marks}] {len(EXERCISES) - len(left)} of {len(EXERCISES)}, {then}"


def _read(folder: Path) -> dict[str, str]:
    try:
        known = json.loads((folder / _KEPT_IN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # nothing was checked yet, or somebody has edited it: then it is made anew
    return known if isinstance(known, dict) else {}


def _print_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
