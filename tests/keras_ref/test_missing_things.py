"""Whatever Keras 3.15 has and tinydnn lacks is named in an error of one kind: modules, names, methods and arguments."""

import importlib
import inspect
import pkgutil

import pytest

import tinydnn

keras = pytest.importorskip("keras")


def modules(package):
    """The public modules of a package of Keras', as it documents them.

    Not pkgutil's walk_packages, which imports keras.src too, where one module then hides another of its name.
    """
    for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if each.name != "keras.src" and not each.name.rpartition(".")[2].startswith("_"):
            yield each.name
            yield from modules(importlib.import_module(each.name)) if each.ispkg else ()


MODULES = [name.removeprefix("keras.") for name in modules(keras)]


def public(thing):
    return [name for name in dir(thing) if not name.startswith("_")]


def ours(module):
    """tinydnn's module of this name; None where it has none, which its error says."""
    try:
        return importlib.import_module(f"tinydnn.{module}")
    except ModuleNotFoundError as error:
        message = str(error)
    assert "has no" in message, module
    return None


def offered():
    """Each class and function that both have, with its name: (name, tinydnn's, Keras')."""
    for module in ["", *MODULES]:
        found = ours(module) if module else tinydnn
        if found is None:
            continue
        theirs = importlib.import_module(f"keras.{module}".rstrip("."))
        for name in public(theirs):
            if name in getattr(found, "__all__", ()):
                yield f"{module}.{name}", getattr(found, name), getattr(theirs, name)


def test_there_are_modules_to_look_at():
    assert {"layers", "optimizers.schedules", "applications", "datasets.mnist", "wrappers"} <= set(MODULES)
    assert len(list(offered())) > 150


@pytest.mark.parametrize("module", ["", *MODULES])
def test_a_name_that_is_missing_is_named(module):
    found = ours(module) if module else tinydnn
    if found is None:
        return
    theirs = importlib.import_module(f"keras.{module}".rstrip("."))
    for name in public(theirs):
        if hasattr(found, name):
            continue
        with pytest.raises(AttributeError, match=rf"has no '{name}'\."):
            getattr(found, name)
        with pytest.raises(ImportError, match=rf"has no '{name}'\."):
            exec(f"from {found.__name__} import {name}", {})  # as a program writes it


def taken(function):
    """The names of a function's arguments, and whether it takes any."""
    parameters = inspect.signature(function).parameters.values()
    named = {each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)}
    return named - {"self"}, any(each.kind is each.VAR_KEYWORD for each in parameters)


def refuses(call, name):
    """Whether an argument that is not taken gives the house's error, or one of its value."""
    try:
        call(**{name: None})
    except TypeError as error:
        return "has no argument" in str(error) or "unexpected keyword" not in str(error)
    except Exception:
        return True
    return True


CLASSES = [(name, a, b) for name, a, b in offered() if inspect.isclass(a) and inspect.isclass(b)]


@pytest.mark.parametrize(("name", "a", "b"), CLASSES, ids=[name for name, *_ in CLASSES])
def test_an_argument_of_a_class_is_taken_or_named(name, a, b):
    for argument in taken(b.__init__)[0]:
        assert refuses(a, argument), argument


@pytest.mark.parametrize(("name", "a", "b"), CLASSES, ids=[name for name, *_ in CLASSES])
def test_an_argument_of_a_method_is_taken_or_named(name, a, b):
    for method in public(b):
        function, theirs = getattr(a, method, None), getattr(b, method)
        if not inspect.isfunction(function) or not inspect.isfunction(theirs):
            continue
        lacking, is_open = taken(theirs)[0] - taken(function)[0], taken(function)[1]
        if lacking and not is_open:
            assert hasattr(function, "__wrapped__"), (method, lacking)


FUNCTIONS = [(name, a, b) for name, a, b in offered() if inspect.isfunction(a) and inspect.isfunction(b)]


@pytest.mark.parametrize(("name", "a", "b"), FUNCTIONS, ids=[name for name, *_ in FUNCTIONS])
def test_an_argument_of_a_function_is_taken_or_named(name, a, b):
    lacking, is_open = taken(b)[0] - taken(a)[0], taken(a)[1]
    assert is_open or not lacking or hasattr(a, "__wrapped__"), lacking


@pytest.mark.parametrize("cls", ["Sequential", "layers.Dense", "optimizers.Adam", "callbacks.EarlyStopping"])
def test_a_method_that_is_missing_is_named(cls):
    package, _, name = cls.rpartition(".")
    arguments = {"Sequential": (), "Dense": (2,)}.get(name, ())
    thing = getattr(getattr(tinydnn, package) if package else tinydnn, name)(*arguments)
    theirs = getattr(getattr(keras, package) if package else keras, name)
    for method in public(theirs):
        if not hasattr(type(thing), method) and not hasattr(thing, method):
            with pytest.raises(AttributeError, match=rf"{name} has no '{method}'\."):
                getattr(thing, method)
