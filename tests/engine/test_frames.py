"""Tables as pandas and polars have them, lists and bools: what is computed is what their numbers give."""

import importlib
import importlib.util

import numpy as np
import pytest

import tinydnn as keras

RNG = np.random.default_rng(3)
N = 12
COLUMNS = {
    "age": RNG.normal(size=N),
    "rooms": RNG.integers(0, 9, N),
    "married": RNG.random(N) > 0.5,
}
NUMBERS = np.column_stack(list(COLUMNS.values())).astype(float)
TARGETS = RNG.integers(0, 2, N)


class Frame:
    """As a frame of pandas: columns of several dtypes, which NumPy makes an array of objects."""

    def __init__(self, columns):
        self.values = columns
        self.columns = list(columns)

    def __array__(self, dtype=None, copy=None):
        kinds = {np.asarray(column).dtype for column in self.values.values()}
        columns = [np.asarray(column, kinds.pop() if len(kinds) == 1 else object) for column in self.values.values()]
        return np.stack(columns, axis=1)


class Series:
    """As a column of pandas, which has a get and an index."""

    def __init__(self, values):
        self.values = np.asarray(values)
        self.index, self.dtype = range(len(values)), self.values.dtype

    def get(self, key):
        return self.values[key]

    def __array__(self, dtype=None, copy=None):
        return self.values


def libraries():
    """The stand-ins, and the real ones, which the extra `dev` installs; on a card there may be none."""
    yield pytest.param((Frame, Series), id="stand-in")
    for name in ("pandas", "polars"):
        if importlib.util.find_spec(name):
            library = importlib.import_module(name)
            yield pytest.param((library.DataFrame, library.Series), id=name)


tables = pytest.mark.parametrize("library", list(libraries()))


def net(loss="mse", outputs=1):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(outputs)])
    model.compile("sgd", loss)
    return model


def trained(x, y, *, loss="mse", outputs=1, **arguments):
    """All that a training gives, an evaluation and predictions."""
    model = net(loss, outputs)
    history = model.fit(x, y, epochs=2, batch_size=5, verbose=0, **arguments)
    return [history.history, model.evaluate(x, y, verbose=0), model.predict(x, verbose=0).tolist()]


@tables
def test_a_frame_and_a_series_are_their_numbers(library):
    frame, series = library
    expected = trained(NUMBERS, TARGETS)
    assert trained(frame(COLUMNS), series(TARGETS)) == expected
    assert trained(frame(COLUMNS), series(TARGETS.astype(bool))) == expected
    assert trained(frame(COLUMNS), frame({"sold": TARGETS})) == expected
    assert trained([frame(COLUMNS)], [series(TARGETS)]) == expected


@tables
def test_frames_are_split_and_validated(library):
    frame, series = library
    x, y = frame(COLUMNS), series(TARGETS)
    assert trained(x, y, validation_split=0.25) == trained(NUMBERS, TARGETS, validation_split=0.25)
    assert trained(x, y, validation_data=(x, y)) == trained(NUMBERS, TARGETS, validation_data=(NUMBERS, TARGETS))


@tables
def test_labels_of_classes(library):
    frame, series = library
    classes = {"loss": "sparse_categorical_crossentropy", "outputs": 3}
    labels = RNG.integers(0, 3, N)
    assert trained(frame(COLUMNS), series(labels), **classes) == trained(NUMBERS, labels, **classes)
    one_hot = keras.utils.to_categorical(series(labels))
    rows = frame({"a": one_hot[:, 0] > 0, "b": one_hot[:, 1] > 0, "c": one_hot[:, 2] > 0})  # as of get_dummies
    expected = trained(NUMBERS, one_hot, loss="mse", outputs=3)
    assert trained(frame(COLUMNS), rows, loss="mse", outputs=3) == expected


@tables
def test_text_in_a_frame_is_named_with_its_column_and_what_to_do(library):
    frame, series = library
    with_text = frame({**COLUMNS, "town": ["Bonn", "Ulm"] * (N // 2)})
    model = net()
    with pytest.raises(ValueError, match=r"x expects real numbers.*'Bonn' in row 0 of column 'town'; encode text"):
        model.fit(with_text, series(TARGETS), verbose=0)
    assert not model.built
    with pytest.raises(ValueError, match=r"x expects real numbers.*'Bonn' in row 0 of column 'town'"):
        model.predict(with_text, verbose=0)
    with pytest.raises(ValueError, match=r"y expects real numbers.*'yes' in row 0; encode text"):
        model.fit(NUMBERS, np.array(["yes", "no"] * (N // 2), object), verbose=0)


def test_what_is_missing_is_named():
    with pytest.raises(ValueError, match=r"with None in row 1.*fill in what is missing"):
        net().fit(np.array([[1.5], [None]], object), TARGETS[:2], verbose=0)
    with pytest.raises(ValueError, match=r"NaN.*in row 1"):
        net().fit(np.array([[1.5], [np.nan]], object), TARGETS[:2], verbose=0)
    with pytest.raises(ValueError, match="x expects numbers that fit float64"):
        net().fit(np.array([[1.5], [10**400]], object), TARGETS[:2], verbose=0)


def test_lists_and_tuples():
    expected = trained(NUMBERS, TARGETS)
    assert trained([NUMBERS], TARGETS) == expected  # in Keras, an array for each input
    assert trained((NUMBERS,), (TARGETS,)) == expected
    assert trained(NUMBERS.tolist(), TARGETS.tolist()) == expected
    assert trained(tuple(map(tuple, NUMBERS.tolist())), tuple(TARGETS.tolist())) == expected
    assert trained(list(NUMBERS), list(TARGETS)) == expected
    row = np.array([0.0, 1.0])
    assert keras.losses.MeanSquaredError()([row], [row]) == 0  # a loss has one input: a list has its rows
    model = net()
    model.fit(NUMBERS, TARGETS, verbose=0)
    with pytest.raises(ValueError, match=r"samples of shape"):
        model.fit([NUMBERS, NUMBERS], TARGETS, verbose=0)  # Keras would leave out the second


def test_a_history_is_a_table():
    """One float for each epoch in every list, as pandas.DataFrame(history.history) needs it."""
    model = net()
    history = model.fit(NUMBERS, TARGETS, epochs=3, validation_split=0.25, verbose=0)
    assert isinstance(history.history, dict)
    assert list(history.history) == ["loss", "val_loss"]
    assert [len(values) for values in history.history.values()] == [3, 3]
    assert {type(value) for values in history.history.values() for value in values} == {float}
    assert history.epoch == [0, 1, 2]
