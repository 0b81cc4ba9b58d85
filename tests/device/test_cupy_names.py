"""Every name and keyword by which the engine calls its array module is there in NumPy, in CuPy, and in the stand-in.

CuPy installs and imports without a GPU, so this holds before anyone with a GPU finds out.
"""

import ast
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import stand_in

import tinydnn

ENGINE = Path(tinydnn.__file__).parent
HOST_ONLY = {"microscope.py", "keras3.py", "images.py", "figures.py", "formulas.py"}  # their arrays are NumPy's
MODULES = {"xp", "_xp", "cupy"}
OF_ARRAYS = "T", "astype", "copy", "dtype", "max", "nbytes", "ndim", "reshape", "shape", "size", "sum", "tolist", "view"


def calls():
    """{(function, keyword or None), …} of all calls of xp.function, self.xp.function, backend.xp.function."""
    found = set()
    for file in sorted(ENGINE.rglob("*.py")):
        if file.name in HOST_ONLY:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and name_of(node.value) in MODULES:
                found.add((node.attr, None))
            if isinstance(node, ast.Call) and name_of(getattr(node.func, "value", None)) in MODULES:
                found |= {(node.func.attr, keyword.arg) for keyword in node.keywords if keyword.arg}
    return found


def name_of(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None


def accepts(function, keyword):
    """Whether a function takes the keyword; of a ufunc, those that all have."""
    if type(function).__name__ == "ufunc":
        return keyword in ("out", "dtype", "casting")
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:  # made in C
        return f"{keyword}=" in (function.__doc__ or "").split("\n\n")[0]
    return any(each.name == keyword or each.kind is each.VAR_KEYWORD for each in parameters)


def test_the_calls_are_found():
    found = calls()
    assert {("matmul", "out"), ("max", "keepdims"), ("multiply", "dtype"), ("ElementwiseKernel", None)} <= found
    assert len({name for name, _ in found}) > 30


@pytest.mark.parametrize("library", ["cupy", "numpy", "stand_in"])
def test_every_name_and_keyword_is_there(library):
    module = importlib.import_module(library)
    of_cupy = {"ElementwiseKernel", "ReductionKernel", "asnumpy", "cuda", "get_default_memory_pool", "__version__"}
    left_out = of_cupy if library == "numpy" else set()
    missing = [
        f"{name}({keyword or ''})"
        for name, keyword in calls()
        if name not in left_out
        and not (hasattr(module, name) and (keyword is None or accepts(getattr(module, name), keyword)))
    ]
    assert not missing


@pytest.mark.parametrize("library", ["cupy", "stand_in"])
def test_arrays_have_what_the_engine_asks_of_them(library):
    array = importlib.import_module(library).ndarray
    assert [name for name in OF_ARRAYS if not hasattr(array, name)] == []


def test_a_missing_name_would_be_found():
    assert not hasattr(stand_in, "einsum")
    assert not accepts(np.concatenate, "outer")
    assert not accepts(importlib.import_module("cupy").argmax, "where")
