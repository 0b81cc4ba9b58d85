"""What docs/gpu.md and README.md say of a card, from the folder that scripts/gpu.py has written there.

python docs/tables/gpu.py FOLDER

The folder's figures and pictures are copied to docs/gpu, below the card's name and the date, and what stands between
two marks of each page is written anew.
"""

import json
import re
import shutil
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.card import page, report  # noqa: E402

KEPT = "results.json", "tests.txt", *page.PICTURES.values()
PAGES = "README.md", "docs/gpu.md"


def place(results: dict[str, Any], docs: Path) -> Path:
    """Where a run is kept: docs/gpu/nvidia-h100-80gb-hbm3-2026-01-31."""
    name = re.sub(r"\W+", "-", f"{report.card(results)} {results['made'][:10]}".lower())
    return docs / "gpu" / name


def read(folder: Path) -> dict[str, Any]:
    """A run's results.

    Raises:
        SystemExit: they are no proof.
    """
    results: dict[str, Any] = json.loads((folder / "results.json").read_text())
    if results["quick"] or report.card(results).startswith("emulated") or not report.found_by(results, "machine"):
        sys.exit(f"gpu.py: expected a whole run on a real GPU, which the pages may name. Received: {folder}")
    return results


def written(text: str, results: dict[str, Any], folder: Path) -> str:
    """A page with what the results say between its marks."""
    pictures = {path.name for path in folder.glob("*.png")}
    others = sorted(each.name for each in folder.parent.glob("*") if each.is_dir() and each != folder)
    texts = {
        "readme": textwrap.fill(page.readme(results), 150, break_long_words=False, break_on_hyphens=False),
        "head": textwrap.fill(page.head(results, others), 150, break_long_words=False, break_on_hyphens=False),
        "figures": page.figures(results, f"gpu/{folder.name}", pictures),
    }
    for name, said in texts.items():
        text = re.sub(
            rf"(<!-- {name}: docs/tables/gpu\.py -->\n).*?(<!-- end -->)",
            lambda found, said=said: f"{found[1]}{said}\n{found[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="What scripts/gpu.py wrote.")],
) -> None:
    """Keep the run, and bring both pages up to date."""
    results = read(folder)
    kept = place(results, ROOT / "docs")
    if folder.resolve() != kept:
        shutil.rmtree(kept, ignore_errors=True)  # an earlier run of that day
        kept.mkdir(parents=True)
        for name in KEPT:
            if (folder / name).exists():
                shutil.copyfile(folder / name, kept / name)
    for path in (ROOT / name for name in PAGES):
        text = written(path.read_text(encoding="utf-8"), results, kept)
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{', '.join(PAGES)} say what {kept.relative_to(ROOT)} has")


if __name__ == "__main__":
    typer.run(main)
