"""docs/keras_arguments.md says of every argument what the signatures of both say."""

import inspect

import pytest

pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn
from docs.tables import keras_arguments as table
from docs.tables.keras_arguments import compare
from tinydnn.missing import names_its_arguments


@pytest.fixture(scope="module")
def found():
    return table.rows()


def test_every_argument_is_the_same_or_meant_or_refused_by_name(found):
    assert list(table.faults(found)) == []


def test_the_page_is_what_the_script_makes(found):
    page = table.PAGE.read_text(encoding="utf-8")
    assert page == table.page(found), "run docs/tables/keras_arguments.py"


def test_all_that_is_offered_is_on_the_page(found):
    named = {row.name for rows in found.values() for row in rows}
    assert {"Sequential", "Model.fit", "Dense", "Layer.set_weights", "Adam", "EarlyStopping", "load_data"} <= named
    for module in ("layers", "losses", "metrics", "optimizers", "callbacks"):
        offered = getattr(tinydnn, module)
        classes = {name for name in offered.__all__ if inspect.isclass(getattr(offered, name))}
        assert classes <= {row.name for row in found[module]}, module


def theirs(x, units=1, *, seed=None, axis=-1):
    pass


def wrong(ours):
    return compare("a module", "f", ours, theirs).wrong


def test_what_is_wrong():
    @names_its_arguments
    def refuses(x, units=1, *, seed=None): ...

    def takes_all(x, **kwargs): ...

    assert wrong(theirs) == wrong(takes_all) == []
    assert wrong(refuses) == ["axis"]  # which Keras has, as `tinydnn.missing` doesn't know
    assert wrong(lambda x, units=1, *, seed=None: None) == ["axis"]  # Python's own error
    assert wrong(lambda x, units=2, *, seed=None, axis=-1: None) == ["units=2, in Keras 1"]
    assert wrong(lambda units=1, x=inspect.Parameter.empty, *, seed=None, axis=-1: None) == ["units stands behind x"]


def test_what_is_refused_by_name(monkeypatch):
    monkeypatch.setitem(tinydnn.missing._OF_KERAS, "refuses", "axis")

    @names_its_arguments
    def refuses(x, units=1, *, seed=None): ...

    row = compare("a module", "f", refuses, theirs)
    assert (row.same, row.missing, row.wrong) == (["x", "units", "seed"], ["axis"], [])
