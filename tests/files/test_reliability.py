"""Killed at random moments, on full disks, from damaged files: nothing is lost, nothing wrong is taken for right."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import reliability
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinydnn as keras
from tinydnn.datasets import mnist
from tinydnn.files import checkpoints

linux_only = pytest.mark.skipif(os.name == "nt", reason="Windows has neither SIGKILL nor limits on a file's size")


@linux_only
@pytest.mark.parametrize(("number", "times"), [(signal.SIGTERM, 5), (signal.SIGKILL, 100), (signal.SIGINT, 5)])
def test_every_file_loads_and_every_resumed_run_ends_the_same_after_kills_at_random_moments(tmp_path, number, times):
    count = reliability.kills(tmp_path, times, number)
    assert count["tried"] == times
    assert count["with_checkpoint"] >= times // 10
    assert count["runs"] >= 1
    assert count["lost"] == 0


def test_of_two_trainings_into_one_folder_one_is_refused_and_the_other_is_whole(tmp_path):
    assert reliability.together(tmp_path, 4) == {"tried": 4, "fine": 4, "lost": 0}


@linux_only
def test_a_disk_that_is_full_at_any_byte_leaves_the_file_before(tmp_path):
    count = reliability.full_disks(tmp_path, 5)
    assert count["tried"] == 20
    assert count["lost"] == 0


@pytest.mark.parametrize("place", ["mkstemp", "fsync", "chmod", "replace"])
def test_a_process_that_dies_at_any_stage_of_writing_leaves_the_file_before(tmp_path, place):
    """Where random moments may not fall: just before each call to the operating system."""
    path = tmp_path / "m.keras"
    reliability.small_net().save(path)
    before = path.read_bytes()
    program = f"""
import os, sys, tempfile
sys.path.insert(0, {str(Path(reliability.__file__).parent)!r})
import reliability
model = reliability.small_net()
module = tempfile if {place!r} == "mkstemp" else os
setattr(module, {place!r}, lambda *args, **kwargs: os._exit(9))
model.save({str(path)!r})
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert path.read_bytes() == before
    keras.models.load_model(path)


@pytest.mark.parametrize("name", reliability.FORMATS)
def test_damaged_files_are_refused_or_the_damage_changes_nothing(tmp_path, name):
    count = reliability.damages(tmp_path, name, 400)
    assert count["crashes"] == 0
    assert count["refused"] > 200
    _, _, has_checksums = reliability.FORMATS[name]
    if has_checksums:
        assert count["wrongly_accepted"] == 0


slow = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@slow
@given(content=st.binary(max_size=400), magic=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_any_bytes_are_no_npz_and_no_checkpoint(tmp_path, content, magic):
    path = tmp_path / "any.npz"
    path.write_bytes(magic + content)
    for read in (mnist.load_data, checkpoints.read):
        with pytest.raises(keras.FileFormatError, match=r"any\.npz"):
            read(path)


@slow
@given(header=st.binary(max_size=24), content=st.binary(max_size=200), magic=st.booleans(), zipped=st.booleans())
def test_any_bytes_are_no_idx_file(tmp_path, header, content, magic, zipped):
    for path in tmp_path.iterdir():
        path.unlink()
    reliability.write_idx(None, tmp_path / "any")
    path = tmp_path / "train-images-idx3-ubyte"
    path.unlink()
    content = (bytes((0, 0, 8, 3)) if magic else b"") + header + content
    Path(f"{path}.gz" if zipped else path).write_bytes(content)
    try:
        (x, y), _ = mnist.load_data(tmp_path)
        assert x.shape == (len(y), 4, 3)
    except keras.FileFormatError:
        pass


@pytest.mark.parametrize(
    ("shape", "descr", "message"),
    [
        ((10**12,), "|u1", "expected 1000000000000 bytes"),
        ((2, 3, -1), "|u1", "expected a shape"),
        ((2,), "|O", "nothing is unpickled"),
        ((2,), "<U1000000000", "expected an array's header"),
        ("__import__('os').abort()", "|u1", "expected an array's header"),
        ((2,), [("a", "|u1")], "nothing is unpickled"),
    ],
)
def test_an_npz_that_claims_what_it_has_not_is_refused_before_room_is_made(tmp_path, shape, descr, message):
    import zipfile

    path = tmp_path / "claims.npz"
    text = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("x_train", "y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\1\2")
    with pytest.raises(keras.FileFormatError, match=message):
        mnist.load_data(path)


def test_digits_that_unpack_to_gigabytes_are_refused_before_they_are_unpacked(tmp_path):
    import gzip
    import zipfile

    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x_train.npy", "w") as entry:
        for _ in range(300):
            entry.write(bytes(reliability.MEGABYTE))
    assert path.stat().st_size < reliability.MEGABYTE
    with pytest.raises(keras.FileFormatError, match="bytes at most in this archive"):
        mnist.load_data(path)

    reliability.write_idx(None, tmp_path / "any.gz")
    shape = np.array([2**9, 2**10, 2**10], ">u4").tobytes()
    with gzip.open(tmp_path / "train-images-idx3-ubyte.gz", "wb", 1) as file:
        file.write(bytes((0, 0, 8, 3)) + shape)
    with pytest.raises(keras.FileFormatError, match=r"numbers at most\. Found: 536,870,912"):
        mnist.load_data(tmp_path)
