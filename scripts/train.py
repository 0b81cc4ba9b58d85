"""Trains the walkthrough's net on MNIST: `python3 scripts/train.py`.

Makes .venv the first time. Arguments pass on to `tinydnn train`: --epochs 3, --input scaled, --out DIR, --help;
--report makes the run's figures and its page.
"""

import sys

from environment import run_in_environment

if __name__ == "__main__":
    sys.exit(run_in_environment([], "-m", "tinydnn", "train", *sys.argv[1:]))
