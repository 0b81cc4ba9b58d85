"""The table of docs/course.md: `python docs/tables/course.py` checks the tests' wrong answers and writes the remarks.

The answers are those of tests/helpers/wrong_answers.py.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

import wrong_answers  # noqa: E402

from tinydnn.course.checking import verdict_on  # noqa: E402
from tinydnn.course.exercises import EXERCISES  # noqa: E402

PAGE = ROOT / "docs" / "course.md"
HEAD = "| exercise | function | wrong answer | what the learner reads |\n| --- | --- | --- | --- |\n"


def table() -> str:
    """A row for each wrong answer, in the order of the exercises."""
    rows = []
    for exercise in EXERCISES:
        for task in exercise.tasks:
            for answer in wrong_answers.WRONG:
                if answer.task == task.name:
                    verdict = verdict_on(task, answer.function, Path(wrong_answers.__file__).parent)
                    cells = str(exercise.number), f"`{task.name}`", answer.what, f"{verdict.tensor}: {verdict.why}"
                    rows.append(f"| {' | '.join(cells)} |\n")
    return HEAD + "".join(rows)


def with_table(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(HEAD)
    _, end, after = rest.partition("\n\n")
    return before + table() + ("\n" + after if end else "")


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
