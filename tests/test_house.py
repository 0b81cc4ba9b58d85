"""The house: which room may import which, no import goes in a circle, and no room grows beyond what one can take in."""

import ast
import io
import tokenize
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# From the roof down. A room imports from itself and from the floors below it, not from another room on its own floor.
HOUSE = [
    {"app": "app __main__"},
    {"keras_ref": "keras_ref"},
    {"course": "course", "search": "search"},
    {"inspect": "inspect diagnosis"},
    {"door": "__init__"},
    {"surface": "backend callbacks datasets distribution models ops preprocessing saving utils"},
    {"engine": "engine"},
    {"files": "files"},
    {"mathematics": "activations constraints initializers layers losses metrics optimizers random regularizers"},
    {"device": "device"},
    {"base": "checks config missing names old_spellings targets tensors warn"},
]
KNOWS_KERAS_REF = {"app", "keras_ref"}

# Lines of code, without docstrings, comments and empty lines, that a group of rooms may have. Whoever needs more takes
# something out, or changes the number here and says why.
BUDGETS = {
    # Plain Dense layers, one loss and one optimizer take 400, and Keras' options for them as much again. The rest is
    # what public scripts ask for besides, each in a file or section of its own: 26 layers, 18 activations, 15 losses,
    # 30 metrics, 9 optimizers and their schedules. 40 are for masks that not TensorFlow draws but JAX or PyTorch.
    "activations layers losses metrics optimizers": 3590,
    # A pass over layers in a row takes 900. 250 more are for graphs of layers, and for weights that models share or
    # that are frozen; 100 for metrics of any sums, and weights of samples; 70 for batches from streams; 60 for steps
    # that a GPU repeats from a recording; 50 for penalties on outputs; 20 see that a checkpoint is of this training; 20
    # draw what the iterators of Keras' backends draw; 50 are for processes that share batches as threads do.
    "engine": 1670,
}
LINES_OF_A_FILE = 300  # all lines
LONGER = {"keras_ref/walkthrough.py": 400, "keras_ref/german.py": 400}  # a notebook's text, and its translation

PACKAGES = "tinydnn", "keras_ref"
WRITTEN = {".py", ".js", ".html", ".css"}


def module_of(path):
    """tinydnn/engine/fit.py is tinydnn.engine.fit; tinydnn/engine/__init__.py is tinydnn.engine."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = {module_of(path): path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))}
SOURCES = {module: path.read_text(encoding="utf-8") for module, path in FILES.items()}
FLOORS = {part: (floor, room) for floor, rooms in enumerate(HOUSE) for room in rooms for part in rooms[room].split()}


def room_of(module):
    """(floor, room); the floors count from the roof down."""
    package, _, rest = module.partition(".")
    return FLOORS[package if package == "keras_ref" else rest.partition(".")[0] or "__init__"]


def imports(source, module, is_package, modules):
    """The modules among `modules` that a file imports anywhere: at its top, in a function, for types alone."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            source_module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                name = f"{source_module}.{alias.name}"
                found.add(name if name in modules else source_module)
    return found & modules - {module}


GRAPH = {
    module: imports(SOURCES[module], module, FILES[module].name == "__init__.py", FILES.keys()) for module in FILES
}


def forbidden(importer, imported):
    """Whether the first module may not import the second."""
    (floor, room), (floor_below, room_below) = room_of(importer), room_of(imported)
    if room_below == "keras_ref" and room not in KNOWS_KERAS_REF:
        return True
    return room != room_below and floor >= floor_below


def test_every_file_has_a_room():
    for module in FILES:
        assert room_of(module), module


def test_every_import_leads_down():
    wrong = [f"{a} imports {b}" for a, others in GRAPH.items() for b in sorted(others) if forbidden(a, b)]
    assert not wrong, "\n".join(wrong)


def test_no_import_goes_in_a_circle():
    TopologicalSorter(GRAPH).prepare()  # a CycleError names the modules of a circle


def test_imports_are_found_wherever_they_stand():
    source = """
import tinydnn.config as settings
from tinydnn import layers
from tinydnn.engine.fit import Fit
from .passes import Pass
from .. import losses
from . import data
if TYPE_CHECKING:
    import tinydnn.models
def f():
    from tinydnn.inspect import watch
    import numpy
"""
    parts = ["config", "layers", "engine.fit", "engine.passes", "losses", "engine.data", "models", "inspect.watch"]
    expected = {f"tinydnn.{part}" for part in parts}
    assert imports(source, "tinydnn.engine.shards", False, FILES.keys()) == expected
    source = (
        "from . import fit\nfrom ..device.threads import run\nfrom .. import __version__\nimport tinydnn as keras\n"
    )
    expected = {"tinydnn.engine.fit", "tinydnn.device.threads", "tinydnn"}
    assert imports(source, "tinydnn.engine", True, FILES.keys()) == expected


def test_what_is_forbidden():
    for importer, imported, wrong in [
        ("tinydnn.engine.fit", "tinydnn.layers", False),
        ("tinydnn.engine.fit", "tinydnn.engine.data", False),
        ("tinydnn.layers", "tinydnn.engine.data", True),
        ("tinydnn.engine.fit", "tinydnn.files.npz", False),
        ("tinydnn.files.npz", "tinydnn.engine.fit", True),
        ("tinydnn.models", "tinydnn", True),
        ("tinydnn.app.cli", "keras_ref.parity", False),
        ("keras_ref.parity", "tinydnn", False),
        ("keras_ref.command", "tinydnn.app.runs", True),
        ("tinydnn.inspect.watch", "keras_ref.parity", True),
    ]:
        assert forbidden(importer, imported) == wrong, (importer, imported)


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


@pytest.mark.parametrize("rooms", BUDGETS)
def test_rooms_stay_within_their_budget(rooms):
    parts = set(rooms.split())
    counts = {module: code_lines(SOURCES[module]) for module in FILES if parts & set(module.split(".")[1:2])}
    assert parts == {module.split(".")[1] for module in counts}
    assert sum(counts.values()) <= BUDGETS[rooms], counts


def test_no_file_is_longer_than_one_can_take_in():
    written = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.suffix in WRITTEN]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in written}
    limits = {path: LONGER.get(path, LINES_OF_A_FILE) for path in lengths}
    too_long = [f"{path}: {length} lines" for path, length in sorted(lengths.items()) if length > limits[path]]
    assert not too_long, "\n".join(too_long)
