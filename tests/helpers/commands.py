"""The command `tinydnn` as a process of its own, and data that are small enough for it."""

import os
import subprocess
import sys

import numpy as np

import tinydnn as keras


def command(*arguments, cwd=None, warnings="error::RuntimeWarning"):
    program = [sys.executable, "-W", warnings, "-m", "tinydnn", *map(str, arguments)]
    return subprocess.run(program, capture_output=True, text=True, cwd=cwd, encoding="utf-8", env=environment())


def environment():
    return {**os.environ, "PYTHONIOENCODING": "utf-8", "COLUMNS": "100"}


def small_data(folder, count=500):
    """So many digits to learn, and 100 to test with, in Keras' layout."""
    path = folder / "small.npz"
    (x, y), (x_test, y_test) = keras.datasets.mnist.load_data()
    np.savez(path, x_train=x[:count], y_train=y[:count], x_test=x_test[:100], y_test=y_test[:100])
    return path
