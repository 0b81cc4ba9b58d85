"""The engine stays within the lines that CONTRIBUTING.md gives each of its rooms."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROWS = re.findall(r"^\| ([^|]+) \| ([a-z, ]+) \| ([\d,]+) \|$", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
BUDGET = {room: (files.split(", "), int(most.replace(",", ""))) for room, files, most in ROWS}
NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
}  # fmt: skip
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef


def code_lines(text):
    """How many lines have code: no docstring, no comment, not empty."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def test_what_is_a_line_of_code():
    assert code_lines('"""A module.\n\nOn three lines.\n"""\n\n# why\nx = (\n    1,  # one\n)\n') == 3
    assert code_lines('def f():\n    """Short."""\n    return """a\nb"""\n') == 3


def test_there_is_a_budget_for_four_rooms():
    assert len(BUDGET) == 4


@pytest.mark.parametrize("room", BUDGET)
def test_a_room_stays_within_its_budget(room):
    files, most = BUDGET[room]
    counts = {name: code_lines((ROOT / "tinydnn" / f"{name}.py").read_text(encoding="utf-8")) for name in files}
    assert sum(counts.values()) <= most, counts


def test_the_engine_imports_no_other_room_before_it_needs_it():
    """At the top of its files; what saves, draws or commands is imported where it is used."""
    engine = {name for files, _ in BUDGET.values() for name in files} | {"files"}
    for name in sorted(engine):
        for node in ast.parse((ROOT / "tinydnn" / f"{name}.py").read_text(encoding="utf-8")).body:
            imported = set()
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tinydnn"):
                module = node.module.removeprefix("tinydnn").removeprefix(".")
                imported = {module} if module else {alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                modules = [alias.name.partition(".") for alias in node.names]
                imported = {rest for package, _, rest in modules if package == "tinydnn"}
            assert imported <= engine, f"{name}.py imports {imported - engine}"
