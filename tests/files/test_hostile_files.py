"""Damaged and hostile files: one kind of error with the file and the place, little memory, nothing followed or run."""

import io
import json
import re
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinydnn as keras
from tinydnn import layers, models

KINDS = ["m.keras", "w.weights.h5", "w.h5"]
MEGABYTE = 2**20


def net():
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="tanh", name="first"), layers.Dense(2)])
    model.compile("rmsprop", "mse")
    model.fit(np.ones((3, 4)), np.ones((3, 2)), verbose=0)
    return model


def write(kind, path):
    model = net()
    if kind == "m.keras":
        model.save(path)
    else:
        model.save_weights(path)
    return model


def read(kind, path, model):
    return models.load_model(path) if kind == "m.keras" else model.load_weights(path)


def refused(kind, path, model, message=None):
    """It raises a FileFormatError with the file's name, takes little memory, and leaves the model as it was."""
    before = model.parameters.copy(), model.optimizer.slots["velocity"].copy(), model.optimizer.iterations
    tracemalloc.start()
    try:
        with pytest.raises(keras.FileFormatError, match=message) as error:
            read(kind, path, model)
        assert tracemalloc.get_traced_memory()[1] < 40 * MEGABYTE
    finally:
        tracemalloc.stop()
    assert path.name in str(error.value)
    np.testing.assert_array_equal(model.parameters, before[0])
    np.testing.assert_array_equal(model.optimizer.slots["velocity"], before[1])
    assert model.optimizer.iterations == before[2]


def edited_h5(content, edit):
    """The HDF5 file with an edit(file) made."""
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        edit(file)
    return buffer.getvalue()


def replaced(path, name, content, compression=zipfile.ZIP_STORED):
    """The .keras file with other content in one of its entries."""
    with zipfile.ZipFile(path) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for each, data in {**entries, name: content}.items():
            archive.writestr(each, data)


def weights_of(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("model.weights.h5")


# -- damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_refused(kind, tmp_path):
    path = tmp_path / kind
    model = write(kind, path)
    whole = path.read_bytes()
    lengths = {0, 1, 4, 8, 100, len(whole) // 2, *range(len(whole) - 1, 0, -max(len(whole) // 40, 1))}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        refused(kind, path, model)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(0, 2**20), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_give_the_one_kind_of_error_or_finite_weights(kind, flips, tmp_path):
    path = tmp_path / kind
    model = write(kind, path)
    content = bytearray(path.read_bytes())
    for place, change in flips:
        content[place % len(content)] ^= change
    path.write_bytes(content)
    before = model.parameters.copy()
    loaded = model
    try:
        loaded = read(kind, path, model) or model
    except keras.FileFormatError:
        np.testing.assert_array_equal(model.parameters, before)
    # Otherwise it hit the numbers themselves, which nothing guards in HDF5, or what nobody reads.
    assert np.isfinite(loaded.parameters).all()
    assert loaded.parameters.size == before.size


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), magic=st.sampled_from([b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"]))
def test_any_bytes_are_refused(kind, content, magic, tmp_path):
    path = tmp_path / kind
    path.write_bytes(magic + content)
    refused(kind, path, net())


# -- claims ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [10**6, 10**9, 10**30])
def test_a_config_that_claims_more_weights_than_the_file_can_have_is_refused_before_they_are_made(units, tmp_path):
    path = tmp_path / "m.keras"
    model = write("m.keras", path)
    config = json.loads(zipfile.ZipFile(path).read("config.json"))
    config["config"]["layers"][1]["config"]["units"] = units
    replaced(path, "config.json", json.dumps(config))
    refused("m.keras", path, model, "first: expected .* bytes of weights at most")


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_zip_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(name, tmp_path):
    path = tmp_path / "m.keras"
    model = write("m.keras", path)
    replaced(path, name, bytes(100 * MEGABYTE), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < MEGABYTE
    refused("m.keras", path, model, f"{re.escape(name)}: expected .* bytes at most")


def test_an_archive_whose_directory_claims_gigabytes_gets_no_model_of_that_size(tmp_path):
    """zipfile believes the directory at the archive's end, which need not be true."""
    path = tmp_path / "m.keras"
    model = write("m.keras", path)
    config = json.loads(zipfile.ZipFile(path).read("config.json"))
    config["config"]["layers"][1]["config"]["units"] = 2 * 10**7  # 400 MB
    replaced(path, "config.json", json.dumps(config))
    content = bytearray(path.read_bytes())
    place = content.rindex(b"model.weights.h5") - 46 + 24  # the size in the last entry of the directory
    content[place : place + 4] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    assert zipfile.ZipFile(path).getinfo("model.weights.h5").file_size == 2**31
    refused("m.keras", path, model, "first: expected .* bytes of weights at most")


def claims_terabytes(file):
    place = "layers/dense/vars/0" if "layers" in file else "first/first/kernel:0"
    del file[place]
    file.create_dataset(place, (10**6, 10**6), dtype="f4", chunks=(100, 100))  # none of which is written


def too_many_slots(file):
    group = file.require_group("optimizer/vars")
    for i in range(1000):
        group.require_dataset(str(i + 100), (), "f4")


def of_text(file):
    place = "layers/dense/vars/0" if "layers" in file else "first/first/kernel:0"
    del file[place]
    file[place] = "weights"


def a_group(file):
    place = "layers/dense/vars/0" if "layers" in file else "first/first/kernel:0"
    del file[place]
    file.create_group(place)


def not_a_number(file):
    file["layers/dense/vars/0" if "layers" in file else "first/first/kernel:0"][0, 0] = np.nan


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (claims_terabytes, r"expected weights of shape \(4, 5\). Found: \(1000000, 1000000\)"),
        (of_text, "expected numbers. Found: dtype object"),
        (a_group, "expected an array. Found: a group"),
        (not_a_number, "finite numbers"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_are_none_are_refused_before_they_are_read(kind, edit, message, tmp_path):
    path = tmp_path / kind
    model = write(kind, path)
    if kind == "m.keras":
        replaced(path, "model.weights.h5", edited_h5(weights_of(path), edit))
    else:
        path.write_bytes(edited_h5(path.read_bytes(), edit))
    refused(kind, path, model, message)


def test_slots_that_no_optimizer_has_are_refused(tmp_path):
    path = tmp_path / "w.weights.h5"
    model = write("w.weights.h5", path)
    path.write_bytes(edited_h5(path.read_bytes(), too_many_slots))
    refused("w.weights.h5", path, model, "slots a weight at most")


# -- ways out of the file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["external link", "soft link", "external storage", "virtual dataset"])
def test_nothing_outside_the_file_is_read(kind, way, tmp_path):
    path, secret = tmp_path / kind, tmp_path / "secret.h5"
    model = write(kind, path)
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.ones((4, 5), np.float32)
    (tmp_path / "secret.bin").write_bytes(np.ones(20, np.float32).tobytes())

    def edit(file):
        place = "layers/dense/vars/0" if "layers" in file else "first/first/kernel:0"
        del file[place]
        if way == "external link":
            file[place] = h5py.ExternalLink(str(secret), "kernel")
        elif way == "soft link":
            file[place] = h5py.SoftLink("/vars")
        elif way == "external storage":
            file.create_dataset(place, (4, 5), "f4", external=[(str(tmp_path / "secret.bin"), 0, 80)])
        else:
            layout = h5py.VirtualLayout((4, 5), "f4")
            layout[...] = h5py.VirtualSource(str(secret), "kernel", (4, 5))
            file.create_virtual_dataset(place, layout)

    content = edited_h5(weights_of(path) if kind == "m.keras" else path.read_bytes(), edit)
    if kind == "m.keras":
        replaced(path, "model.weights.h5", content)
    else:
        path.write_bytes(content)
    refused(kind, path, model, "expected the data")


@pytest.mark.parametrize(
    "config",
    [
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"class_name": "Sequential", "config": 3}',
        '{"class_name": "Sequential", "config": {"name": "x", "layers": [{"class_name": "Lambda", "config": {}}]}}',
        '{"class_name": "__import__", "config": {}}',
        '{"class_name": "Sequential", "config": {"name": "x", "layers": [null]}}',
    ],
)
def test_json_of_any_depth_and_kind_is_refused(config, tmp_path):
    path = tmp_path / "m.keras"
    model = write("m.keras", path)
    replaced(path, "config.json", config)
    refused("m.keras", path, model)
    with pytest.raises(keras.FileFormatError, match="The JSON of a model"):
        models.model_from_json(config)


def test_names_that_lead_out_of_a_zip_are_not_unpacked(tmp_path):
    path = tmp_path / "m.keras"
    write("m.keras", path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../out.txt", "out")
    models.load_model(path)
    assert not (tmp_path.parent.parent / "out.txt").exists()
    assert [each.name for each in tmp_path.iterdir()] == ["m.keras"]
