"""The walkthrough as a program, on both engines, and as a notebook: the post's facts, its figures, its files."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinydnn
from keras_ref import german
from tinydnn.inspect import figures

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "keras_ref" / "walkthrough.py"
NOTEBOOKS = {"english": ROOT / "docs" / "walkthrough.ipynb", "german": ROOT / "docs" / "rundgang.ipynb"}
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


@pytest.mark.parametrize("variants", [False, True])
def test_both_engines_walk_alike(tmp_path, variants):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    options = ["--epochs", 1, "--digits", 2_000, *["--variants"] * variants]
    ours, theirs = walk(tmp_path / "tinydnn", *options), walk(tmp_path / "keras", "--engine", "keras", *options)
    for out in ("tinydnn", "keras"):
        assert sorted(path.name for path in (tmp_path / out).glob("*.png")) == FIGURES + ["figure-16.png"] * variants
        net = tinydnn.models.model_from_json((tmp_path / out / "simple_MNIST_model.json").read_text())
        assert net.count_params() == 266_410
    assert said(ours) == said(theirs)
    assert len(said(ours)) == (21 if variants else 2)


def said(printed):
    """What the engines say to the last digit; of the figures of trainings what they are of."""
    lines = [line for line in printed.splitlines() if line.startswith(("samples", "label", "scaled ", "EarlyStopping"))]
    named = r"^(?:.* weights:|.* steps an epoch:|epoch \d+:|.+(?=validation .*test))"
    return lines + re.findall(named, printed, re.MULTILINE)


def in_language(language):
    """The program as the notebook of this language has it."""
    english = PROGRAM.read_text(encoding="utf-8")
    return english if language == "english" else german.program(english)


@pytest.mark.parametrize("language", NOTEBOOKS)
def test_a_notebook_is_the_program(language):
    jupytext, nbformat = pytest.importorskip("jupytext"), pytest.importorskip("nbformat")
    program = jupytext.reads(in_language(language), "py:percent")
    notebook = nbformat.read(NOTEBOOKS[language], 4)
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in program.cells
    ], "run scripts/notebook.py"
    assert NOTEBOOKS[language].stat().st_size < 2_000_000
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    pictures = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(pictures) == 16
    assert not any(out.output_type == "error" for cell in code for out in cell.outputs)


def test_both_notebooks_have_the_same_code_and_no_text_in_common():
    nbformat = pytest.importorskip("nbformat")
    ours, theirs = (nbformat.read(path, 4).cells for path in NOTEBOOKS.values())
    for cell, other in zip(ours, theirs, strict=True):
        assert cell.cell_type == other.cell_type
        if cell.cell_type == "code":
            assert cell.source == other.source.replace('["--variants", "--german"]', '["--variants"]')
        else:
            assert not set(cell.source.splitlines()) & set(other.source.splitlines()) - {""}


def figures_of(path):
    """All that a notebook prints but the words: losses, accuracies, probabilities."""
    nbformat = pytest.importorskip("nbformat")
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    return re.findall(r"\d+\.\d{2,}", "".join(out.get("text", "") for cell in cells for out in cell.outputs))


def test_both_notebooks_came_to_the_same_figures():
    ours, theirs = map(figures_of, NOTEBOOKS.values())
    assert ours == theirs
    assert len(ours) > 150


def test_the_page_shows_the_figures_of_the_notebook():
    page = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")
    for title in ("What the post advises, tried out", "Beyond 97 %"):
        section = page.split(f"## {title}\n")[1].split("\n## ")[0]
        shown = re.findall(r"\b\d\.\d{4}\b", section)
        assert len(shown) > 10
        assert set(shown) - set(figures_of(NOTEBOOKS["english"])) == set(), title


def test_every_text_of_the_program_has_a_german_one():
    texts = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "tr"
            and isinstance(node.args[0], ast.Constant)
        ):
            texts.add(node.args[0].value)
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "VARIANTS":
            texts |= set(ast.literal_eval(node.value))
    assert len(texts) > 40
    assert texts - german.WORDS.keys() == set()
    for english, translated in german.WORDS.items():
        assert re.findall(r"{.*?}", english) == re.findall(r"{.*?}", translated), english
    with pytest.raises(KeyError, match="not translated"):
        german.program("# %% [markdown]\n# not translated\n")


def test_a_figure_speaks_german():
    balance, errors = figures.balance([3, 1]), figures.errors(np.array([[3, 1], [0, 2]]))
    curves = figures.curves([0.5, 0.4], [0.6, 0.7], "loss", best=1)
    for figure in (balance, errors, curves):
        german.translate(figure)
    assert [text.get_text() for text in curves.axes[0].get_legend().get_texts()] == [
        "Training, während es lief", "Validierung, nach jeder Epoche", "beste Epoche der Validierung",
    ]  # fmt: skip
    assert (balance.axes[0].get_xlabel(), balance.axes[0].get_title()) == ("Ziffer", "Wie oft jede Ziffer vorkommt")
    (table,) = errors.axes[0].tables
    assert [table[0, i].get_text().get_text() for i in (0, 2, 4)] == ["Ziffer", "nicht erkannt", "am häufigsten für"]


@pytest.mark.parametrize("language", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom(tmp_path, language):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(NOTEBOOKS[language], 4)
    at = next(i for i, cell in enumerate(notebook.cells) if "parse_args" in cell.source)
    shorter = f"options.epochs, options.digits = 1, 2_000\noptions.out = Path({str(tmp_path)!r})"
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(shorter))
    nbclient.NotebookClient(notebook, timeout=300).execute()
    assert sorted(path.name for path in tmp_path.glob("*.png")) == [*FIGURES, "figure-16.png"]
