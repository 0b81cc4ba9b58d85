"""Zip archives that lie: about their sizes, and with packers that unpack all at once. All four readers refuse them."""

import json
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers, models
from tinydnn.datasets import mnist
from tinydnn.files import checkpoints
from tinydnn.inspect.diagnosis import step_file

MEGABYTE = 2**20


def write_keras(path):
    keras.Sequential([keras.Input((4,)), layers.Dense(2)]).save(path)


def write_digits(path):
    x, y = np.zeros((3, 2, 2), np.uint8), np.zeros(3, np.uint8)
    np.savez_compressed(path, x_train=x, y_train=y, x_test=x, y_test=y)


def write_checkpoint(path):
    checkpoints.write(path, {"weights": np.ones(5)})


def write_step(path):
    np.savez(path, x=np.ones((2, 4)), y=np.ones((2, 2)), before_0=np.ones((4, 2)), after_0=np.ones((4, 2)))


# (how to write one, how to read it, an entry that is read)
READERS = {
    "m.keras": (write_keras, models.load_model, "config.json"),
    "weights.keras": (write_keras, models.load_model, "model.weights.h5"),
    "checkpoint.npz": (write_checkpoint, checkpoints.read, "state.json"),
    "array.npz": (write_checkpoint, checkpoints.read, "0.npy"),
    "digits.npz": (write_digits, mnist.load_data, "x_train.npy"),
    "step.npz": (write_step, step_file.read, "x.npy"),
}
readers = pytest.mark.parametrize("name", READERS)


def rewritten(path, name, content, method, size=None, checksum=None):
    """Put the content into an entry, packed by this method; its directory and header claim this size and checksum."""
    with zipfile.ZipFile(path) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in entries.items():
            if each != name:
                archive.writestr(each, data)
        archive.writestr(name, content, method)
        offset = archive.getinfo(name).header_offset
    whole = bytearray(path.read_bytes())
    directory = whole.rindex(b"PK\1\2")  # of the last entry
    for at in (offset + 14, directory + 16):
        if checksum is not None:
            whole[at : at + 4] = struct.pack("<I", checksum)
        if size is not None:
            whole[at + 8 : at + 12] = struct.pack("<I", size)
    path.write_bytes(whole)


def refused(name, path, message):
    tracemalloc.start()
    try:
        with pytest.raises(keras.FileFormatError, match=message) as error:
            READERS[name][1](path)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert path.name in str(error.value)


def with_more_than_it_says(name, folder, more, method):
    """A file that is right, but that an entry goes on behind its end; and the entry's name."""
    path, (write, _, entry) = folder / name, READERS[name]
    write(path)
    content = zipfile.ZipFile(path).read(entry)
    rewritten(path, entry, content + more, method, len(content), zlib.crc32(content))
    return path, entry


@readers
@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_unpacks_all_at_once_is_refused(name, method, tmp_path):
    path, _ = with_more_than_it_says(name, tmp_path, bytes(MEGABYTE), method)
    refused(name, path, "stored or deflated")


@readers
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_entry_with_more_than_it_says_is_refused_though_its_beginning_is_right(name, method, tmp_path):
    more = bytes(64 * MEGABYTE) if method == zipfile.ZIP_DEFLATED else b"\0"
    path, entry = with_more_than_it_says(name, tmp_path, more, method)
    refused(name, path, f"{entry}.*Found: more|CRC-32 for file '{entry}'")


@readers
def test_an_entry_with_less_than_it_says_is_refused(name, tmp_path):
    path, (write, read, entry) = tmp_path / name, READERS[name]
    write(path)
    read(path)
    content = zipfile.ZipFile(path).read(entry)
    rewritten(path, entry, content, zipfile.ZIP_DEFLATED)
    read(path)
    rewritten(path, entry, content, zipfile.ZIP_DEFLATED, len(content) + MEGABYTE // 4)
    refused(name, path, entry)


@pytest.mark.parametrize("name", ["m.keras", "checkpoint.npz"])
def test_json_that_shrinks_as_no_text_does_is_refused_before_its_values_are_made(name, tmp_path):
    path, (write, _, entry) = tmp_path / name, READERS[name]
    write(path)
    text = json.dumps({"format": "tinydnn checkpoint 2", "state": [[]] * 2 * MEGABYTE})
    rewritten(path, entry, text.replace(" ", ""), zipfile.ZIP_DEFLATED)
    refused(name, path, f"{entry}: expected 1,048,576 bytes at most")


@pytest.mark.parametrize(("shape", "order"), [("(True, True)", "False"), ("(1, -1)", "False"), ("(1,)", "'no'")])
def test_an_array_of_an_odd_shape_is_refused(shape, order, tmp_path):
    path = tmp_path / "array.npz"
    write_checkpoint(path)
    text = f"{{'descr': '<f8', 'fortran_order': {order}, 'shape': {shape}}}".encode()
    header = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text
    rewritten(path, "0.npy", header + bytes(8), zipfile.ZIP_STORED)
    refused("array.npz", path, "0: expected (a shape|fortran_order)")


def test_an_array_of_nothing_comes_back(tmp_path):
    for array in (np.empty((0, 3)), np.empty((2, 0), np.uint8), np.array(3.5), np.asfortranarray(np.ones((2, 3)))):
        checkpoints.write(tmp_path / "c.npz", array)
        back = checkpoints.read(tmp_path / "c.npz")
        assert (back.shape, back.dtype) == (array.shape, array.dtype)
        np.testing.assert_array_equal(back, array)
        assert back.flags.writeable


def test_a_checksum_is_compared(tmp_path):
    path = tmp_path / "digits.npz"
    write_digits(path)
    content = zipfile.ZipFile(path).read("x_train.npy")
    rewritten(path, "x_train.npy", content, zipfile.ZIP_DEFLATED, checksum=zlib.crc32(content) ^ 1)
    refused("digits.npz", path, "CRC")
