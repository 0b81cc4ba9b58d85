"""The pictures in the documents: what docs/pictures/draw.py draws, with the engine's numbers, for both backgrounds."""

import json
import re
from pathlib import Path

import book
import draw
import pytest
from svg import THEMES

PAGE = Path(book.BOOK).read_text(encoding="utf-8")
SHOWN = re.findall(
    r'<picture>\n  <source media="\(prefers-color-scheme: dark\)" srcset="pictures/(\w+)-dark.svg">\n'
    r'  <img alt="([^"]+)" src="pictures/(\w+)-light.svg" width="480">\n</picture>',
    PAGE
    + "".join((Path(book.BOOK).parent / each).read_text(encoding="utf-8") for each in ("walkthrough.md", "scale.md")),
)


@pytest.mark.parametrize("name", draw.PICTURES)
def test_the_files_are_what_is_drawn(name):
    drawing = draw.PICTURES[name]()
    for theme in THEMES:
        path = draw.FOLDER / f"{name}-{theme}.svg"
        assert path.read_text(encoding="utf-8") == drawing.svg(theme), "run docs/pictures/draw.py"
        assert path.stat().st_size < 10_000


def test_every_picture_is_shown_once_in_both_themes_and_in_words():
    assert sorted(name for name, _, _ in SHOWN) == sorted(draw.PICTURES)
    for dark, words, light in SHOWN:
        assert dark == light
        assert len(words.split()) > 20


@pytest.mark.parametrize("name", ["chain", "forward", "backward"])
def test_the_words_for_a_graph_have_its_numbers(name):
    """Its text alternative names no number that the picture does not have."""
    (words,) = [words for shown, words, _ in SHOWN if shown == name]
    numbers = r"−?\d+\.\d+"
    drawn = re.findall(numbers, (draw.FOLDER / f"{name}-light.svg").read_text(encoding="utf-8"))
    assert set(re.findall(numbers, words)) <= set(drawn)


def test_the_table_of_the_optimizers_is_what_was_measured():
    measured = json.loads(draw.MEASURED.read_text(encoding="utf-8"))
    rows = re.findall(r"^\| ([SRA]\w+)(.*), ([\d.]+) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == len(measured) == len(draw.OPTIMIZERS)
    for (name, momentum, default, cells), (full_name, losses) in zip(rows, measured.items(), strict=True):
        assert name + momentum.replace(" with", ",") == full_name
        assert list(losses) == [f"{float(default) * times:g}" for times in draw.TIMES]
        finals = [history[-1] for history in losses.values()]
        best = min(finals)
        assert cells.split(" | ") == [f"**{loss:.3g}**" if loss == best else f"{loss:.3g}" for loss in finals]


def test_the_measured_training_is_that_of_the_one_file():
    """Both train by RMSprop from seed 42 on scaled digits; the book shows the log of the one file."""
    losses = json.loads(draw.MEASURED.read_text(encoding="utf-8"))["RMSprop"]["0.001"]
    assert [f"{loss:.3f}" for loss in losses[:3]] == [
        f"{float(loss):.3f}" for loss in re.findall(r"^accuracy.* - loss: ([\d.]+)", PAGE, re.MULTILINE)
    ]
