"""The course: build the walkthrough's net yourself, function by function, each checked on real digits.

`writing` puts the exercises into a folder, `report` checks a file of them, and `check` a function, for notebooks. An
exercise knows its solution and the mistakes that people make. A learner's tensors are compared with the solution's, and
a wrong one with those of each mistake: the one that gives the same numbers explains it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tinydnn.course.checking import RIGHT, verdict_on
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.report import ALL_RIGHT, told

__all__ = ["check"]


def check(function: Callable[..., Any]) -> None:
    """Check one function of the course, which its name tells, and print what there is to say of it.

    Raises:
        ValueError: the course has no function of this name.
    """
    tasks = {task.name: task for exercise in EXERCISES for task in exercise.tasks}
    name = getattr(function, "__name__", type(function).__name__)
    if name not in tasks:
        raise ValueError(f"check expects one of the functions {', '.join(tasks)}. Received: {name}")
    verdict = verdict_on(tasks[name], function, Path(function.__code__.co_filename).parent)
    print("\n".join([*told(verdict), *([ALL_RIGHT] if verdict.state == RIGHT else [])]))
