"""Proves and times tinydnn on this machine's GPU, in eight minutes: `python3 scripts/gpu.py`.

It runs in the Python that it is started with, and installs nothing: what is missing, and how to install it, is said.
Arguments are passed on: --minutes 8, --out DIR, --only PART, --help.
"""

import importlib.util
import os
import re
import subprocess
import sys

from environment import ROOT, check_version, run_prepared, stop

NEEDS = (
    "cupy", "h5py", "hypothesis", "jinja2", "matplotlib", "numpy",
    "PIL", "pytest", "rich", "scipy", "threadpoolctl", "typer", "xdist",
)  # fmt: skip


def python():
    """The path of this Python, if it has all that is needed."""
    check_version()
    missing = [module for module in NEEDS if importlib.util.find_spec(module) is None]
    if missing:
        stop(
            "this Python has no %s. Make an environment that has, and use its Python:\n"
            "  python3 -m venv .venv\n"
            "  .venv/bin/pip install -e '.[%s]' hypothesis pytest pytest-xdist\n"
            "  .venv/bin/python scripts/gpu.py" % (", ".join(missing), extra(nvidia_smi()))
        )
    return sys.executable


def extra(said):
    """The extra with CuPy for the CUDA version that nvidia-smi shows."""
    found = re.search(r"CUDA Version: (\d+)", said)
    return "cuda13" if found and int(found[1]) >= 13 else "cuda12"


def nvidia_smi():
    """What nvidia-smi prints; nothing where there is none."""
    try:
        return subprocess.run(["nvidia-smi"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    except OSError:
        return ""


if __name__ == "__main__":
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
    sys.exit(run_prepared(python, os.path.join(ROOT, "benchmarks", "card", "run.py"), *sys.argv[1:]))
