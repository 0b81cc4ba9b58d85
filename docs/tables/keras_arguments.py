"""docs/keras_arguments.md: every argument of what tinydnn offers, against Keras' signature; needs Keras.

python docs/tables/keras_arguments.py
"""

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

import tinydnn  # noqa: E402
from docs.tables.keras_arguments_on_purpose import ON_PURPOSE  # noqa: E402

PAGE = ROOT / "docs" / "keras_arguments.md"
MODULES = [
    "models", "layers", "activations", "losses", "metrics", "optimizers", "optimizers.schedules", "regularizers",
    "constraints", "initializers", "callbacks", "utils", "saving", "config", "backend", "ops",
    "datasets.mnist", "datasets.fashion_mnist", "datasets.imdb", "datasets.reuters", "datasets.boston_housing",
    "datasets.california_housing",
]  # fmt: skip
Parameters = dict[str, inspect.Parameter]


@dataclass
class Row:
    """What becomes of the arguments that Keras has of one class, method or function."""

    name: str
    same: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # neither the same, nor meant, nor refused

    def __str__(self) -> str:
        cells = [", ".join(f"`{each}`" for each in names) for names in (self.same, self.missing)]
        return f"| `{self.name}` | {cells[0]} | {'; '.join(self.differs)} | {cells[1]} |"


def of_class(cls: type) -> Parameters:
    """The arguments of a constructor, and of those above it to which it hands on what it doesn't know."""
    found: Parameters = {}
    for each in cls.__mro__:
        if "__init__" in vars(each) and each is not object:
            parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
            found = {**found, **{each: one for each, one in _named(parameters).items() if each not in found}}
            if not any(one.kind is one.VAR_KEYWORD for one in parameters):
                break
    return found


def of_function(function: Callable[..., Any]) -> Parameters:
    """The arguments of a function or method."""
    return _named(inspect.signature(function).parameters.values())


def _named(parameters: Any) -> Parameters:
    return {
        each.name: each
        for each in parameters
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY) and each.name != "self"
    }


def compare(name: str, ours: Any, theirs: Any) -> Row:
    """One row: each argument that Keras has is the same, differs on purpose, or is refused by name."""
    takes, has = (of_class(each) if isinstance(each, type) else of_function(each) for each in (ours, theirs))
    row = Row(name)
    places = {each: i for i, each in enumerate(takes)}
    for i, (argument, parameter) in enumerate(has.items()):
        meant = reason(name, argument)
        if meant is not None:
            row.differs.append(f"`{argument}`: {meant}")
        elif argument not in takes:
            refused = _refuses(ours, takes, argument)
            (row.missing if refused else row.wrong).append(argument)
        elif takes[argument].default != parameter.default:
            row.wrong.append(f"{argument}={takes[argument].default!r}, in Keras {parameter.default!r}")
        elif parameter.kind is takes[argument].kind is parameter.POSITIONAL_OR_KEYWORD and places[argument] != i:
            row.wrong.append(f"{argument} is argument {places[argument]}, in Keras {i}")
        else:
            row.same.append(argument)
    return row


def reason(name: str, argument: str) -> str | None:
    """Why an argument of this class or function differs; None where it should not."""
    for owner in (name, name.rpartition(".")[2], "*"):
        if (owner, argument) in ON_PURPOSE:
            return ON_PURPOSE[owner, argument]
    return None


def _refuses(ours: Any, takes: Parameters, argument: str) -> bool:
    """Whether tinydnn names the argument, and that Keras has it, when it is given."""
    needed = {each: 1 for each, parameter in takes.items() if parameter.default is parameter.empty}
    try:
        if isinstance(ours, type):
            ours.__init__(object.__new__(ours), **{**needed, argument: None})
        else:
            ours(**({"self": None} if "self" in inspect.signature(ours).parameters else {}), **{argument: None})
    except TypeError as error:
        return f"has no argument {argument!r}: Keras has it, tinydnn does not" in str(error)
    except Exception:
        return False
    return False


def pairs(module: str) -> Iterator[tuple[str, Any, Any]]:
    """What both have in a module: (name, tinydnn's, Keras'), each class followed by its methods."""
    a, b = (importlib.import_module(f"{package}.{module}") for package in ("tinydnn", "keras"))
    seen: set[int] = set()
    for name in sorted(getattr(a, "__all__", ["load_data"])):
        ours, theirs = getattr(a, name), getattr(b, name, None)
        if theirs is None or inspect.ismodule(ours) or id(ours) in seen:
            continue
        seen.add(id(ours))
        yield name, ours, theirs
        if isinstance(ours, type):
            yield from _methods(name, ours, theirs)


def _methods(name: str, ours: type, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    for method in sorted(vars(ours)):
        mine, other = vars(ours)[method], getattr(theirs, method, None)
        if not method.startswith("_") and inspect.isfunction(mine) and callable(other):
            yield f"{name}.{method}", mine, other


def rows(module: str) -> list[Row]:
    """The rows of a module."""
    return [compare(*pair) for pair in pairs(module)]


def main() -> None:
    for module in MODULES:
        for row in rows(module):
            if row.wrong:
                print(module, row.name, row.wrong)


if __name__ == "__main__":
    main()
