"""Programs in the manner of many authors: right ones are called right, and what is wrong with the others is named."""

import subprocess
import sys

import pytest

import tinydnn
from docs.tables import steps

UNNAMED = "evaluation_mode", "feedforward_of_book"  # called wrong, and no more


@pytest.fixture(autouse=True)
def _usual_dtype():
    yield
    tinydnn.config.set_floatx("float32")


@pytest.mark.parametrize("script", steps.NO_PROGRAMS)
def test_the_first_lines_of_all_programs_tell_the_truth(script):
    """By plain formulas, which know nothing of tinydnn: which agree, and what is wrong with the others, and no more."""
    done = subprocess.run(
        [sys.executable, steps.PROGRAMS / f"{script}.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", steps.programs(), ids=lambda path: path.stem)
def test_a_program_of_somebody_is_diagnosed(path):
    said = steps.header(path)
    found = steps.diagnosed(path)
    assert found.right == (said["verdict"] == "right" or path.stem in steps.NOT_SHOWN)
    if not found.right and path.stem not in UNNAMED:
        assert steps.is_named(found, said["mistake"]), found.named
