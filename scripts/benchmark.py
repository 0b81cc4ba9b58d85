"""Measures tinydnn beside its peers, on every device there is: `python3 scripts/benchmark.py`.

The first time, it makes .venv, with Keras. `--peers` also installs PyTorch, JAX and scikit-learn; on Linux, PyTorch may
bring CUDA, several GB. Other arguments are passed on: --quick, --only epochs, --out DIR, --help.
"""

import os
import sys

from environment import ROOT, run_in_environment

if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else TensorFlow's start-up lines bury the rest
    extras = ["dev", "keras"] + ["peers"] * ("--peers" in sys.argv)
    arguments = [each for each in sys.argv[1:] if each != "--peers"]
    sys.exit(run_in_environment(extras, os.path.join(ROOT, "benchmarks", "run.py"), *arguments))
