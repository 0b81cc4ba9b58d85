"""Makes the project's environment, .venv, and runs a program in it; needs only Python and pip."""

import hashlib
import os
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
OLDEST = (3, 11)


def run_in_environment(extras, program, *arguments):
    """Run `python program arguments…` in .venv, with tinydnn and these extras installed; return its exit code."""
    python = prepare(extras)
    process = subprocess.Popen([python, *program, *arguments])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends by itself
    return process.wait()


def prepare(extras):
    """Make .venv and install what is missing; return the path of its Python."""
    if sys.version_info < OLDEST:
        stop("tinydnn needs Python %d.%d or newer; this is %s" % (*OLDEST, sys.version.split()[0]))
    python = os.path.join(VENV, "Scripts", "python.exe") if os.name == "nt" else os.path.join(VENV, "bin", "python")
    stamp = os.path.join(VENV, "installed-" + "-".join(["tinydnn", *sorted(extras)]))
    wanted = fingerprint()
    if os.path.exists(python) and read(stamp) == wanted:
        return python

    if not os.path.exists(python):
        print("Making .venv", file=sys.stderr)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode:
            stop("can't make .venv; on Debian or Ubuntu install python3-venv first: %s" % last_line(made))
    print(
        "Installing tinydnn %s(once, until pyproject.toml changes)" % "".join("[%s] " % e for e in extras),
        file=sys.stderr,
    )
    target = ROOT + ("[%s]" % ",".join(extras) if extras else "")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target]
    installed = subprocess.run(pip, stderr=subprocess.PIPE, text=True)
    if installed.returncode:
        stop(
            "pip can't install what tinydnn needs; it takes a network and Python 3.11 to 3.13: %s"
            % last_line(installed)
        )
    with open(stamp, "w") as file:
        file.write(wanted)
    return python


def fingerprint():
    """What an installation depends on: the project's needs, the Python, and where the project lies."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        content = file.read()
    return hashlib.sha256(content + sys.version.encode() + ROOT.encode()).hexdigest()


def read(path):
    """The file's text, or None where there is none."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return None


def last_line(process):
    """What a program that failed said last, its errors first."""
    lines = [line for line in (process.stderr or process.stdout or "").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "Error" in line]
    return (errors or lines or ["no message"])[-1].strip()


def stop(message):
    """End with one line that says what to do."""
    sys.exit(os.path.basename(sys.argv[0]) + ": " + message)
