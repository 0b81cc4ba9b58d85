"""Lists of numbers that NumPy has pickled come back, and no pickle gets anything called, or much memory."""

import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinydnn as keras
from tinydnn.files import npz, pickles

MEGABYTE = 2**20


def array(rows):
    """An array of lists, whatever their lengths."""
    made = np.empty(len(rows), object)
    made[:] = rows
    return made


def content(rows, protocol):
    return pickle.dumps(array(rows), protocol=protocol)


rows_of_numbers = st.lists(st.lists(st.integers(-(2**70), 2**70) | st.integers(0, 70_000), max_size=20), max_size=20)


@settings(deadline=None)
@given(rows=rows_of_numbers, protocol=st.sampled_from([3, 4, 5]))
def test_any_lists_of_whole_numbers_come_back(rows, protocol):
    got = pickles.rows(content(rows, protocol), len(rows))
    assert got == rows
    assert all(type(number) is int for row in got for number in row)


@pytest.mark.parametrize("protocol", [3, 4])
def test_long_lists_in_batches_and_frames_come_back(protocol):
    rng = np.random.default_rng(1)
    rows = [rng.integers(0, 10 ** (1 + n % 7), n).tolist() for n in (0, 1, 999, 1000, 1001, 2000, 70_000)]
    assert pickles.rows(content(rows, protocol), len(rows)) == rows


def test_what_python_2_wrote_comes_back():
    """Its text is bytes, and its protocol is 2."""
    written = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85U\x01b\x87Rq\x03(K\x01K\x02\x85"
        b"cnumpy\ndtype\nq\x04U\x02O8K\x00K\x01\x87Rq\x05(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb\x89]q\x06("
        b"]q\x07(K\x01M,\x01J\xa0\x86\x01\x00e]q\x08K\x07aetb."
    )
    assert pickle.loads(written, encoding="latin-1").tolist() == [[1, 300, 100_000], [7]]
    assert pickles.rows(written, 2) == [[1, 300, 100_000], [7]]


class Calls:
    """Unpickling it would call something."""

    def __init__(self, called, *arguments):
        self.called, self.arguments = called, arguments

    def __reduce__(self):
        return self.called, self.arguments


def npz_of(path, pickled, shape=(1,), compression=zipfile.ZIP_STORED):
    """An .npz file with one array of objects, of this pickle."""
    header = str({"descr": "|O", "fortran_order": False, "shape": shape}).encode()
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickled)
    return path


def refused(path, message=None):
    tracemalloc.start()
    try:
        with pytest.raises(keras.FileFormatError, match=message) as error, npz.opened(str(path)) as archive:
            npz.read_lists(archive, "x")
        assert tracemalloc.get_traced_memory()[1] < 100 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert str(path) in str(error.value)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("hidden", ["alone", "in the array", "in a list"])
def test_nothing_is_called(tmp_path, protocol, hidden):
    mark = tmp_path / "called"
    bomb = Calls(open, str(mark), "w")
    thing = {"alone": bomb, "in the array": array([bomb]), "in a list": array([[1, bomb]])}[hidden]
    path = npz_of(tmp_path / "x.npz", pickle.dumps(thing, protocol=protocol))
    refused(path)
    assert not mark.exists()


@pytest.mark.parametrize(
    "thing",
    [
        Calls(eval, "1"),
        Calls(os.system, "true"),
        Calls(getattr, [], "append"),
        Calls(np.load, "x"),
        Calls(np.dtype, "O"),
        Calls(np.ndarray, (1,), np.dtype("O")),
        np.zeros(1),
        [[1]],
        {"x": 1},
        None,
        array([{1}]),
        array([(1,)]),
        array(["text"]),
        array([[1.5]]),
        array([[True]]),
        array([["text"]]),
        array([[[1]]]),
        array([None]),
        array([[None]]),
        array([np.ones(1, int)]),
        array([[np.int64(1)]]),
        array([[1], [2]]),  # two of one
    ],
    ids=lambda thing: repr(thing)[:30],
)
@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_anything_else_are_refused(tmp_path, thing, protocol):
    refused(npz_of(tmp_path / "x.npz", pickle.dumps(thing, protocol=protocol)))


WHOLE = content([[1, 2, 300], [70_000]], 3)
PLACE = WHOLE.index(b"]q")  # where the lists begin


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b".",
        b"e.",
        b"(((.",
        b"]]a" * 1000 + b".",
        b"\x80\x04\x95" + b"\xff" * 8 + b".",
        b"r\xff\xff\xff\x7f.",  # a place in the memo, for which Python's own unpickler takes 32 GB
        b"]r\xff\xff\xff\x7f.",
        b"\x96" + b"\xff" * 7 + b"\x00.",  # an array of bytes
        b"\x8d" + b"\xff" * 7 + b"\x00.",  # a text
        b"\x8b\xff\xff\xff\x7f.",  # a number
        b"I" + b"9" * 100_000 + b"\n.",
        b"]2a.",  # a list in itself, by DUP
        b"]q\x00h\x00a.",  # and by the memo
        b"Pfile\n.",
        b"\x82\x01.",  # an extension
    ],
)
def test_hostile_operations_are_refused(tmp_path, pickled):
    refused(npz_of(tmp_path / "x.npz", pickled))


@pytest.mark.parametrize("operation", [b"]", b"(", b")", b"N\x94", b"K\x00", b"]]a", b"]R", b"\x8c\x00\x94", b"\x85"])
def test_a_byte_gets_little_memory(operation):
    pickled = operation * (100_000 // len(operation))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="exhausted"):
            pickles.rows(pickled, 1)
        assert tracemalloc.get_traced_memory()[1] < 100 * len(pickled)
    finally:
        tracemalloc.stop()


def test_a_small_file_with_many_bytes_is_refused_before_it_is_unpacked(tmp_path):
    path = npz_of(tmp_path / "x.npz", bytes(50 * MEGABYTE), compression=zipfile.ZIP_DEFLATED)
    refused(path, "bytes at most")


def test_a_list_in_two_places_is_refused(tmp_path):
    """As a few of them can make of a small file what no memory holds."""
    pickled = WHOLE[:PLACE] + b"]q\x09(]q\x0ah\x0aetb."
    assert pickle.loads(pickled).tolist() == [[], []]
    refused(npz_of(tmp_path / "x.npz", pickled, (2,)), "Found: BINGET")


def test_a_claim_of_more_lists_than_there_are_is_refused(tmp_path):
    refused(npz_of(tmp_path / "x.npz", WHOLE, (10**12,)), "expected 1000000000000 lists. Found: 2")


@settings(max_examples=300, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_flipped_bytes_give_lists_or_an_error(flips):
    damaged = bytearray(WHOLE)
    for place, change in flips:
        damaged[place] ^= change
    try:
        rows = pickles.rows(bytes(damaged), 2)
    except Exception:  # of any kind: npz makes it a FileFormatError
        return
    assert len(rows) == 2
    assert all(type(number) is int for row in rows for number in row)
