"""Makes docs/walkthrough.ipynb from keras_ref/walkthrough.py, and executes it: `python3 scripts/notebook.py`.

The first time, it makes .venv. It takes some minutes, as it trains all variants of the net.
"""

import os
import subprocess
import sys

from environment import ROOT, prepare

PROGRAM, NOTEBOOK = os.path.join("keras_ref", "walkthrough.py"), os.path.join("docs", "walkthrough.ipynb")

if __name__ == "__main__":
    os.chdir(ROOT)
    python = prepare(["dev", "keras"])
    subprocess.run([python, "-m", "jupytext", "--quiet", "--to", "ipynb", "--output", NOTEBOOK, PROGRAM], check=True)
    execute = os.path.join(os.path.dirname(python), "jupyter-execute")
    sys.exit(subprocess.run([execute, "--inplace", NOTEBOOK]).returncode)
