"""What the documents say of the code is what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinydnn
from benchmarks import guard
from keras_ref.tolerances import TABLE
from tinydnn.inspect import microscope, net
from tinydnn.inspect.mistakes import GALLERY

ROOT = Path(__file__).resolve().parents[2]
PARITY = (ROOT / "docs" / "parity.md").read_text(encoding="utf-8")


def test_the_tolerances_on_the_page_are_those_of_the_table():
    rows = [line.split(" | ") for line in PARITY.split("## Tolerances")[1].splitlines() if line.startswith("| ")][2:]
    cells = [[cell.strip("| ") for cell in row] for row in rows[: len(TABLE)]]
    assert cells == [[each.of, f"{each.float32:g}", f"{each.float64:g}", each.reason] for each in TABLE]


def test_the_pages_own_example_prints_what_the_page_says(tmp_path):
    pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")
    program, printed = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", PARITY, re.DOTALL).groups()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    rounding = r"[\d.]+e-1\d \([\d.]+ ULP\)"  # another processor rounds otherwise
    assert re.sub(rounding, "", done.stdout) == re.sub(rounding, "", printed)


PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "emulated_gpu" / "README.md"]


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_the_launches_of_a_step_on_the_page_add_up_to_what_is_counted():
    page = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
    rows = page.split("| part | launches | products |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() or "0" for cell in row.split("|")[2:4]] for row in rows]
    assert [sum(int(row[i]) for row in cells) for i in range(2)] == list(guard.LAUNCHES["raw"])


def test_the_mistakes_on_the_page_are_those_of_the_gallery():
    page = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    found, logs = (
        page.split(head)[1].split("\n\n")[0].splitlines()[2:] for head in ("| mistake | first", "| mistake | what")
    )
    assert [row.strip("| ").split(" | ")[:2] for row in found] == [
        [each.name, f"step {each.step}, {each.tensor}"] for each in GALLERY
    ]
    assert [row.strip("| ").split(" | ")[:3] for row in logs] == [[each.name, each.wrong, each.log] for each in GALLERY]


def test_the_pages_own_step_is_diagnosed_as_the_page_says(tmp_path):
    page = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")
    program = page.split("two mistakes:\n\n```python\n")[1].split("```")[0]
    mended = page.split("Keras too; ")[1].split("With\n`")[1].split("` it says")[0]
    right = re.sub(r"dz3 = .*", lambda _: mended, program, count=1)
    for step, printed in zip((program, right), re.findall(r"diagnose mine.py\n(.*?)```", page, re.DOTALL), strict=True):
        (tmp_path / "mine.py").write_text(step)
        command = [sys.executable, "-m", "tinydnn", "diagnose", "mine.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert _last_words(done.stdout) == _last_words(printed), done.stderr


def _last_words(text):
    """The verdict; the figures above it are roundings, which another processor makes otherwise."""
    return text[text.index("This is") :].strip().splitlines()


def test_the_lines_in_the_readmes_excerpt_of_the_microscope_are_those_of_the_code():
    excerpt = (
        (ROOT / "README.md").read_text(encoding="utf-8").split("$ .venv/bin/tinydnn microscope")[1].split("```")[0]
    )
    shown = re.findall(r"^ (dense_1/\S+) .*\n (.*?)  .*\n (\w+\.py):(\d+)", excerpt, re.MULTILINE)
    assert [name for name, *_ in shown] == ["dense_1/dz", "dense_1/dW"]
    with tinydnn.names.numbered_anew():
        model = net.make_model(net.Settings(input="scaled", hidden=(4, 3)))
    tensors = {each.name: each.formula for each in microscope.dissect(model, np.ones((2, 28, 28)), np.eye(10)[:2])}
    for name, text, file, line in shown:
        assert (tensors[name].text, tensors[name].file, str(tensors[name].line)) == (text, file, line)


def test_the_readmes_program_is_the_plain_one():
    page = (ROOT / "README.md").read_text(encoding="utf-8").split("## The same script on both")[1]
    (lines,) = re.findall(r'colspan="2">\n\n```python\n(.*?)```', page, re.DOTALL)
    program = (ROOT / "keras_ref" / "plain.py").read_text(encoding="utf-8")
    assert [line for line in lines.splitlines() if line not in program.splitlines()] == []
