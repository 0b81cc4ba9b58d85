"""Runs all tests: `python3 scripts/test.py`.

Makes .venv the first time, with everything that the tests need. Arguments pass on to pytest: -k NAME, -x.
"""

import os
import sys

from environment import ROOT, run_in_environment

if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else TensorFlow's start-up lines bury the tests'
    sys.exit(run_in_environment(["dev", "keras"], "-m", "pytest", *sys.argv[1:]))
