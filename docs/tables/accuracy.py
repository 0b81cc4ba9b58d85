"""What the walkthrough's training reaches: test accuracy and loss over several seeds.

python docs/tables/accuracy.py
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

VARIANTS = {
    "raw, sigmoid (the walkthrough)": [],
    "scaled, sigmoid": ["--input", "scaled"],
    "raw, relu": ["--activation", "relu"],
    "scaled, relu": ["--input", "scaled", "--activation", "relu"],
}


def run(arguments: list[str], seed: int) -> dict[str, float]:
    """The results of one `tinydnn train`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tinydnn", "train", "--json", "--seed", str(seed), *arguments]
        done = subprocess.run([*command, "--out", str(Path(folder) / "run")], stdout=subprocess.PIPE, check=True)
    results: dict[str, float] = json.loads(done.stdout)["results"]
    return results


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 1.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of each run.")] = 20,
) -> None:
    """Train each variant from each seed, and print what it reaches on the test digits."""
    table = Table("variant", "test accuracy of each seed", "mean", "test loss, mean", title=f"{epochs} epochs")
    for name, arguments in VARIANTS.items():
        results = [run([*arguments, "--epochs", str(epochs)], seed) for seed in range(1, seeds + 1)]
        accuracies = [result["test_accuracy"] for result in results]
        losses = [result["test_loss"] for result in results]
        each = " ".join(f"{accuracy:.4f}" for accuracy in accuracies)
        table.add_row(name, each, f"{statistics.mean(accuracies):.4f}", f"{statistics.mean(losses):.4f}")
    Console(highlight=False, width=120).print(table)


if __name__ == "__main__":
    typer.run(main)
