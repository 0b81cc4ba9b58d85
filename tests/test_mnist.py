"""The shipped digits, other data in both layouts, and damaged files."""

import gzip
import hashlib
import pickle
import struct

import numpy as np
import pytest

import tinydnn as keras

load_data = keras.datasets.mnist.load_data

# Published MD5s of the four IDX files' contents.
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def idx(array):
    """The array as the content of an IDX file."""
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def digits(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, 4, 3), dtype=np.uint8), rng.integers(0, 10, n, dtype=np.uint8)


@pytest.fixture
def contents():
    """What the four files of a small data set hold."""
    x, y = digits(7)
    x_test, y_test = digits(5, 1)
    return dict(zip(MD5, (idx(x), idx(y), idx(x_test), idx(y_test)), strict=True))


def write(folder, contents):
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def test_the_shipped_digits_are_the_published_ones(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    assert x_train.shape == (60000, 28, 28)
    assert x_test.shape == (10000, 28, 28)
    for array, md5 in zip((x_train, y_train, x_test, y_test), MD5.values(), strict=True):
        assert array.dtype == np.uint8
        assert hashlib.md5(idx(array)).hexdigest() == md5


def test_keras_default_names_the_shipped_digits_unless_there_is_such_a_file(mnist, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for ours, shipped in zip(load_data(path="mnist.npz")[1], mnist[1], strict=True):
        np.testing.assert_array_equal(ours, shipped)
    with pytest.raises(FileNotFoundError, match=r"There is no 'digits\.npz'"):
        load_data("digits.npz")
    (x, y), (x_test, y_test) = digits(7), digits(5, 1)
    np.savez("mnist.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    np.testing.assert_array_equal(load_data("mnist.npz")[0][0], x)
    np.testing.assert_array_equal(load_data()[0][0], mnist[0][0])


def test_the_walkthroughs_facts(mnist):
    (x_train, y_train), _ = mnist
    assert y_train[0] == 5
    assert x_train[0][6][6:10].tolist() == [0, 0, 30, 36]
    counts = keras.utils.to_categorical(y_train).sum(axis=0)
    assert counts.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_of_idx_files(tmp_path, contents, ending):
    packed = {name + ending: gzip.compress(c) if ending else c for name, c in contents.items()}
    (x_train, y_train), (x_test, y_test) = load_data(write(tmp_path, packed))
    for got, expected in zip((x_train, y_train, x_test, y_test), (*digits(7), *digits(5, 1)), strict=True):
        np.testing.assert_array_equal(got, expected)
        got[...] = 0  # one's own to change


def test_an_npz_in_keras_layout(tmp_path):
    (x, y), (x_test, y_test) = digits(7), digits(5, 1)
    np.savez_compressed(tmp_path / "d.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    got = load_data(str(tmp_path / "d.npz"))
    np.testing.assert_array_equal(got[0][0], x)
    np.testing.assert_array_equal(got[1][1], y_test)


def change(name, edit):
    return lambda contents: contents | {name: edit(contents[name])}


IMAGES, LABELS = list(MD5)[:2]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (change(IMAGES, lambda c: b"\0\0\x08\1" + c[4:]), "magic number 2051. Found: 2049"),
        (change(IMAGES, lambda c: b"\0\0\x0d\3" + c[4:]), "magic number 2051. Found: 3331"),
        (change(IMAGES, lambda c: b"PK\3\4" + c), "magic number 2051"),
        (change(IMAGES, lambda c: b""), "magic number 2051"),
        (change(IMAGES, lambda c: c[:9]), "header of 16 bytes. Found: the end after 9"),
        (change(IMAGES, lambda c: c[:4] + bytes(4) + b"\xff" * 8), "numbers at most"),  # none, of absurd size
        (change(IMAGES, lambda c: c[:-1]), r"expected 84 numbers, for shape \(7, 4, 3\). Found: 83"),
        (change(IMAGES, lambda c: c + b"\0"), "Found: more"),
        (change(IMAGES, lambda c: c[:4] + b"\xff" * 12 + c[16:]), "numbers at most. Found: 79,228,162"),
        (change(LABELS, lambda c: idx(digits(6)[1])), "as many train labels as images. Found: 7 images, 6 labels"),
        (change(list(MD5)[2], lambda c: idx(np.zeros((5, 2, 2), np.uint8))), "images of one size"),
    ],
)
def test_damaged_idx_files(tmp_path, contents, damage, message):
    with pytest.raises(keras.FileFormatError, match=message) as caught:
        load_data(write(tmp_path, damage(contents)))
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("cut", [1, 9, 20, -1])
def test_a_gz_file_cut_short(tmp_path, contents, cut):
    packed = {name + ".gz": gzip.compress(content) for name, content in contents.items()}
    packed[IMAGES + ".gz"] = packed[IMAGES + ".gz"][:cut]
    with pytest.raises(keras.FileFormatError, match=IMAGES):
        load_data(write(tmp_path, packed))


def test_what_is_missing_is_named(tmp_path, contents):
    with pytest.raises(FileNotFoundError, match=r"expected an \.npz file, or a folder with train-images-idx3-ubyte"):
        load_data(tmp_path / "nowhere")
    del contents[LABELS]
    with pytest.raises(FileNotFoundError, match=f"has no {LABELS}"):
        load_data(write(tmp_path, contents))


class Bomb:
    """Unpickling it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_unpickled(tmp_path):
    mark = tmp_path / "unpickled"
    (x, y), objects = digits(3), np.array([Bomb(mark)] * 3, object)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=objects, x_test=x, y_test=y)
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Bomb(mark)))
    for name, message in (("d.npz", "nothing is unpickled"), ("p.npz", "another kind of file")):
        with pytest.raises(keras.FileFormatError, match=message):
            load_data(tmp_path / name)
    assert not mark.exists()


def test_npz_files_of_another_kind(tmp_path):
    x, y = digits(3)
    good = {"x_train": x, "y_train": y, "x_test": x, "y_test": y}
    cases = [
        ({"x_train": x}, "Missing: y_train, x_test, y_test"),
        (good | {"x_train": x.astype(float)}, "x_train as uint8 with 3 axes. Found: float64"),
        (good | {"y_test": x}, "y_test as uint8 with 1 axes"),
        (good | {"y_test": y[:2]}, "as many test labels as images. Found: 3 images, 2 labels"),
    ]
    for arrays, message in cases:
        np.savez(tmp_path / "d.npz", **arrays)
        with pytest.raises(keras.FileFormatError, match=message):
            load_data(tmp_path / "d.npz")
    content = (tmp_path / "d.npz").read_bytes()
    for cut in (0, 3, 50, len(content) // 2, len(content) - 1):
        (tmp_path / "cut.npz").write_bytes(content[:cut])
        with pytest.raises(keras.FileFormatError, match=r"cut\.npz"):
            load_data(tmp_path / "cut.npz")
