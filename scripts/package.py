"""Builds the sdist, and the wheel from it, and uses the wheel in an empty environment: `python3 scripts/package.py`.

They are left in dist/. Makes .venv the first time.
"""

import os
import shutil
import subprocess
import tempfile

from environment import ROOT, make, prepare, python_in, stop

DIST = os.path.join(ROOT, "dist")


def run(*command, **options):
    """Run a program; end with its last words if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        stop("%s failed:\n%s" % (" ".join(command[:4]), done.stdout))
    return done.stdout


if __name__ == "__main__":
    shutil.rmtree(DIST, ignore_errors=True)
    run(prepare(["dev"]), "-m", "build", "--outdir", DIST, ROOT)
    (wheel,) = (name for name in os.listdir(DIST) if name.endswith(".whl"))
    with tempfile.TemporaryDirectory() as folder:
        venv = os.path.join(folder, "venv")
        make(venv)
        python = python_in(venv)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", os.path.join(DIST, wheel))
        print(run(python, "-m", "tinydnn", "info", cwd=folder))
        print(run(python, "-m", "tinydnn", "train", "--epochs", "1", "--out", "run", "--report", cwd=folder))
        if not os.path.getsize(os.path.join(folder, "run", "report.html")):
            stop("the page is empty")
    print("Built and used: %s" % ", ".join(sorted(os.listdir(DIST))))
