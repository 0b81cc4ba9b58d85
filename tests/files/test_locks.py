"""Two at once: a second one is refused as long as the first lives, and nobody removes what a living one writes."""

import errno
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from socket import gethostname

import numpy as np
import pytest

import tinydnn as keras
from tinydnn import layers
from tinydnn.callbacks import BackupAndRestore, LambdaCallback
from tinydnn.files.locks import alone

unix_only = pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor SIGKILL, and removes no open file")

PROGRAM = """
import os, sys, time
from tinydnn.files.locks import alone
from tinydnn.files.whole import write_whole
path = sys.argv[1]
"""


@contextmanager
def running(program, path):
    """A process that runs this program, once it has printed a line: `said`; at the end it and its forks are killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM + program, str(path)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        process.said = process.stdout.readline().strip()
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL) if os.name != "nt" else process.kill()


def parts(folder):
    """Whose files are half written."""
    return sorted(path.name.split(".")[1] for path in folder.glob(".*.part"))


HOLD = "with alone(path): print(flush=True); time.sleep(60)"
HOLD_AND_FORK = """
with alone(path):
    if not os.fork():
        print(flush=True)
    time.sleep(60)
"""
DIE_WRITING = "print(flush=True); os.replace = lambda *_: os._exit(9); write_whole(path[:-8] + {!r}, b'half')"
WAIT_WRITING = "os.replace = lambda *_: (print(flush=True), time.sleep(60)); write_whole(path[:-8] + 'living', b'half')"


def test_a_second_process_or_thread_is_refused_until_the_first_has_ended(tmp_path):
    path, refused = tmp_path / "run.json", f"{str(tmp_path)!r} is in use by process {os.getpid()} on {gethostname()}"
    ask = "try:\n    with alone(path): print('free')\nexcept BlockingIOError as error: print(error)"
    found = []

    def in_thread():
        with pytest.raises(BlockingIOError) as error, alone(path):
            pass
        found.append(str(error.value))

    with alone(path):
        with running(ask, path) as second:
            assert second.said == f"{refused}; wait until it has ended, or name another folder"
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
        assert refused in found[0]
        with alone(tmp_path / "another.json"):
            pass
        assert [each.name for each in tmp_path.iterdir()] == [".run.json.lock"]
    with running(ask, path) as second:
        assert second.said == "free"
        assert second.wait(timeout=60) == 0
    assert not list(tmp_path.iterdir())


@unix_only
@pytest.mark.parametrize("program", [HOLD, HOLD_AND_FORK], ids=["alone", "whose fork lives on"])
def test_what_a_killed_process_had_is_free_at_once(tmp_path, program):
    path = tmp_path / "run.json"
    with running(program, path) as process:
        with pytest.raises(BlockingIOError, match=f"process {process.pid} "), alone(path):
            pass
        process.kill()
        process.wait()
        with alone(path):
            pass


@unix_only
def test_a_forked_process_that_ends_leaves_its_parent_the_lock(tmp_path):
    path = tmp_path / "run.json"
    with running("""
with alone(path):
    if not os.fork():
        sys.exit()
    os.wait()
    print(flush=True)
    time.sleep(60)
""", path), pytest.raises(BlockingIOError), alone(path):  # fmt: skip
        pass


@unix_only
def test_only_what_a_dead_holder_left_half_written_is_removed(tmp_path):
    """Not what the living write, nor what a process left that held nothing here."""
    path = tmp_path / "run.json"
    for program in (f"with alone(path): {DIE_WRITING.format('mine')}", DIE_WRITING.format("theirs")):
        with running(program, path) as process:
            assert process.wait() == 9
    with running(WAIT_WRITING, path):
        assert parts(tmp_path) == ["living", "mine", "theirs"]
        with alone(path):
            pass
        assert parts(tmp_path) == ["living", "theirs"]


@unix_only
def test_the_next_ones_lock_stays_where_the_folder_was_emptied_meanwhile(tmp_path):
    path = tmp_path / "run.json"
    with ExitStack() as stack:
        with alone(path):
            (tmp_path / ".run.json.lock").unlink()
            stack.enter_context(running(HOLD, path))
        assert (tmp_path / ".run.json.lock").exists()


def test_those_who_ask_again_and_again_have_it_one_at_a_time(tmp_path):
    """A number that only the holder reads and writes; the lock file comes and goes all the time."""
    path = tmp_path / "number"
    path.write_text("0")
    program = """
print(flush=True)
for _ in range(200):
    while True:
        try:
            with alone(path):
                number = int(open(path).read())
                open(path, "w").write(str(number + 1))
                break
        except BlockingIOError:
            pass
"""
    with running(program, path) as one, running(program, path) as two, running(program, path) as three:
        assert [process.wait(timeout=120) for process in (one, two, three)] == [0] * 3
    assert path.read_text() == "600"


@unix_only
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_without_locks_of_the_file_system_a_warning_says_so(tmp_path, monkeypatch, number):
    import fcntl

    def no_locks(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.warns(UserWarning, match=f"can't be locked.*{os.strerror(number)}"), alone(tmp_path / "run.json"):
        assert not list(tmp_path.iterdir())
    monkeypatch.setattr(fcntl, "flock", lambda *_: os.stat(tmp_path / "none"))
    with pytest.raises(FileNotFoundError), alone(tmp_path / "run.json"):
        pass
    assert not list(tmp_path.iterdir())


def test_readers_find_a_whole_file_while_two_processes_write_it(tmp_path):
    path = tmp_path / "m.keras"
    program = """
import tinydnn as keras
keras.utils.set_random_seed(os.getpid())
model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(30)])
model.save(path)
print(flush=True)
while True:
    model.save(path)
"""
    with running(program, path), running(program, path):
        for _ in range(100):
            keras.models.load_model(path)


# -- BackupAndRestore --------------------------------------------------------------------------------------


def fit(folder, epochs=2, callbacks=(), **options):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", "mse")
    backup = BackupAndRestore(folder, **options)
    model.fit(np.ones((8, 4)), np.ones((8, 2)), 4, epochs, 0, callbacks=[backup, *callbacks])
    return model


def test_a_backup_is_of_one_training_at_a_time(tmp_path):
    """The second is refused before anything of it has changed, and the first does not notice."""
    expected = fit(tmp_path / "alone").parameters
    refused = []

    def second(epoch, logs):
        (tmp_path / "b" / "mine").touch()
        with pytest.raises(BlockingIOError, match=f"is in use by process {os.getpid()} on") as error:
            fit(tmp_path / "b")
        refused.append(error)

    np.testing.assert_array_equal(
        fit(tmp_path / "b", callbacks=[LambdaCallback(on_epoch_end=second)]).parameters, expected
    )
    assert len(refused) == 2
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["mine"]


def test_a_training_that_failed_leaves_its_folder_to_the_next_one(tmp_path):
    """Also in a notebook, which keeps the exception, and with it the training."""
    expected = fit(tmp_path / "whole", 3).parameters
    cut_off = LambdaCallback(on_epoch_begin=lambda epoch, logs: 1 / 0 if epoch == 1 else None)
    with pytest.raises(ZeroDivisionError) as kept:
        fit(tmp_path / "b", 3, [cut_off])
    assert [path.name for path in (tmp_path / "b").iterdir()] == ["checkpoint.npz"]
    np.testing.assert_array_equal(fit(tmp_path / "b", 3).parameters, expected)
    assert kept.traceback
    at_once = LambdaCallback(on_train_begin=lambda logs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        fit(tmp_path / "c", callbacks=[at_once])
    assert not list(tmp_path.iterdir())
