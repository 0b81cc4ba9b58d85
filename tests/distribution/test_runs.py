"""`mpirun -n 2 tinydnn train`: one run, the same as that of one process with two threads, and as hard to lose."""

import json
import os
import re
import signal
import time

import pytest
from commands import command, small_data
from ranks import mpirun, needs_mpi, runs, start, started_by

pytestmark = needs_mpi

NET = "--hidden", "16", "--batch-size", "50", "--input", "scaled", "--seed", "1"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_data(tmp_path_factory.mktemp("data"))


def found(folder):
    return json.loads((folder / "run.json").read_text())


@pytest.fixture(scope="module")
def of_threads(data, tmp_path_factory):
    """What a run of one process with two threads finds."""
    folder = tmp_path_factory.mktemp("threads") / "run"
    done = command("train", "--epochs", 40, *NET, "--threads", 2, "--data", data, "--out", folder)
    assert done.returncode == 0, done.stderr
    return {**found(folder)["results"], "seconds": None}, (folder / "history.json").read_text()


def result(folder):
    return {**found(folder)["results"], "seconds": None}, (folder / "history.json").read_text()


def test_two_ranks_train_one_run_with_the_bits_of_two_threads(data, of_threads, tmp_path):
    done = mpirun(2, "-m", "tinydnn", "train", "--epochs", 40, *NET, "--data", data, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Seed 1, 2 ranks, each on cpu, 1 thread")
    assert done.stdout.count("Epoch 40/40") == done.stdout.count("saved to") == 1
    assert result(tmp_path / "run") == of_threads
    assert found(tmp_path / "run")["settings"]["ranks"] == 2
    assert sorted(os.listdir(tmp_path / "run")) == ["history.csv", "history.json", "model.keras", "run.json"]
    evaluated = mpirun(2, "-m", "tinydnn", "evaluate", tmp_path / "run", "--data", data)
    assert evaluated.stdout == command("evaluate", tmp_path / "run", "--data", data).stdout


def begun(data, folder):
    """A run under way, which has written its first checkpoint, and the ids of its two processes."""
    arguments = "--epochs", 40, *NET, "--data", data, "--out", folder, "--checkpoint-every", 3
    run = start(2, "-m", "tinydnn", "train", *arguments)
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint.npz").exists():
        assert time.monotonic() < deadline
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    return run, started_by(run.pid)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_of_which_a_rank_is_ended_goes_on_to_the_same_bits(data, of_threads, tmp_path, number):
    folder = tmp_path / "run"
    run, processes = begun(data, folder)
    assert len(processes) == 2
    os.kill(processes[-1], number)
    _, errors = run.communicate(timeout=60)
    assert run.returncode != 0
    if number == signal.SIGTERM:
        assert len(re.findall(r"^tinydnn: stopped by SIGTERM; \d+ whole epochs are done", errors, re.MULTILINE)) == 1
    assert not any(map(runs, processes))  # nobody waits for ever
    done = mpirun(2, "-m", "tinydnn", "train", "--resume", folder)
    assert done.returncode == 0, done.stderr
    assert result(folder) == of_threads


def test_one_process_that_mpirun_has_started_is_no_other_than_one():
    assert mpirun(1, "-m", "tinydnn", "info").returncode == 0


def test_other_ranks_go_on_too_and_say_so(data, tmp_path):
    run, processes = begun(data, tmp_path / "run")
    os.kill(processes[0], signal.SIGKILL)
    run.communicate(timeout=60)
    done = command("train", "--resume", tmp_path / "run", warnings="default")
    assert done.returncode == 0, done.stderr
    assert "goes on with ranks=1 in place of 2" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--watch"], "--watch looks at all rows of a batch"),
        (["microscope"], "`tinydnn microscope` is no work for several processes; start it without mpirun"),
        (["train", "--hidden", "3,x"], "--hidden expects numbers of units"),
        (["train", "--optimizer", "sgd(1e38)", "--input", "scaled"], "The loss became"),
    ],
)
def test_an_error_of_all_ranks_is_said_once(arguments, message, data, tmp_path):
    data = ["--data", data] if "--optimizer" in arguments else []
    done = mpirun(2, "-m", "tinydnn", *arguments, *data, cwd=tmp_path)
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.startswith("tinydnn: ")]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert "Traceback" not in done.stderr
