"""Makes the project's environment, .venv, and runs programs in it. Needs only Python and pip."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = "installed-tinydnn"  # the names of files in .venv begin so, and go on with what extras were installed
OLDEST = (3, 11)
INTERRUPTED = 130
PASSED_ON = "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"


def run_in_environment(extras, *arguments):
    """Run Python with these arguments in .venv, with tinydnn and these extras installed; return its exit code."""
    return run_prepared(lambda: prepare(extras), *arguments)


def run_prepared(preparation, *arguments):
    """Run Python with these arguments; return its exit code. preparation() returns which Python."""
    try:
        python = preparation()
    except KeyboardInterrupt:
        print("\n%s: stopped by Ctrl-C; run it again to go on" % program(), file=sys.stderr)
        return INTERRUPTED
    # -P: the working directory may have a random.py of its own.
    process = subprocess.Popen([python, "-P", *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the program too, and it ends by itself
    for name in PASSED_ON:
        number = getattr(signal, name, None)  # Windows has the first alone
        if number and signal.getsignal(number) == signal.SIG_DFL:  # not where it is ignored, as under nohup
            signal.signal(number, lambda number, frame: process.send_signal(number))
    code = process.wait()
    return 128 - code if code < 0 else code  # after a signal, the exit code that a shell gives


def prepare(extras):
    """Make .venv if need be, and install what is missing; return the path of its Python."""
    check_version()
    python = python_in(VENV)
    wanted = fingerprint()
    if os.path.exists(python) and any(set(extras) <= found for found in installed(wanted)):
        return python

    if not works(python):
        make(VENV)
    install(python, extras)
    write(os.path.join(VENV, "-".join([STAMP, *sorted(extras)])), wanted)
    return python


def installed(wanted):
    """The extras of each installation into .venv that has this fingerprint; without any, an empty set."""
    stamps = (name for name in os.listdir(VENV) if name.startswith(STAMP))
    return [set(name.split("-")[2:]) for name in stamps if read(os.path.join(VENV, name)) == wanted]


def check_version():
    """End if this Python is too old."""
    if sys.version_info < OLDEST:
        stop("tinydnn needs Python %d.%d or newer; this is %s" % ((*OLDEST, sys.version.split()[0])))


def python_in(venv):
    """The path of a virtual environment's Python."""
    return os.path.join(venv, "Scripts", "python.exe") if os.name == "nt" else os.path.join(venv, "bin", "python")


def make(venv):
    """Make a virtual environment in place of any remains of an earlier one."""
    print("Making %s" % venv.replace(os.path.join(ROOT, ""), ""), file=sys.stderr)
    shutil.rmtree(venv, ignore_errors=True)  # it may be half made, or its Python may be gone
    made = subprocess.run(
        [sys.executable, "-m", "venv", venv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if made.returncode:
        hint = "install python3-venv" if "ensurepip" in made.stdout else "can it be written to?"
        stop("can't make %s; %s: %s" % (venv, hint, last_line(made.stdout)))


def install(python, extras, *more):
    """Install tinydnn in editable mode with these extras, and the packages in `more`."""
    print("Installing tinydnn%s, once" % (" and " + ", ".join(extras) if extras else ""), file=sys.stderr)
    target = ROOT + ("[%s]" % ",".join(extras) if extras else "")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *more, "--editable", target]
    installed = subprocess.run(pip, stderr=subprocess.PIPE, text=True)
    if installed.returncode:
        stop("pip can't install what tinydnn needs; is there a network? %s" % last_line(installed.stderr))


def works(python):
    """Whether a virtual environment is complete: its Python runs, and has pip."""
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
    """A hash of what an installation depends on: pyproject.toml, the project's folder, and `more`."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + ROOT.encode() + more).hexdigest()


def read(path):
    """The text of a file, or None if it can't be read."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def write(path, text):
    """Write text to a file."""
    with open(path, "w") as file:
        file.write(text)


def last_line(output):
    """The last line of a failed program's output, or the last that speaks of an error."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no message"])[-1]


def program():
    """The name of the running script."""
    return os.path.basename(sys.argv[0])


def stop(message):
    """End with an error message that says what to do."""
    sys.exit("%s: %s" % (program(), message))
