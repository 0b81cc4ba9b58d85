"""HDF5 files that take more memory than they have bytes: large chunks, filters, data that is not there, long names."""

import struct
import zlib

import h5py
import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.files import hdf5_names

MEGABYTE = 2**20
PLACES = {"w.weights.h5": "layers/dense/vars/0", "w.h5": "dense/dense/kernel:0"}
kinds = pytest.mark.parametrize("kind", PLACES)
ONES = np.ones((4, 5), np.float32)


def net():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, name="dense")])
    model.compile("adam", "mse")
    model.fit(np.ones((3, 4)), np.ones((3, 5)), verbose=0)
    return model


def refused(path, model, message):
    before = model.parameters.copy(), model.optimizer.slots["momentum"].copy()
    with pytest.raises(keras.FileFormatError, match=message) as error:
        model.load_weights(path)
    assert path.name in str(error.value)
    np.testing.assert_array_equal(model.parameters, before[0])
    np.testing.assert_array_equal(model.optimizer.slots["momentum"], before[1])


def dataset(file, place, shape=(4, 5), chunk=None, filters=(), maxshape=None):
    """Replace the array at this place with one that has no data yet."""
    del file[place]
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    if chunk:
        properties.set_chunk(chunk)
    for each in filters:
        getattr(properties, f"set_{each}")(*([9] if each == "deflate" else []))
    parent, _, name = place.rpartition("/")
    space = h5py.h5s.create_simple(shape, maxshape)
    return h5py.h5d.create(file[parent].id, name.encode(), h5py.h5t.IEEE_F32LE, space, properties)


@kinds
def test_a_chunk_that_is_much_larger_than_its_array_is_refused(kind, tmp_path):
    path, model = tmp_path / kind, net()
    model.save_weights(path)
    unlimited = (h5py.h5s.UNLIMITED,) * 2
    with h5py.File(path, "r+") as file:
        created = dataset(file, PLACES[kind], chunk=(2048, 2048), filters=["deflate"], maxshape=unlimited)
        created.write(h5py.h5s.ALL, h5py.h5s.ALL, ONES)
    assert path.stat().st_size < MEGABYTE
    refused(path, model, "expected 80 bytes. Found: a chunk of 16,777,216")


@kinds
@pytest.mark.parametrize("filters", [["deflate", "deflate"], ["fletcher32", "deflate"], ["deflate", "shuffle"]])
def test_filters_that_nobody_applies_are_refused(kind, filters, tmp_path):
    path, model = tmp_path / kind, net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        dataset(file, PLACES[kind], chunk=(4, 5), filters=filters).write(h5py.h5s.ALL, h5py.h5s.ALL, ONES)
    refused(path, model, "expected the filters shuffle, gzip, fletcher32, each once at most")


@kinds
def test_a_small_chunk_that_unpacks_to_megabytes_is_refused(kind, tmp_path):
    path, model = tmp_path / kind, net()
    model.save_weights(path)
    for packed in (zlib.compress(bytes(64 * MEGABYTE)), zlib.compress(bytes(MEGABYTE)), zlib.compress(bytes(8))):
        with h5py.File(path, "r+") as file:
            dataset(file, PLACES[kind], chunk=(4, 5), filters=["deflate"]).write_direct_chunk((0, 0), packed)
        refused(path, model, "expected chunks (of 80 bytes|that unpack to 80 bytes)")


@kinds
@pytest.mark.parametrize("chunk", [None, (2, 5)])
def test_an_array_whose_data_are_not_there_is_refused(kind, chunk, tmp_path):
    """HDF5 would fill it with zeros, however large it claims to be."""
    path, model = tmp_path / kind, net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        created = dataset(file, PLACES[kind], chunk=chunk)
        if chunk:
            created.write_direct_chunk((0, 0), bytes(40))
    refused(path, model, "expected 80 bytes in the file. Found: 0|expected 2 chunks in the file. Found: 1")


@kinds
@pytest.mark.parametrize("packed", [{}, {"compression": 4}, {"compression": 9, "shuffle": True, "fletcher32": True}])
@pytest.mark.parametrize("chunks", [True, (3, 2)])
def test_what_h5py_writes_is_read(kind, packed, chunks, tmp_path):
    """Random numbers don't shrink, and HDF5 leaves the filter out for such a chunk."""
    path, model = tmp_path / kind, net()
    model.save_weights(path)
    for values in (ONES, np.random.default_rng(0).normal(size=(4, 5)), np.random.default_rng(0).bytes(20)):
        array = np.frombuffer(values, np.int8).reshape(4, 5) if isinstance(values, bytes) else values
        with h5py.File(path, "r+") as file:
            del file[PLACES[kind]]
            file.create_dataset(PLACES[kind], data=array, chunks=chunks, **packed)
        model.load_weights(path)
        np.testing.assert_allclose(model.layers[0].kernel, array, rtol=1e-6)


def test_slots_that_take_more_than_slots_can_are_refused_before_all_are_read(tmp_path):
    path, model = tmp_path / "w.weights.h5", net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file["optimizer/vars"]
        for name in ("4", "5"):
            del group[name]
        group["4"] = np.ones(5 * 25 - 40)  # five slots for each of 25 weights have no more numbers than this
        group["5"] = group["4"]  # the same once more
    refused(path, model, r"optimizer/vars/\d: expected at most .* numbers")


# -- names -------------------------------------------------------------------------------------------------


def references_to_one(path, attribute, group, size, number):
    """An attribute whose references all lead to one text of this size."""
    with h5py.File(path, "r+") as file:
        place = file[group] if group else file
        del place.attrs[attribute]
        texts = ["A" * size, *(f"{i:08}" for i in range(number - 1))]
        place.attrs.create(attribute, np.array(texts, object), dtype=h5py.string_dtype())
    content = bytearray(path.read_bytes())
    at = content.find(struct.pack("<I", size))
    while struct.unpack("<I", content[at + 16 : at + 20])[0] != 8:
        at = content.find(struct.pack("<I", size), at + 1)
    content[at : at + 16 * number] = content[at : at + 16] * number
    path.write_bytes(content)


@pytest.mark.parametrize(("attribute", "group"), [("layer_names", ""), ("weight_names", "dense")])
def test_references_to_one_long_text_are_refused_before_it_is_copied(attribute, group, tmp_path):
    path, model = tmp_path / "w.h5", net()
    with h5py.File(path, "w", libver="earliest") as file:
        file["dense/kernel:0"], file["dense/bias:0"] = ONES, ONES[0]
        file.attrs["layer_names"], file["dense"].attrs["weight_names"] = [b"dense"], [b"kernel:0", b"bias:0"]
    model.load_weights(path)
    references_to_one(path, attribute, group, MEGABYTE // 4, 3000)
    assert path.stat().st_size < MEGABYTE
    refused(path, model, f"{attribute}: expected names that take 16,777,216 bytes at most. Found: 78")


def test_a_group_with_many_names_that_is_linked_many_times_is_refused(tmp_path):
    path, model = tmp_path / "w.h5", net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        group = file.create_group("g")
        group.attrs["weight_names"] = np.full(3000, b"x" * 20)
        for i in range(300):
            file[f"g{i}"] = group
        file.attrs["layer_names"] = np.array([f"g{i}".encode() for i in range(300)])
    refused(path, model, "weight_names: expected names that take")


@pytest.mark.parametrize(
    "names",
    [np.ones(3), b"dense", np.array([[b"dense"]]), np.array([(1, 2)], "i4,i4")],
    ids=["numbers", "a text", "a table", "pairs"],
)
def test_names_that_are_none_are_refused(names, tmp_path):
    path, model = tmp_path / "w.h5", net()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        file.attrs["layer_names"] = names
    refused(path, model, "layer_names: expected a list of names")


@pytest.mark.parametrize("version", ["earliest", "v108", "v110", "latest"])
@pytest.mark.parametrize("userblock", [0, 512])
def test_lengths_of_names_are_found_in_files_of_any_version(version, userblock, tmp_path):
    for number in (1, 3, 300, 3000):
        names = [f"dense_{i}".encode() for i in range(number)]
        with h5py.File(tmp_path / "n.h5", "w", libver=version, userblock_size=userblock) as file:
            group = file.create_group("model_weights")
            group.attrs["before"] = "x" * 5000
            group.attrs["layer_names"] = names
            for i in range(5):  # so that some lie in a block of their own
                group.attrs[f"after_{i}"] = i
        with h5py.File(tmp_path / "n.h5") as file:
            group = file["model_weights"]
            assert hdf5_names._letters(group, "layer_names") == sum(map(len, names))
            assert hdf5_names.read([group], "layer_names") == [[name.decode() for name in names]]
