"""Makes the project's environment, .venv, and runs a program in it; needs only Python and pip."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)
INTERRUPTED = 130


def run_in_environment(extras, *arguments):
    """Run Python with these arguments in .venv, where tinydnn and these extras are; return its exit code."""
    return run_prepared(lambda: prepare(extras), *arguments)


def run_prepared(preparation, *arguments):
    """Run the Python that preparation() returns with these arguments; return its exit code."""
    try:
        python = preparation()
    except KeyboardInterrupt:
        print("\n%s: stopped by Ctrl-C; run it again to go on" % program(), file=sys.stderr)
        return INTERRUPTED
    # -P: the folder that one stands in may have a random.py of its own.
    process = subprocess.Popen([python, "-P", *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends by itself
    signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
    code = process.wait()
    return 128 - code if code < 0 else code  # as a shell tells that a signal ended it


def prepare(extras):
    """Make .venv and install what is missing; return the path of its Python."""
    check_version()
    python = python_in(VENV)
    stamp = os.path.join(VENV, "installed-" + "-".join(["tinydnn", *sorted(extras)]))
    wanted = fingerprint()
    if os.path.exists(python) and read(stamp) == wanted:
        return python

    if not works(python):
        make(VENV)
    install(python, extras)
    write(stamp, wanted)
    return python


def check_version():
    """End if this Python is too old."""
    if sys.version_info < OLDEST:
        stop("tinydnn needs Python %d.%d or newer; this is %s" % ((*OLDEST, sys.version.split()[0])))


def python_in(venv):
    """The path of a virtual environment's Python."""
    return os.path.join(venv, "Scripts", "python.exe") if os.name == "nt" else os.path.join(venv, "bin", "python")


def make(venv):
    """Make a virtual environment, in place of what is left of one."""
    print("Making %s" % venv.replace(os.path.join(ROOT, ""), ""), file=sys.stderr)
    shutil.rmtree(venv, ignore_errors=True)  # it may be half made, or its Python gone
    made = subprocess.run(
        [sys.executable, "-m", "venv", venv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if made.returncode:
        hint = "install python3-venv" if "ensurepip" in made.stdout else "can it be written to?"
        stop("can't make %s; %s: %s" % (venv, hint, last_line(made.stdout)))


def install(python, extras, *more):
    """Install tinydnn, editable, with these extras, and more packages beside it."""
    print("Installing tinydnn%s, once" % (" and " + ", ".join(extras) if extras else ""), file=sys.stderr)
    target = ROOT + ("[%s]" % ",".join(extras) if extras else "")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *more, "--editable", target]
    installed = subprocess.run(pip, stderr=subprocess.PIPE, text=True)
    if installed.returncode:
        stop("pip can't install what tinydnn needs; is there a network? %s" % last_line(installed.stderr))


def works(python):
    """Whether .venv is whole: its Python is there, and has pip."""
    try:
        return (
            subprocess.run(
                [python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ).returncode
            == 0
        )
    except OSError:
        return False


def fingerprint(more=b""):
    """What an installation depends on: the project's needs, where the project lies, and more."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + ROOT.encode() + more).hexdigest()


def read(path):
    """The file's text, or None where there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def write(path, text):
    """Write a file."""
    with open(path, "w") as file:
        file.write(text)


def last_line(output):
    """What a program that failed said last, its errors first."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no message"])[-1]


def program():
    """The name of the script that was started."""
    return os.path.basename(sys.argv[0])


def stop(message):
    """End with one line that says what to do."""
    sys.exit("%s: %s" % (program(), message))
