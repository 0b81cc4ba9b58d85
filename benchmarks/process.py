"""What a process costs: the time of `import tinydnn` next to `import numpy`, and the memory of the main job.

python benchmarks/process.py
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

IMPORT = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def import_seconds(module: str) -> float:
    """The time of an import in a fresh interpreter."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", IMPORT.format(module)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def peak_memory(epochs: int) -> float:
    """The peak memory of `tinydnn train` as a process, in MB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "tinydnn",
            "train",
            "--epochs",
            str(epochs),
            "--out",
            str(Path(folder) / "run"),
        ]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def main(
    runs: Annotated[int, typer.Option(min=1, help="How often each module is imported, in turn.")] = 21,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the main job.")] = 20,
) -> None:
    """Print the ratio of the imports and the peak memory of the main job."""
    for module in ("numpy", "tinydnn"):
        import_seconds(module)  # so that both are compiled and in the disk cache
    pairs = [(import_seconds("numpy"), import_seconds("tinydnn")) for _ in range(runs)]
    numpy, tinydnn = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(t / n for n, t in pairs)
    print(
        f"import numpy {numpy * 1e3:.0f} ms, import tinydnn {tinydnn * 1e3:.0f} ms, "
        f"ratio {ratio:.2f} (medians of {runs} in turn)"
    )
    print(f"tinydnn train, {epochs} epochs: peak memory {peak_memory(epochs):.0f} MB")


if __name__ == "__main__":
    typer.run(main)
