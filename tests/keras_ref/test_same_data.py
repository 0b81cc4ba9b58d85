"""Data sets, padding and normalizing: the same files and arguments give the same bits as in Keras."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytestmark = pytest.mark.filterwarnings("ignore:::keras", "ignore:::tensorflow")
real_keras = pytest.importorskip("keras", reason="install the extra `keras`, as scripts/test.py does")

import tinydnn  # noqa: E402
from tinydnn.datasets import cache  # noqa: E402

RNG = np.random.default_rng(5)


@pytest.fixture
def datasets(tmp_path, monkeypatch):
    """The folder of data sets of both engines, which take any file in it for the published one."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.validate_file", lambda *_, **__: True)
    monkeypatch.setattr(cache, "_is_there", lambda path, _: os.path.isfile(path))
    folder = tmp_path / "datasets"
    folder.mkdir()
    return folder


def texts(n, low=1, high=40):
    array = np.empty(n, object)
    array[:] = [RNG.integers(low, high, length).tolist() for length in RNG.integers(2, 15, n)]
    return array


def assert_same(ours, theirs):
    for our_half, their_half in zip(ours, theirs, strict=True):
        for a, b in zip(our_half, their_half, strict=True):
            assert (a.dtype, a.shape) == (b.dtype, b.shape)
            assert a.tolist() == b.tolist()
            if a.dtype == object:
                assert [[type(w) for w in row] for row in a] == [[type(w) for w in row] for row in b]


TEXTS = [
    {},
    {"num_words": 20},
    {"num_words": 20, "skip_top": 8},
    {"maxlen": 9},
    {"seed": 7},
    {"seed": 0, "start_char": None},
    {"start_char": None, "index_from": 0},
    {"start_char": 5, "oov_char": 9, "index_from": 10, "num_words": 30},
    {"oov_char": None, "num_words": 25, "maxlen": 12, "skip_top": 4},
    {"num_words": 0, "maxlen": 0},
]


@pytest.mark.parametrize("arguments", TEXTS, ids=str)
def test_imdb(datasets, arguments):
    y = RNG.integers(0, 2, 50)
    np.savez(datasets / "imdb.npz", x_train=texts(30), y_train=y[:30], x_test=texts(20), y_test=y[30:])
    assert_same(*(k.datasets.imdb.load_data(**arguments) for k in (tinydnn, real_keras)))


@pytest.mark.parametrize("arguments", [*TEXTS, {"test_split": 0.35}, {"test_split": 1.0}], ids=str)
def test_reuters(datasets, arguments):
    np.savez(datasets / "reuters.npz", x=texts(40), y=RNG.integers(0, 46, 40))
    assert_same(*(k.datasets.reuters.load_data(**arguments) for k in (tinydnn, real_keras)))


def test_texts_of_one_length_become_a_table_as_in_keras(datasets):
    rows = np.empty(10, object)
    rows[:] = RNG.integers(1, 9, (10, 4)).tolist()
    np.savez_compressed(datasets / "reuters.npz", x=rows, y=RNG.integers(0, 46, 10).astype(np.int32))
    assert_same(*(k.datasets.reuters.load_data() for k in (tinydnn, real_keras)))


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_words_and_topics(datasets, name):
    (datasets / f"{name}_word_index.json").write_text('{"the": 1, "film": 17}')
    assert getattr(tinydnn.datasets, name).get_word_index() == getattr(real_keras.datasets, name).get_word_index()
    assert tinydnn.datasets.reuters.get_label_names() == real_keras.datasets.reuters.get_label_names()


@pytest.mark.parametrize("arguments", [{}, {"test_split": 0.33}, {"seed": 3}, {"test_split": 0}], ids=str)
def test_tables(datasets, arguments):
    for name in ("boston_housing", "california_housing"):
        np.savez(datasets / f"{name}.npz", x=RNG.normal(size=(700, 3)), y=RNG.normal(size=700).astype("float32"))
        assert_same(*(getattr(k.datasets, name).load_data(**arguments) for k in (tinydnn, real_keras)))
    assert_same(*(k.datasets.california_housing.load_data("small", **arguments) for k in (tinydnn, real_keras)))
    for k in (tinydnn, real_keras):
        with pytest.raises(ValueError, match="version"):
            k.datasets.california_housing.load_data("medium")


def test_fashion_mnist(datasets):
    import gzip

    folder = datasets / "fashion-mnist"
    folder.mkdir()
    for name, n in (("train", 5), ("t10k", 3)):
        for kind, axes in (("images-idx3", (n, 28, 28)), ("labels-idx1", (n,))):
            header = b"\0\0\x08" + bytes([len(axes)]) + b"".join(axis.to_bytes(4, "big") for axis in axes)
            content = header + RNG.integers(0, 10, axes, np.uint8).tobytes()
            (folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    assert_same(*(k.datasets.fashion_mnist.load_data() for k in (tinydnn, real_keras)))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"maxlen": 3},
        {"maxlen": 3, "padding": "post", "truncating": "post"},
        {"maxlen": 9, "padding": "post", "value": -1, "dtype": "float32"},
        {"truncating": "post", "value": 0.5, "dtype": "float64"},
        {"maxlen": 4, "dtype": object, "value": "none"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "sequences",
    [[[1], [2, 3], [4, 5, 6, 7]], ([], [1, 2]), [[]], [[[1, 2]], [[3, 4], [5, 6]]], [np.arange(5), np.arange(2)]],
    ids=str,
)
def test_pad_sequences(sequences, arguments):
    for of in (lambda k: k.utils, lambda k: k.preprocessing.sequence):
        ours, theirs = (of(k).pad_sequences(sequences, **arguments) for k in (tinydnn, real_keras))
        assert (ours.dtype, ours.shape, ours.tolist()) == (theirs.dtype, theirs.shape, theirs.tolist())


@pytest.mark.parametrize(
    ("sequences", "arguments"),
    [
        ([1, 2], {}),
        (3, {}),
        ([[1], [[2]]], {}),
        ([[1]], {"padding": "both"}),
        ([[1]], {"truncating": "both"}),
        ([["a"]], {"value": "none"}),
    ],
    ids=str,
)
def test_what_can_not_be_padded(sequences, arguments):
    for k in (tinydnn, real_keras):
        with pytest.raises(ValueError):
            k.utils.pad_sequences(sequences, **arguments)


@pytest.mark.parametrize(
    "arguments", [{}, {"axis": 1}, {"axis": -2}, {"order": 1}, {"order": np.inf}, {"axis": None}], ids=str
)
@pytest.mark.parametrize(
    "x",
    [
        RNG.normal(size=(4, 3)),
        RNG.normal(size=(3, 3)).astype("float32"),
        np.array([[3, 4, 0], [0, 0, 0]]),
        RNG.integers(0, 256, (2, 5, 5), np.uint8),
    ],
    ids=lambda x: f"{x.dtype}{x.shape}",
)  # fmt: skip
def test_normalize(x, arguments):
    if arguments == {"axis": None} and x.ndim == 3:
        return  # NumPy has no norm of that
    ours, theirs = (k.utils.normalize(x, **arguments) for k in (tinydnn, real_keras))
    assert (ours.dtype, ours.shape) == (theirs.dtype, theirs.shape)
    np.testing.assert_array_equal(ours, theirs)


def test_normalize_a_vector_and_along_the_first_axis():
    ours, theirs = (k.utils.normalize(np.array([3.0, 4.0])) for k in (tinydnn, real_keras))
    np.testing.assert_array_equal(ours, theirs)
    x = np.array([[3.0, 0.0, 1.0], [4.0, 2.0, 0.0]])
    np.testing.assert_allclose(tinydnn.utils.normalize(x, axis=0), [[0.6, 0, 1], [0.8, 1, 0]])
    with pytest.raises(ValueError, match="broadcast"):  # Keras takes it for the last
        real_keras.utils.normalize(x, axis=0)
