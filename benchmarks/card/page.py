"""results.json of a card as what docs/gpu.md and README.md say of it."""

import statistics
from collections.abc import Mapping
from typing import Any

from benchmarks.card.report import STEPS, card, found_by, versions, written
from benchmarks.card.timings import CPU, GPU
from benchmarks.report import ratio

PICTURES = {"An epoch": "epochs.png", "CPU and GPU": "crossover.png", "How cost grows": "growth.png"}


def readme(results: Mapping[str, Any]) -> str:
    """What was run, and how much faster it is: a paragraph."""
    speed = _speed(results)
    also = f" {speed[0].upper()}{speed[1:]}." if speed else ""
    return f"**tinydnn ran on one {card(results)}** on {results['made'][:10]}: {_proof(results)}.{also}"


def head(results: Mapping[str, Any]) -> str:
    """What was run on which card, and when; what was not."""
    not_done = [f"{name} ({each['state']})" for name, each in results["parts"].items() if each["state"] != "done"]
    absent = found_by(results, "machine").get("absent", [])
    missing = f" Not or not wholly run: {', '.join(not_done)}." if not_done else ""
    without = f" Not installed there: {', '.join(absent)}." if absent else ""
    commit = f", commit {results['commit']}" if results["commit"] else ""
    speed = f" There {_speed(results)}." if _speed(results) else ""
    return (
        f"**tinydnn ran on one {card(results)}** on {results['made']}{commit}: {_proof(results)}.{speed}"
        f"{missing}{without} It has run on no other card."
    )


def figures(results: Mapping[str, Any], folder: str, pictures: set[str]) -> str:
    """All tables, and those of these pictures that the folder has, which is named as the page has to link it."""
    parts = [f"`{results['command']}` on {results['made']}. {versions(found_by(results, 'machine'))}."]
    parts.append(f"[results.json]({folder}/results.json) has every figure.")
    for title, text in written(results).items():
        if title == "The machine":
            continue
        parts.append(f"### {title}\n\n{text}")
        if PICTURES.get(title) in pictures:
            parts.append(f"![{title}]({folder}/{PICTURES[title]})")
    return "\n\n".join(parts)


def _proof(results: Mapping[str, Any]) -> str:
    said = []
    if checks := found_by(results, "selftest").get("checks"):
        said.append(f"the self-test passed {sum(check['passed'] for check in checks)} of {len(checks)} checks")
    if tests := found_by(results, "tests"):
        said.append(f"`pytest -m gpu` gave {tests['summary']}")
    if scaled := found_by(results, "training").get("scaled"):
        epoch, apart = max(scaled["weights apart"].items(), key=lambda item: int(item[0]))
        reached = [f"{scaled[device]['test']['accuracy']:.4f}" for device in ("gpu", "cpu")]
        said.append(
            f"after {epoch} epochs from the same seed, on scaled digits, no weight is more than {apart:.1e} from the "
            f"CPU's, and the test accuracy is {reached[0]} (CPU: {reached[1]})"
        )
    return "; ".join(said) or "nothing was proven"


def _speed(results: Mapping[str, Any]) -> str:
    pair = found_by(results, "epochs").get("pairs", {}).get(CPU)
    if not pair:
        return ""
    ours, theirs = (statistics.median(pair[name]) for name in (GPU, CPU))
    cores = found_by(results, "machine")["versions"]["devices"][0]["cores"]
    return (
        f"an epoch of the walkthrough's net, {STEPS} steps of 512 digits, takes {ours * 1e3:.1f} ms, and "
        f"{theirs * 1e3:.1f} ms on that machine's CPU ({cores} cores), {ratio(pair[GPU], pair[CPU]):.1f} times as long"
    )
