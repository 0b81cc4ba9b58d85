"""tinydnn beside each version of Keras, on TensorFlow: a table of docs/parity.md.

python docs/tables/versions.py
python docs/tables/versions.py --keras 3.9.2

Makes an environment for each version in turn, below the folder for temporary files: 1.6 GB, which are removed after
its row, or kept in a folder that is named. The columns are those of backends.py. The exit code is 1 if tinydnn is not
the same as a Keras from 3.3 on.
"""

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parent))

from backends import ROOT, head, row

# Keras, and the TensorFlow beside it; tinydnn needs NumPy 2, which TensorFlow takes from 2.18 on.
VERSIONS = {
    "3.0.5": "2.18.1",
    "3.3.3": "2.18.1",
    "3.6.0": "2.18.1",
    "3.9.2": "2.19.1",
    "3.12.0": "2.20.0",
    "3.13.2": "2.20.0",
    "3.14.0": "2.21.0",
    "3.15.1": "2.21.0",
}
DIFFERENT = "3.0.", "3.1."  # in what the comparison names before its first step
OF_KERAS = "absl-py", "dm-tree", "ml-dtypes", "namex", "optree", "packaging"  # of one version or another


def environment(folder: Path, keras: str) -> str:
    """The Python of an environment with this Keras; one that is there already is taken."""
    python = folder / "bin" / "python"
    if not python.exists():
        needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "-q"]
        subprocess.run([*install, f"tensorflow-cpu=={VERSIONS[keras]}", *needed, *OF_KERAS], check=True)
        subprocess.run([*install, "--no-deps", f"keras=={keras}"], check=True)  # an older one than TensorFlow asks for
    return str(python)


def main(
    keras: Annotated[list[str] | None, typer.Option(help="A version; by default all of the table.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the environments here, and take those that are.")] = None,
) -> None:
    """Print the table."""
    print(head(), flush=True)
    other = []
    for version in keras or VERSIONS:
        with tempfile.TemporaryDirectory() as temporary:
            found = row(environment((folder or Path(temporary)) / version, version), "tensorflow")
        print(found, flush=True)
        if "| the same bits | the same |" not in found or not found.endswith("| yes | yes | yes |"):
            other.append(version)
    raise typer.Exit(any(not version.startswith(DIFFERENT) for version in other))


if __name__ == "__main__":
    typer.run(main)
