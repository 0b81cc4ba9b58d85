"""Makes docs/walkthrough.ipynb from keras_ref/walkthrough.py, and executes it: `python3 scripts/notebook.py`.

Then docs/rundgang.ipynb, the same in German. The first time, it makes .venv. It takes long, as it trains all variants
of the net twice.
"""

import os
import subprocess

from environment import ROOT, prepare

PROGRAM = os.path.join("keras_ref", "walkthrough.py")
ENGLISH, GERMAN = os.path.join("docs", "walkthrough.ipynb"), os.path.join("docs", "rundgang.ipynb")
TRANSLATE = "import sys; from keras_ref import german; sys.stdout.write(german.program(sys.stdin.read()))"


def make(notebook, program, python):
    """A notebook of the program's cells, executed from top to bottom."""
    convert = [python, "-m", "jupytext", "--quiet", "--from", "py:percent", "--to", "ipynb", "--output", notebook, "-"]
    subprocess.run(convert, input=program, encoding="utf-8", check=True)
    execute = os.path.join(os.path.dirname(python), "jupyter-execute")
    subprocess.run([execute, "--inplace", notebook], check=True)


if __name__ == "__main__":
    os.chdir(ROOT)
    os.environ["PYTHONUTF8"] = "1"
    python = prepare(["dev", "keras"])
    with open(PROGRAM, encoding="utf-8") as file:
        english = file.read()
    make(ENGLISH, english, python)
    german = subprocess.check_output([python, "-c", TRANSLATE], input=english, encoding="utf-8")
    make(GERMAN, german, python)
