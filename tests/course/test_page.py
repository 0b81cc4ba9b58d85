"""docs/course.md shows the remarks that the checks make, and the exercises that there are."""

import re
import sys
from pathlib import Path

import pytest

from tinydnn.course import engine
from tinydnn.course.exercises import EXERCISES
from tinydnn.course.report import report_on

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "tables"))
import course

PAGE = course.PAGE.read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_table_on_the_page_is_what_the_checks_say():
    assert course.with_table(PAGE) == PAGE


def test_the_pages_example_is_what_a_check_prints(tmp_path):
    path = tmp_path / "ex07_dense_backward.py"
    path.write_text("def dense_backward(x, W, dz):\n    return x.T @ dz, dz.mean(axis=0), ...\n")
    figures = r"\d\.\d+(e-\d+)?"
    printed = re.sub(figures, "", str(report_on(path, EXERCISES[6])))
    assert f"{printed}\n\n[######......] 6 of 12, next: ex07_dense_backward\n```" in re.sub(figures, "", PAGE)


def test_the_page_lists_the_exercises_and_their_functions():
    rows = re.findall(r"^\| (\d+) \| (`\w+`(?:, `\w+`)*) \| [^|]* \|$", PAGE, re.MULTILINE)
    assert rows == [(str(each.number), ", ".join(f"`{task.name}`" for task in each.tasks)) for each in EXERCISES]
    assert engine.KERAS in PAGE
    assert engine.KERAS in engine.IDEA
    assert engine.KERAS in engine.CODE
