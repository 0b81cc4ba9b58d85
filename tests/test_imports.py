"""What importing tinydnn loads, in a fresh interpreter."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
before = set(sys.modules)
import tinydnn
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
foreign = loaded - set(sys.stdlib_module_names) - {"tinydnn", "numpy"}
print(sorted(name for name in foreign if not name.startswith("_")))
"""

TRAINING = """
import sys
import numpy as np
import tinydnn as keras
model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
model.fit(np.ones((4, 3)), np.eye(2)[[0, 1, 0, 1]], verbose=0)
model.predict(np.ones((4, 3)), verbose=0)
print(sorted({"cupy", "tensorflow", "keras", "h5py", "matplotlib", "rich", "typer", "PIL"} & set(sys.modules)))
"""


@pytest.mark.parametrize("script", [SCRIPT, TRAINING])
def test_only_numpy_and_the_standard_library_are_loaded(script):
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
