"""Runs the tests: `python3 scripts/test.py`. With `--emulated-gpu`, those that need a GPU, on an emulated one.

The first time, it makes .venv with everything that the tests need, or .emulated-gpu, which
tests/emulated_gpu/README.md describes. Without other arguments, one process per core runs a share of the tests, at most
four, and of those of many cases alike only some; `-m thorough -n auto` runs the others. Other arguments are passed on
to pytest, -k NAME, -x, and run in one process, unless they say otherwise: -n 2.
"""

import os
import shutil
import subprocess
import sys

import environment
from environment import ROOT, run_in_environment, run_prepared

OPTION = "--emulated-gpu"
# loadgroup: tests of one xdist_group share something costly, so they run in the same process. Four processes at most,
# because each loads TensorFlow, about 1 GB.
IN_PARALLEL = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadgroup"]
SOME = "not thorough"  # of tests of many cases alike: tests/helpers/thorough.py
EMULATED_GPU = os.path.join(ROOT, ".emulated-gpu")


def prepare_emulated_gpu():
    """Build the emulated GPU if anything that it depends on has changed; return the path of its Python."""
    environment.check_version()
    sys.path.insert(0, os.path.join(ROOT, "tests", "emulated_gpu"))  # there is a package of the name build too
    import build

    lacking = build.lacking()
    if lacking:
        environment.stop("the emulated GPU needs %s" % lacking)
    venv = os.path.join(EMULATED_GPU, "venv")
    python = environment.python_in(venv)
    stamp = os.path.join(EMULATED_GPU, "built")
    wanted = environment.fingerprint(sys.version.encode() + build.sources())
    if not os.path.exists(python) or environment.read(stamp) != wanted:
        shutil.rmtree(EMULATED_GPU, ignore_errors=True)  # with the kernels that the earlier one compiled
        environment.make(venv)
        environment.install(python, ["dev"], *build.REQUIREMENTS)
        print("Building the emulated GPU, once", file=sys.stderr)
        try:
            build.build(EMULATED_GPU)
        except subprocess.CalledProcessError as error:
            reason = environment.last_line(error.output)
            environment.stop("can't build the emulated GPU; %s failed: %s" % (os.path.basename(error.cmd[0]), reason))
        environment.write(stamp, wanted)
    os.environ.update(build.variables(EMULATED_GPU))
    return python


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else TensorFlow's start-up lines bury the tests'
    arguments = [each for each in sys.argv[1:] if each != OPTION]
    if not arguments:
        arguments = ["-m", f"gpu and {SOME}" if OPTION in sys.argv else SOME, *IN_PARALLEL]
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would spin on the core of another process
    if OPTION in sys.argv:
        sys.exit(run_prepared(prepare_emulated_gpu, "-m", "pytest", "-m", "gpu", *arguments))
    sys.exit(run_in_environment(["dev", "keras"], "-m", "pytest", *arguments))
