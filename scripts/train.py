"""Trains the walkthrough's net on MNIST: `python3 scripts/train.py`.

The first time, it makes .venv. Arguments are passed on to `tinydnn train`: --epochs 3, --input scaled, --out DIR,
--help; --report draws the run's figures and writes its page.
"""

import sys

from environment import run_in_environment

if __name__ == "__main__":
    sys.exit(run_in_environment([], "-m", "tinydnn", "train", *sys.argv[1:]))
