"""What the scripts do before a program runs: make, mend or reuse .venv, and say in a line what is missing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import environment
import pytest


@pytest.fixture
def venv(tmp_path, monkeypatch):
    """An empty place for .venv, and what would be run to fill it."""
    calls = []

    def run(command, **kwargs):
        calls.append(" ".join(command))
        if command[1:3] == ["-m", "venv"]:
            python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
            python.parent.mkdir(parents=True)
            python.touch()
        return subprocess.CompletedProcess(command, run.code, stdout=run.said, stderr=run.said)

    run.code, run.said, run.calls = 0, "", calls
    monkeypatch.setattr(environment, "VENV", str(tmp_path / "venv"))
    monkeypatch.setattr(environment.subprocess, "run", run)
    monkeypatch.setattr(environment, "works", lambda python: os.path.exists(python))
    return run


def test_the_second_time_nothing_is_installed(venv):
    first = environment.prepare(["dev"])
    made = [call for call in venv.calls if " -m venv " in call]
    installed = [call for call in venv.calls if " -m pip install " in call]
    assert (len(made), len(installed)) == (1, 1)
    assert installed[0].endswith(f"--editable {environment.ROOT}[dev]")
    venv.calls.clear()
    assert environment.prepare(["dev"]) == first
    assert venv.calls == []
    environment.prepare([])  # what is there is more than that
    assert venv.calls == []
    environment.prepare(["dev", "keras"])
    assert [call for call in venv.calls if " -m venv " in call] == []
    assert len(venv.calls) == 1


def test_a_half_made_environment_is_made_anew(venv, monkeypatch):
    environment.prepare([])
    left_over = Path(environment.VENV) / "half"
    left_over.touch()
    os.remove(Path(environment.VENV) / "installed-tinydnn")
    monkeypatch.setattr(environment, "works", lambda python: False)
    environment.prepare([])
    assert not left_over.exists()


def test_what_fails_is_said_in_one_line(venv, monkeypatch):
    venv.code = 1
    monkeypatch.setattr(environment, "works", lambda python: False)
    for said, message in [
        ("…\nThe virtual environment was not created, as ensurepip is not available\n", "install python3-venv"),
        ("Error: [Errno 30] Read-only file system: '.venv'\n", r"can it be written to\?: Error: \[Errno 30"),
    ]:
        venv.said = said
        with pytest.raises(SystemExit, match=message) as ended:
            environment.prepare([])
        assert "\n" not in str(ended.value)
    monkeypatch.setattr(environment, "works", lambda python: True)
    venv.said = "noise\nERROR: No matching distribution found for h5py\n"
    with pytest.raises(SystemExit, match=r"is there a network\? ERROR: No matching distribution"):
        environment.prepare([])
    monkeypatch.setattr(environment, "OLDEST", (99, 0))
    with pytest.raises(SystemExit, match=r"tinydnn needs Python 99.0 or newer; this is 3\."):
        environment.prepare([])


def run_here(code, cwd=None):
    """The exit code of a program that run_in_environment starts, as a process of its own."""
    script = (
        f"import sys; sys.path.insert(0, {str(Path(environment.__file__).parent)!r}); import environment; "
        f"environment.prepare = lambda extras: sys.executable; "
        f"sys.exit(environment.run_in_environment([], '-c', {code!r}))"
    )
    return subprocess.run([sys.executable, "-P", "-c", script], cwd=cwd, check=False).returncode


def test_the_programs_exit_code_is_passed_on(tmp_path):
    assert run_here("raise SystemExit(7)") == 7
    (tmp_path / "random.py").write_text("raise SystemExit('the wrong random')")
    assert run_here("import random; random.Random(1)", cwd=tmp_path) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows ends programs without signals")
@pytest.mark.parametrize("name", environment.PASSED_ON)
def test_a_signal_to_the_script_reaches_the_program(name):
    program = f"""
import signal, sys
signal.signal(signal.{name}, lambda *_: sys.exit(7))
print("ready", flush=True)
signal.pause()
"""
    script = f"""
import sys
sys.path.insert(0, {os.path.dirname(environment.__file__)!r})
import environment
sys.exit(environment.run_prepared(lambda: sys.executable, "-c", {program!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(getattr(signal, name))
    process.communicate(timeout=30)
    assert process.returncode == 7


@pytest.mark.skipif(os.name == "nt", reason="Windows ends programs without signals")
def test_a_program_that_a_signal_ended_counts_as_in_a_shell():
    assert run_here("import os, signal; os.kill(os.getpid(), signal.SIGKILL)") == 128 + 9
