"""docs/keras_arguments.md: every argument of what tinydnn offers, against Keras' signature; needs Keras.

python docs/tables/keras_arguments.py
"""

import importlib
import inspect
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402

import tinydnn  # noqa: E402

PAGE = ROOT / "docs" / "keras_arguments.md"

# Arguments that both have and that are not the same, or that tinydnn takes otherwise: how, and why.
ON_PURPOSE = {
    ("Model.fit", "x"): "needed",
    ("Model.evaluate", "x"): "needed",
    ("Model.train_on_batch", "y"): "needed",
    ("Model.test_on_batch", "y"): "needed",
    ("Input", "shape"): "needed",
    ("InputLayer", "shape"): "needed",
    ("ReduceLROnPlateau", "baseline"): "left out with a warning, as in Keras",
    ("load_model", "custom_objects"): "None or empty: only Keras' own classes are loaded",
    ("model_from_json", "custom_objects"): "None or empty: only Keras' own classes are loaded",
    ("Model.build", "input_shape"): "not needed where the shape is known",
    ("Model.compile", "run_eagerly"): "makes no difference, as there is no graph",
    ("Model.compile", "jit_compile"): "makes no difference, as there is no graph",
    ("Model.compile", "auto_scale_loss"): "makes no difference, as there is no float16",
    ("Model.load_weights", "skip_mismatch"): "False alone: a file's weights are taken all",
    ("where", "x1"): "needed",
    ("where", "x2"): "needed",
    ("Loss", "reduction"): "before `name`, as in the losses themselves",
    ("softmax", "axis"): "the last alone",
    ("log_softmax", "axis"): "the last alone",
    ("Optimizer.build", "variables"): "where weights lie, which only a model knows",
    ("DataParallel", "device_mesh"): "None alone: mpirun starts the processes, each with one device",
    ("DataParallel", "devices"): "None alone",
    ("DataParallel", "auto_shard_dataset"): "True alone: all processes see the same data",
    ("initialize", "job_addresses"): "None alone: mpirun starts the processes",
    ("initialize", "num_processes"): "None alone",
    ("initialize", "process_id"): "None alone",
    ("datasets.mnist", "path"): "without one, the digits that come with tinydnn",
}
# What stands for an argument that a constructor needs, to see what it says of another one.
NEEDED = {"units": 1, "rate": 0.5, "stddev": 0.5, "initial_learning_rate": 0.1, "decay_steps": 1, "decay_rate": 0.5}

HEAD = """# Every argument

This page goes through the classes, methods and functions of Keras that tinydnn offers, with all their arguments.
`docs/tables/keras_arguments.py` writes it from the signatures of both, and a test holds it to them. Keras is {version}.

- **Same**: the argument has the same name, place and default, and does the same, save for
  [what differs on purpose](keras.md#where-it-differs-on-purpose).
- **Differs**: how.
- **Not offered**: it raises a TypeError that names the argument, and those that there are. After one that is missing,
  give the others by name.

What stands in `**kwargs` in Keras, as `input_shape`, is in no signature, and so not here.
"""

Parameters = dict[str, inspect.Parameter]


@dataclass
class Row:
    """What becomes of the arguments that Keras has of one class, method or function."""

    name: str
    same: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # neither the same, nor meant, nor refused

    def cells(self) -> str:
        """All of the row but the name."""
        return f" | {_listed(self.same)} | {'; '.join(self.differs)} | {_listed(self.missing)} |"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def arguments(of: Any) -> Parameters:
    """Those of a function; of a class those of its constructor, and of those to which it hands on what it lacks."""
    if not isinstance(of, type):
        return _named(inspect.signature(of))
    found: Parameters = {}
    for each in of.__mro__[:-1]:
        if "__init__" in vars(each):
            signature = inspect.signature(vars(each)["__init__"])
            found |= {name: one for name, one in _named(signature).items() if name not in found}
            if not _is_open(signature):
                break
    return found


def _named(signature: inspect.Signature) -> Parameters:
    named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    return {name: each for name, each in signature.parameters.items() if each.kind in named and name != "self"}


def _is_open(signature: inspect.Signature) -> bool:
    return any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())


def compare(module: str, name: str, ours: Any, theirs: Any) -> Row:
    """What becomes of each argument that Keras has."""
    takes, has = arguments(ours), arguments(theirs)
    row = Row(name)
    places = {each: i for i, each in enumerate(takes)}
    last = -1
    for argument, parameter in has.items():
        mine = takes.get(argument)
        if meant := ON_PURPOSE.get((name, argument)) or ON_PURPOSE.get((module, argument)):
            row.differs.append(f"`{argument}`: {meant}")
        elif mine is None:
            answer = _given(ours, argument, parameter.default)
            kind = {"refused": row.missing, "taken": row.same}.get(answer, row.wrong)
            kind.append(argument)
        elif mine.default != parameter.default and not _named_so(ours, argument, parameter.default):
            row.wrong.append(f"{argument}={mine.default!r}, in Keras {parameter.default!r}")
        elif mine.kind is parameter.kind is mine.POSITIONAL_OR_KEYWORD and places[argument] < last:
            row.wrong.append(f"{argument} stands behind {list(takes)[last]}")
        else:
            row.same.append(argument)
        last = max(last, places.get(argument, -1))
    return row


def _given(ours: Any, argument: str, value: Any) -> str:
    """What tinydnn says of an argument that is not in its signature: refused by name, taken, or wrong."""
    function, args = (ours.__init__, [object.__new__(ours)]) if isinstance(ours, type) else (ours, [])
    needed = [each for each in inspect.signature(function).parameters.values() if each.default is each.empty]
    args += [NEEDED.get(each.name, [[0.0]]) for each in needed[len(args) :] if each.kind is each.POSITIONAL_OR_KEYWORD]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            function(*args, **{argument: value})
    except Exception as error:
        text = f"has no argument {argument!r}: Keras has it, tinydnn does not"
        return "refused" if isinstance(error, TypeError) and text in str(error) else "wrong"
    return "taken" if _is_open(inspect.signature(function)) else "wrong"


def _named_so(ours: Any, argument: str, name: Any) -> bool:
    """Whether what tinydnn makes without a name has the one that is Keras' default."""
    needed = [each.name for each in arguments(ours).values() if each.default is each.empty]
    if argument != "name" or not set(needed) <= NEEDED.keys():
        return False
    return getattr(ours(*(NEEDED[each] for each in needed)), "name", None) == name


def pairs(module: str) -> Iterator[tuple[str, Any, Any]]:
    """What both have in a module, classes first: (name, tinydnn's, Keras'), each class followed by its methods."""
    ours, theirs = (importlib.import_module(f"{package}.{module}") for package in ("tinydnn", "keras"))
    public = getattr(ours, "__all__", ["load_data"])
    seen: list[Any] = []
    for name in sorted(public, key=lambda each: (each[0].islower(), each.lower())):
        mine, other = getattr(ours, name), getattr(theirs, name, None)
        if other is None or inspect.ismodule(mine) or mine in seen:
            continue
        seen.append(mine)
        yield name, mine, other
        for method in sorted(dir(mine)) if isinstance(mine, type) and isinstance(other, type) else ():
            its = inspect.getattr_static(mine, method)
            if method.startswith("_") or not inspect.isfunction(its):
                continue
            first = [each for each in mine.__mro__ if method in vars(each)][-1]
            owner = first.__name__ if first.__name__ in public else name
            its_in_keras = getattr(getattr(theirs, owner), method, None)
            key = first, method, list(arguments(its))
            if callable(its_in_keras) and key not in seen:  # not inherited, nor overridden with the same arguments
                seen.append(key)
                yield f"{owner}.{method}", its, its_in_keras


def modules(package: Any = tinydnn, above: str = "") -> Iterator[str]:
    """The modules of Keras' that tinydnn offers, `datasets.mnist` and the like too."""
    for name in package.__all__:
        module = getattr(package, name)
        if inspect.ismodule(module) and not name.startswith("_"):
            yield f"{above}{name}"
            yield from modules(module, f"{above}{name}.") if hasattr(module, "__all__") else ()


def rows() -> dict[str, list[Row]]:
    """The rows of each module."""
    return {each: [compare(each, *pair) for pair in pairs(each)] for each in modules()}


def page(found: dict[str, list[Row]]) -> str:
    """The text of the page."""
    parts = [HEAD.format(version=keras.__version__)]
    for module, its in found.items():
        alike: dict[str, list[str]] = {}
        for row in its:
            alike.setdefault(row.cells(), []).append(row.name)
        lines = [f"| {_listed(names)}{cells}\n" for cells, names in alike.items() if cells.strip(" |")]
        if lines:
            parts += [f"\n## {module}\n\n| | same | differs | not offered |\n| --- | --- | --- | --- |\n", *lines]
    return "".join(parts)


def faults(found: dict[str, list[Row]]) -> Iterable[str]:
    """What is neither the same, nor meant, nor refused by name; and what is meant, but is of nothing that there is."""
    for module, its in found.items():
        yield from (f"{module}.{row.name}: {each}" for row in its for each in row.wrong)
    used = {
        (owner, each.split("`")[1])
        for module, its in found.items()
        for row in its
        for each in row.differs
        for owner in (module, row.name)
    }
    yield from (f"ON_PURPOSE names {each}, which is not there" for each in ON_PURPOSE.keys() - used)


def main() -> None:
    """Write the page, or say what is wrong."""
    found = rows()
    wrong = "\n".join(faults(found))
    if wrong:
        sys.exit(wrong)
    PAGE.write_text(page(found), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
