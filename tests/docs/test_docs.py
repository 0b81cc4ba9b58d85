"""What the documents say of the code is what the code says."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

import tinydnn
from benchmarks import guard
from keras_ref.tolerances import TABLE
from tinydnn.app import cli
from tinydnn.inspect import microscope, net
from tinydnn.inspect.mistakes import GALLERY
from tinydnn.search.space import Space, read_text

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


README, KERAS, COMMAND, MISTAKES, WALKTHROUGH = (
    (ROOT / path).read_text(encoding="utf-8")
    for path in ("README.md", "docs/keras.md", "docs/command.md", "docs/mistakes.md", "docs/walkthrough.md")
)
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "tests" / "emulated_gpu" / "README.md"]


@pytest.mark.parametrize("path", sorted(PAGES), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    targets = [each for each in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")) if "://" not in each]
    assert [target for target in targets if not _leads_somewhere(path, target)] == []


def _leads_somewhere(path, target):
    file, _, heading = target.partition("#")
    page = path.parent / file if file else path
    if page.suffix != ".md" or not heading:
        return page.exists()
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return heading in {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".py", ".ipynb")} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


def test_the_first_code_that_the_readme_links_is_the_one_file():
    assert re.findall(r"\]\((\S+\.(?:py|js|ipynb))\)", README)[0] == "docs/one_file.py"


def test_what_the_page_offers_of_keras_is_what_there_is():
    rows = re.findall(
        r"^\| `(\w+)` \| (.*) \|$", KERAS.split("## What it offers")[1].split("## Files")[0], re.MULTILINE
    )
    named = {module: set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", text)))) for module, text in rows}
    for name in named.pop("Sequential"):
        assert name in dir(tinydnn.Sequential), name
    for module, names in named.items():
        public = set(getattr(tinydnn, module).__all__) - {"get", *BASES}
        if module == "backend":  # which has functions of `ops` besides
            public -= set(tinydnn.ops.__all__)
        assert _plain(names - {"tinydnn", "from_logits", "load_data", *BASES}) == _plain(public), module


def _plain(names):
    """Without the difference between L1L2 and l1_l2, Zeros and zeros: Keras has both."""
    return {name.lower().replace("_", "") for name in names}


BASES = {"Activation", "Constraint", "Initializer", "InputLayer", "Layer", "Loss", "Metric", "Optimizer", "Regularizer"}


def test_the_commands_and_options_on_the_page_are_those_of_the_command():
    commands = typer.main.get_command(cli.app).commands
    table = COMMAND.split("## All commands")[1].split("\n\n`RUN`")[0]
    assert set(re.findall(r"^\| `(\w+)[^`]*` \|", table, re.MULTILINE)) == set(commands)
    rows = re.findall(r"^\| (`--.*?) \| (.*?) \| .* \|$", COMMAND.split("## All options")[1], re.MULTILINE)
    named = {(option, command) for left, right in rows for option in re.findall(r"--[\w-]+", left)
             for command in right.replace("net", NET).split(", ")}  # fmt: skip
    assert named == {
        (option, name)
        for name, command in commands.items()
        for parameter in command.params
        if parameter.param_type_name == "option" and name != "search"
        for option in parameter.opts
    }


def test_the_options_and_bounds_of_a_search_on_its_page_are_those_of_the_command():
    page, command = (
        (ROOT / "docs" / "search.md").read_text(encoding="utf-8"),
        typer.main.get_command(cli.app).commands["search"],
    )
    named = {
        option for row in re.findall(r"^\| (`--.*?) \|", page, re.MULTILINE) for option in re.findall(r"--[\w-]+", row)
    }
    assert named == {option for each in command.params if each.param_type_name == "option" for option in each.opts}
    bounds = dict(re.findall(r"^\| `--[^`]*` \| `(\w+)` \| (.*?) \|", page, re.MULTILINE))
    assert {key: read_text(text.replace(" to ", ",")) for key, text in bounds.items()} == {
        key: value if isinstance(value, list) else [value] for key, value in Space().to_json().items()
    }


NET = "train, parity, microscope, diagnose"


def test_accuracies_that_two_pages_show_are_the_same():
    row = next(line for line in WALKTHROUGH.splitlines() if line.startswith("| raw grey values, sigmoid |"))
    assert f"| tinydnn | {row.split(' | ')[1]} |" in PARITY


def test_the_launches_of_a_step_on_the_page_add_up_to_what_is_counted():
    page = (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")
    rows = page.split("| part | launches | products |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() or "0" for cell in row.split("|")[2:4]] for row in rows]
    assert [sum(int(row[i]) for row in cells) for i in range(2)] == list(guard.LAUNCHES["raw"])


def test_the_mistakes_on_the_page_are_those_of_the_gallery():
    found, logs = (
        MISTAKES.split(head)[1].split("\n\n")[0].splitlines()[2:] for head in ("| mistake | first", "| mistake | what")
    )
    assert [row.strip("| ").split(" | ")[:2] for row in found] == [
        [each.name, f"step {each.step}, {each.tensor}"] for each in GALLERY
    ]
    assert [row.strip("| ").split(" | ")[:3] for row in logs] == [[each.name, each.wrong, each.log] for each in GALLERY]


def test_the_pages_own_step_is_diagnosed_as_the_page_says(tmp_path):
    program = MISTAKES.split("two mistakes:\n\n```python\n")[1].split("```")[0]
    bias, loss = re.search(r"With `(.*?)` and the line\n`(.*?)` the answer is", MISTAKES).groups()
    right = re.sub(r"gradients \+= .*", lambda _: bias, re.sub(r"dz3 = .*", lambda _: loss, program, count=1), count=1)
    for step, printed in zip(
        (program, right), re.findall(r"diagnose mine.py\n(.*?)```", MISTAKES, re.DOTALL), strict=True
    ):
        (tmp_path / "mine.py").write_text(step)
        command = [sys.executable, "-m", "tinydnn", "diagnose", "mine.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert _last_words(done.stdout) == _last_words(printed), done.stderr


def _last_words(text):
    """The verdict; the figures above it are roundings, which another processor makes otherwise."""
    return re.split(r"\n(?=This is not|These are Keras)", text)[1].strip().splitlines()


def test_the_lines_in_the_pages_excerpt_of_the_microscope_are_those_of_the_code():
    excerpt = COMMAND.split("$ .venv/bin/tinydnn microscope")[1].split("```")[0]
    shown = re.findall(r"^ (dense_1/\S+) .*\n (.*?)  .*\n ([\w/]+\.py):(\d+)", excerpt, re.MULTILINE)
    assert [name for name, *_ in shown] == ["dense_1/dz", "dense_1/dW"]
    with tinydnn.names.numbered_anew():
        model = net.make_model(net.Settings(input="scaled", hidden=(4, 3)))
    tensors = {each.name: each.formula for each in microscope.dissect(model, np.ones((2, 28, 28)), np.eye(10)[:2])}
    for name, text, file, line in shown:
        assert (tensors[name].text, tensors[name].file, str(tensors[name].line)) == (text, file, line)


def test_the_readmes_program_is_the_plain_one():
    (lines,) = re.findall(
        r'colspan="2">\n\n```python\n(.*?)```', README.split("## The same script on both")[1], re.DOTALL
    )
    program = (ROOT / "keras_ref" / "plain.py").read_text(encoding="utf-8")
    assert [line for line in lines.splitlines() if line not in program.splitlines()] == []
