"""Builds the sdist and, from it, the wheel, and tries the wheel in an empty environment: `python3 scripts/package.py`.

Both stay in dist/. The first time, it makes .venv. Arguments name other Pythons to try the wheel in: python3.12.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from environment import ROOT, prepare, python_in, stop

DIST = os.path.join(ROOT, "dist")


def run(*command, **options):
    """Run a program and return its output. If it fails, print the output and end."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        stop("%s failed:\n%s" % (" ".join(command[:4]), done.stdout))
    return done.stdout


def try_wheel(wheel, interpreter):
    """Install the wheel into an empty environment of this Python, train, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        venv = os.path.join(folder, "venv")
        run(interpreter, "-m", "venv", venv)
        python = python_in(venv)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
        print(run(python, "-m", "tinydnn", "info", cwd=folder))
        print(run(python, "-m", "tinydnn", "train", "--epochs", "1", "--out", "run", "--report", cwd=folder))
        run(python, "-m", "tinydnn", "course", cwd=folder)  # its solutions are in a copy of docs/one_file.py
        print(run(python, "-m", "tinydnn", "check", "--solution", "course/ex07_dense_backward.py", cwd=folder))
        if not os.path.getsize(os.path.join(folder, "run", "report.html")):
            stop("the page is empty")


if __name__ == "__main__":
    shutil.rmtree(DIST, ignore_errors=True)
    run(prepare(["dev"]), "-m", "build", "--outdir", DIST, ROOT)
    (wheel,) = (name for name in os.listdir(DIST) if name.endswith(".whl"))
    for interpreter in [sys.executable, *sys.argv[1:]]:
        try_wheel(os.path.join(DIST, wheel), interpreter)
    print("Built and tried: %s" % ", ".join(sorted(os.listdir(DIST))))
