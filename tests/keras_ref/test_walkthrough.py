"""The walkthrough as a program, on both engines, and as a notebook: the post's facts, its figures, its files."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinydnn

ROOT = Path(__file__).resolve().parents[2]
PROGRAM, NOTEBOOK = ROOT / "keras_ref" / "walkthrough.py", ROOT / "docs" / "walkthrough.ipynb"
FIGURES = [f"figure-{number:02}.png" for number in range(1, 16)]


def walk(out, *options):
    program = [sys.executable, "-P", str(PROGRAM), "--out", str(out), *map(str, options)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "TF_CPP_MIN_LOG_LEVEL": "3", "COLUMNS": "100"}
    done = subprocess.run(program, capture_output=True, text=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """All digits, one epoch."""
    out = tmp_path_factory.mktemp("walkthrough")
    return out, walk(out, "--epochs", 1)


@pytest.mark.xdist_group("the walkthrough")
def test_the_posts_facts(walked):
    _, printed = walked
    for fact in (
        "shape (60000, 28, 28) dtype uint8",
        "shape (10000, 28, 28) dtype uint8",
        "some features of the first sample: [ 0  0 30 36]",
        "largest grey value: 255",
        "smallest grey value: 0",
        "label of the first sample: 5",
        "the same, one-hot: [0. 0. 0. 0. 0. 1. 0. 0. 0. 0.]",
        "samples per digit: [5923 6742 5958 6131 5842 5421 5918 6265 5851 5949]",
        "distance to the mean: [ -77.  742.  -42.  131. -158. -579.  -82.  265. -149.  -51.]",
        "254,340",
        "11,700",
        "266,410",
    ):
        assert fact in printed, fact


@pytest.mark.xdist_group("the walkthrough")
def test_its_twelve_figures_and_three_more(walked):
    out, printed = walked
    assert sorted(path.name for path in out.glob("*.png")) == FIGURES
    assert [f"Figure {number}: " in printed for number in range(1, 16)] == [True] * 15


@pytest.mark.xdist_group("the walkthrough")
def test_the_hardest_cases_are_what_the_post_says_they_are(walked):
    """The post's own program takes the least sure answer of all for figure 11, right or wrong."""
    out, printed = walked
    model = tinydnn.models.model_from_json((out / "simple_MNIST_model.json").read_text())
    model.load_weights(out / "simple_MNIST_model.weights.h5")
    _, (x, y) = tinydnn.datasets.mnist.load_data()
    p = model.predict(x, verbose=0)
    right = p.argmax(axis=1) == y
    hardest = np.where(right, p.max(axis=1), 2).argmin()
    surest, narrowest = np.where(right, -1, p.max(axis=1)).argmax(), np.where(right, 2, p.max(axis=1)).argmin()
    for what, i in (
        ("The hardest that was recognised", hardest),
        ("The surest mistake", surest),
        ("The narrowest mistake", narrowest),
    ):
        assert f"{what}: digit {i} is a {y[i]}; the net says {p[i].argmax()} with {p[i].max():.2%}" in printed
    assert f"{right.sum()} are right, {10_000 - right.sum()} are wrong" in printed


def test_both_engines_walk_alike(tmp_path):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    options = ["--epochs", 1, "--digits", 2_000]
    ours = walk(tmp_path / "tinydnn", *options, "--variants")
    theirs = walk(tmp_path / "keras", "--engine", "keras", *options, "--variants")
    for out in ("tinydnn", "keras"):
        assert sorted(path.name for path in (tmp_path / out).glob("*.png")) == FIGURES
    both = [
        [line for line in text.splitlines() if line.startswith(("samples", "label", "scaled "))]
        for text in (ours, theirs)
    ]
    assert both[0] == both[1]
    variants = [
        [line.split("validation")[0].strip() for line in text.splitlines() if " validation " in line]
        for text in (ours, theirs)
    ]
    assert variants[0] == variants[1]
    assert len(variants[0]) == 7
    (a, b) = (
        tinydnn.models.model_from_json((tmp_path / out / "simple_MNIST_model.json").read_text())
        for out in ("tinydnn", "keras")
    )
    assert a.count_params() == b.count_params() == 266_410


def test_the_notebook_is_the_program():
    jupytext, nbformat = pytest.importorskip("jupytext"), pytest.importorskip("nbformat")
    program, notebook = jupytext.read(PROGRAM), nbformat.read(NOTEBOOK, 4)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in program.cells
    ], "run scripts/notebook.py"
    assert NOTEBOOK.stat().st_size < 2_000_000
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    pictures = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == 15
    assert not any(out.output_type == "error" for cell in code for out in cell.outputs)


def test_the_notebook_runs_from_top_to_bottom(tmp_path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOK, 4)
    at = next(i for i, cell in enumerate(notebook.cells) if "parse_args" in cell.source)
    shorter = f"options.epochs, options.digits = 1, 2_000\noptions.out = Path({str(tmp_path)!r})"
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(shorter))
    nbclient.NotebookClient(notebook, timeout=300).execute()
    assert sorted(path.name for path in tmp_path.glob("*.png")) == FIGURES
