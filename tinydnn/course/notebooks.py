"""Jupyter notebooks: writing them, reading their code, and importing it, as from a .py file.

After `import tinydnn.course.notebooks` a program imports notebooks that lie where it would find modules.
"""

import importlib.abc
import importlib.machinery
import json
import linecache
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tinydnn.files.whole import FileFormatError

ENDING = ".ipynb"
CHECKS = "tinydnn-check"  # the tag of a cell that checks, and is not the learner's code
_FOR_JUPYTER = re.compile(r"^(\s*)[%!](?=[%\w]).*$", re.MULTILINE)  # %magic and !command


def written(cells: Sequence[tuple[str, str]]) -> str:
    """A notebook of cells, each of a kind and its text: markdown, code, or check, which is code that checks."""
    made = [_cell(f"cell-{number}", kind, text.strip("\n")) for number, (kind, text) in enumerate(cells, 1)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _cell(name: str, kind: str, text: str) -> dict[str, Any]:
    lines = text.splitlines(keepends=True)
    if kind == "markdown":
        return {"cell_type": kind, "id": name, "metadata": {}, "source": lines}
    metadata = {"tags": [CHECKS]} if kind == "check" else {}
    code = {"cell_type": "code", "id": name, "metadata": metadata, "source": lines}
    return code | {"execution_count": None, "outputs": []}


def sources(path: Path) -> list[tuple[str, str]]:
    """The code of a .py file, or of each code cell of a notebook, with the name that tracebacks give it.

    Raises:
        FileFormatError: it is no notebook, or no text.
    """
    path = path.resolve()
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix != ENDING:
            return [(str(path), text)]
        cells = [(cell, "".join(cell["source"])) for cell in json.loads(text)["cells"]]
    except (ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{path} can't be read as a program or notebook: {error}") from None
    code = [(cell, source) for cell, source in cells if cell.get("cell_type") == "code"]
    return [
        (f"{path}, cell {number}", _FOR_JUPYTER.sub(r"\1pass", source))
        for number, (cell, source) in enumerate(code, 1)
        if CHECKS not in cell.get("metadata", {}).get("tags", ())
    ]


def execute(path: Path, module: ModuleType) -> None:
    """Run the code of a file in a module; tracebacks show its lines."""
    for name, source in sources(path):
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        exec(compile(source, name, "exec"), module.__dict__)


class _Loader(importlib.abc.Loader):
    def __init__(self, path: Path) -> None:
        self._path = path

    def exec_module(self, module: ModuleType) -> None:
        execute(self._path, module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        for folder in sys.path if path is None else ():
            place = Path(folder, name + ENDING)
            if place.with_suffix(".py").exists():  # as without notebooks
                return None
            if place.exists():
                return importlib.machinery.ModuleSpec(name, _Loader(place), origin=str(place))
        return None


sys.meta_path.insert(0, _Finder())  # a notebook comes before programs in later folders
