"""Programs in the manner of many authors: right ones are called right, and what is wrong with the others is named."""

import pytest

import tinydnn
from docs.tables import steps

UNNAMED = "evaluation_mode", "feedforward_of_book"  # called wrong, and no more


@pytest.fixture(autouse=True)
def _usual_dtype():
    yield
    tinydnn.config.set_floatx("float32")


@pytest.mark.parametrize("path", steps.programs(), ids=lambda path: path.stem)
def test_a_program_of_somebody_is_diagnosed(path):
    said = steps.header(path)
    if path.stem in steps.REFUSED:
        with pytest.raises(ValueError, match="without Dropout"):
            steps.diagnosed(path)
        return
    found = steps.diagnosed(path)
    assert found.right == (said["verdict"] == "right" or path.stem in steps.NOT_SHOWN)
    if not found.right and path.stem not in UNNAMED:
        assert steps.is_named(found, said["mistake"]), found.named
