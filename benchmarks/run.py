"""All benchmarks, into one folder: `python3 scripts/benchmark.py`.

results.json has every figure that was taken, with machine and versions, report.md the tables; pictures are beside it.
"""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import agreement, machine, measure, peers, plots, report  # noqa: E402
from benchmarks.turns import PAUSE  # noqa: E402

Part = Literal["epochs", "job", "inference", "growth", "operations", "crossover"]


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Within two minutes, and rough.")] = False,
    only: Annotated[Part | None, typer.Option(help="Measure this part alone.")] = None,
    out: Annotated[Path | None, typer.Option(help="A new folder; else one under runs/ with the time.")] = None,
) -> None:
    """Measure tinydnn next to its peers on every device there is, and write results.json, report.md and pictures."""
    folder = new_folder(out, "benchmark")
    gpu = machine.gpu_name()
    results = {
        "made": time.strftime("%Y-%m-%d %H:%M"),
        "command": " ".join(["python3 scripts/benchmark.py", *sys.argv[1:]]),
        "quick": quick,
        "pause": PAUSE,
        "machine": machine.collect(),
        "gpu": gpu,
        "absent": [peers.label(name) for name in peers.NAMES if not peers.installed(name)],
    }
    try:
        for name, part in measure.PARTS.items():
            if only in (None, name):
                results[name] = part(quick)
                write(results, folder)
    except agreement.DisagreementError as error:
        sys.exit(f"benchmark.py: nothing was timed that does not train alike: {error}")
    print(report.markdown(results))
    print(f"Written to {folder}")


def new_folder(out: Path | None, kind: str) -> Path:
    """The folder that was asked for, or one under runs/ with the time; made, and empty."""
    folder = out or ROOT / "runs" / time.strftime(f"{kind}-%Y%m%d-%H%M%S")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise typer.BadParameter(f"expected a new or empty folder. Received: {folder}", param_hint="--out")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write(results: dict[str, Any], folder: Path) -> None:
    """All there is so far."""
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (folder / "report.md").write_text(report.markdown(results), encoding="utf-8")
    plots.save(results, folder)


if __name__ == "__main__":
    typer.run(main)
