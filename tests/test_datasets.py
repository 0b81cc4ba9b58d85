"""Data sets from Keras' folder, from a file of one's own, and from a server: whole, checked, or a clear error."""

import contextlib
import gzip
import hashlib
import http.server
import json
import multiprocessing
import re
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

import tinydnn as keras
from tinydnn.datasets import boston_housing, cache, california_housing, fashion_mnist, imdb, reuters
from tinydnn.utils import get_file


def table(folder, name="boston_housing.npz", n=20):
    rng = np.random.default_rng(1)
    np.savez(folder / name, x=rng.normal(size=(n, 3)), y=rng.normal(size=n))
    return (folder / name).read_bytes()


def idx(array):
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def checksum(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty KERAS_HOME, and no server: nothing gets out of this machine."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(cache, "ORIGIN", "http://127.0.0.1:9/")  # where nobody answers
    return tmp_path / "home"


@pytest.fixture
def server(tmp_path, monkeypatch, home):
    """A folder whose files a server on this machine hands out, and what it was asked for."""
    folder, asked = tmp_path / "served", []
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        cut = 0  # bytes that are left out at the end

        def do_GET(self):
            asked.append(self.path)
            path = folder / self.path.rpartition("/")[2]
            if not path.exists():
                self.send_error(404)
                return
            content = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) - Handler.cut])

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        monkeypatch.setattr(cache, "ORIGIN", f"http://127.0.0.1:{running.server_port}/")
        yield SimpleNamespace(folder=folder, asked=asked, handler=Handler)
        running.shutdown()
        thread.join()


def all_files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_file_is_downloaded_once_and_shows_its_progress(server, home, monkeypatch, capsys):
    content = table(server.folder)
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(content))
    (x, y), (x_test, y_test) = boston_housing.load_data()
    assert "boston_housing.npz" in capsys.readouterr().out
    assert (x.shape, y.shape, x_test.shape, y_test.shape) == ((16, 3), (16,), (4, 3), (4,))
    assert (home / "datasets" / "boston_housing.npz").read_bytes() == content
    np.testing.assert_array_equal(boston_housing.load_data()[0][0], x)
    assert server.asked == ["/boston_housing.npz"]
    assert all_files(home) == ["boston_housing.npz"]
    assert not capsys.readouterr().out


def test_another_name_in_the_cache(server, home, monkeypatch):
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(table(server.folder)))
    boston_housing.load_data("mine.npz")
    assert server.asked == ["/boston_housing.npz"]
    assert all_files(home) == ["mine.npz"]


def test_a_file_of_ones_own_is_taken_as_it_is(home, tmp_path):
    table(tmp_path, "mine.npz")
    assert boston_housing.load_data(tmp_path / "mine.npz", test_split=0)[0][0].shape == (20, 3)
    with pytest.raises(FileNotFoundError, match=r"There is no .*yours\.npz.*without a folder"):
        boston_housing.load_data(tmp_path / "yours.npz")
    assert not home.exists()


def test_without_a_network_the_error_says_where_to_put_which_file(home):
    target = home / "datasets" / "imdb.npz"
    with pytest.raises(OSError, match=r"can't be downloaded: .*Put the file from .*/imdb\.npz at ") as error:
        imdb.load_data()
    assert str(target) in str(error.value)
    assert all_files(home) == []


def test_what_the_server_lacks_cuts_or_changes_is_never_in_the_cache(server, home, monkeypatch):
    with pytest.raises(OSError, match="404"):
        boston_housing.load_data()
    content = table(server.folder)
    with pytest.raises(OSError, match=f"expected a file of checksum f553886.*Found: {checksum(content)}"):
        boston_housing.load_data()
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(content))
    server.handler.cut = 7
    with pytest.raises(OSError, match=f"expected {len(content):,} bytes. Found: the end after {len(content) - 7:,}"):
        boston_housing.load_data()
    assert all_files(home) == []


def test_a_damaged_file_in_the_cache_is_replaced_and_stays_where_that_fails(server, home, monkeypatch):
    content = table(server.folder)
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(content))
    boston_housing.load_data()
    place = home / "datasets" / "boston_housing.npz"
    place.write_bytes(content[:-1])
    server.handler.cut = 7
    with pytest.raises(OSError, match="Found: the end"):
        boston_housing.load_data()
    assert place.read_bytes() == content[:-1]
    server.handler.cut = 0
    boston_housing.load_data()
    assert place.read_bytes() == content


def test_an_interrupt_leaves_nothing(server, home, monkeypatch):
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(table(server.folder)))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        boston_housing.load_data()
    assert all_files(home) == []


def load_in_a_process(origin, sha256):
    cache.ORIGIN, boston_housing._SHA256 = origin, sha256
    return boston_housing.load_data()[0][0].sum()


def test_processes_at_once_download_once(server, home):
    content = table(server.folder)
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        waiting = [pool.apply_async(load_in_a_process, (cache.ORIGIN, checksum(content))) for _ in range(3)]
        sums = [each.get(60) for each in waiting]
    assert len(set(sums)) == 1
    assert server.asked == ["/boston_housing.npz"]
    assert all_files(home) == ["boston_housing.npz"]


def test_whoever_waits_for_a_download_takes_its_file(server, home, monkeypatch):
    monkeypatch.setattr(boston_housing, "_SHA256", checksum(table(server.folder)))
    waiting, answer = threading.Event(), server.handler.do_GET

    def answer_when_another_waits(self):
        assert waiting.wait(60)
        answer(self)

    def sleep(seconds):
        waiting.set()
        time.sleep(seconds)

    monkeypatch.setattr(server.handler, "do_GET", answer_when_another_waits)
    monkeypatch.setattr(cache, "time", SimpleNamespace(sleep=sleep))
    with ThreadPoolExecutor(2) as pool:
        sums = [each.result()[0][0].sum() for each in [pool.submit(boston_housing.load_data) for _ in range(2)]]
    assert sums[0] == sums[1]
    assert server.asked == ["/boston_housing.npz"]


def test_keras_home(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert cache.keras_home() == str(tmp_path / ".keras")
    monkeypatch.setenv("KERAS_HOME", "~/elsewhere")
    assert cache.keras_home() == str(tmp_path / "elsewhere")


def test_a_folder_that_can_not_be_made(home):
    home.write_text("a file")
    with pytest.raises(OSError, match=r"datasets' can't be made; let KERAS_HOME name a folder"):
        imdb.load_data()


def test_the_published_checksums_are_looked_at(home):
    """A file that somebody put there under the right name is not taken for the data set."""
    (home / "datasets").mkdir(parents=True)
    table(home / "datasets", "california_housing.npz")
    (home / "datasets" / "reuters_word_index.json").write_text("{}")
    with pytest.raises(OSError, match="can't be downloaded"):
        california_housing.load_data()
    with pytest.raises(OSError, match="can't be downloaded"):
        reuters.get_word_index()


def test_fashion_mnist(server, home):
    rng = np.random.default_rng(1)
    arrays = {}
    for name, n in (("train", 5), ("t10k", 3)):
        arrays[name] = rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n, np.uint8)
        for array, kind in zip(arrays[name], ("images-idx3", "labels-idx1"), strict=True):
            (server.folder / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
    train, test = fashion_mnist.load_data()
    for got, expected in zip((*train, *test), (*arrays["train"], *arrays["t10k"]), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert {path.parent.name for path in home.rglob("*.gz")} == {"fashion-mnist"}
    place = home / "datasets" / "fashion-mnist" / "train-labels-idx1-ubyte.gz"
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(keras.FileFormatError, match="train-labels"):
        fashion_mnist.load_data()


@pytest.mark.parametrize("module", [boston_housing, california_housing])
def test_tables_of_another_kind_are_refused(module, tmp_path):
    path = tmp_path / "d.npz"
    x, y = np.ones((4, 2)), np.ones(4)
    for arrays, message in [
        ({"x": x}, r"expected y\.npy"),
        ({"x": x, "y": y[:3]}, r"Found: \(4, 2\) and \(3,\)"),
        ({"x": y, "y": y}, r"expected x \(n, features\)"),
        ({"x": x.astype(object), "y": y}, "nothing is unpickled"),
    ]:
        np.savez(path, **arrays)
        with pytest.raises(keras.FileFormatError, match=message):
            module.load_data(path=path)
    for test_split in (1, -0.1, float("nan")):
        with pytest.raises(ValueError, match="test_split expects"):
            module.load_data(path=path, test_split=test_split)


def objects(*rows):
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def test_texts_of_another_kind_are_refused(tmp_path):
    path, x, y = tmp_path / "d.npz", objects([1, 2], [3]), np.array([0, 1])
    for arrays, message in [
        ({"x": x}, r"expected y\.npy"),
        ({"x": x, "y": y[:1]}, r"a label for each of 2 texts. Found: \(1,\)"),
        ({"x": np.ones((2, 2)), "y": y}, "expected an array of lists"),
        ({"x": objects([1.5], [2]), "y": y}, "x: expected a pickle of lists of whole numbers"),
        ({"x": x, "y": x}, "nothing is unpickled"),
    ]:
        np.savez(path, **arrays)
        with pytest.raises(keras.FileFormatError, match=message):
            reuters.load_data(path)
    np.savez(path, x=x, y=y, x_train=x, y_train=y, x_test=x, y_test=y)
    for module in (imdb, reuters):
        with pytest.raises(ValueError, match="maxlen=1 keeps"):
            module.load_data(path, maxlen=1)
    with pytest.raises(ValueError, match="test_split expects"):
        reuters.load_data(path, test_split=1.5)


@pytest.mark.parametrize("module", [imdb, reuters])
def test_word_indexes(module, home, tmp_path, monkeypatch):
    name = f"{module.__name__.rpartition('.')[2]}_word_index.json"
    path = home / "datasets" / name
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"the": 1, "café": 2}))
    monkeypatch.setattr(module, "_INDEX_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    assert module.get_word_index() == {"the": 1, "café": 2}
    for text in ("", "[1]", '{"the": "1"}', "[" * 100_000, "\udc80"):
        (tmp_path / name).write_text(text, errors="surrogateescape")
        with pytest.raises(keras.FileFormatError, match=re.escape(name)):
            module.get_word_index(tmp_path / name)


def test_reviews_are_padded_and_trained_on(tmp_path):
    rng = np.random.default_rng(2)
    x = objects(*(rng.integers(1, 30, n).tolist() for n in rng.integers(3, 9, 12)))
    y = rng.integers(0, 2, 12)
    np.savez(tmp_path / "imdb.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    (x_train, y_train), _ = imdb.load_data(tmp_path / "imdb.npz", num_words=20)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"with \[1, .*in row 0.*pad_sequences"):
        model.fit(x_train, y_train, verbose=0)
    padded = keras.preprocessing.sequence.pad_sequences(x_train, maxlen=6)
    with contextlib.redirect_stdout(None):
        model.fit(padded / 20, y_train, verbose=0)


def test_any_file_is_fetched_once(server, home):
    content = table(server.folder, "auto.npz")
    origin = cache.ORIGIN + "auto.npz"
    path = get_file(origin=origin, file_hash=checksum(content))
    assert path == str(home / "datasets" / "auto.npz")
    assert get_file("auto.npz", origin) == path
    assert server.asked == ["/auto.npz"]
    changed = table(server.folder, "auto.npz", 3)
    with pytest.raises(OSError, match="expected a file of checksum"):
        get_file("auto.npz", origin, file_hash=checksum(content), force_download=True)
    with open(path, "rb") as file:
        assert file.read() == content
    with open(get_file("auto.npz", origin, force_download=True), "rb") as file:
        assert file.read() == changed
    with pytest.raises(ValueError, match="expects an origin"):
        get_file("auto.npz")
    with pytest.raises(TypeError, match="get_file has no argument 'untar': Keras has it"):
        get_file("auto.npz", origin, untar=True)


def test_a_file_goes_into_the_users_folder_where_its_cache_begins_with_a_tilde(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr(cache, "fetch", lambda path, *args, **options: path)
    assert get_file("a", "http://b/a", cache_dir="~/data") == "/home/me/data/datasets/a"
