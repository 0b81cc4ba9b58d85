"""results.json of a card as what docs/gpu.md and README.md say of it."""

import statistics
from collections.abc import Collection, Mapping
from typing import Any

from benchmarks.card.report import STEPS, card, found_by, ours, surroundings, written
from benchmarks.card.timings import CPU, GPU
from benchmarks.report import ratio

PICTURES = {name: f"{name}.png" for name in ("epochs", "crossover", "growth")}  # by the part that they show


def readme(results: Mapping[str, Any]) -> str:
    """What was run, and how much faster it is: a paragraph."""
    figures = "[All figures, and what failed](docs/gpu.md#measured-on-a-card)."
    speed = _speed(results)
    also = f" {speed[0].upper()}{speed[1:]}." if speed else ""
    return f"**tinydnn ran on one {card(results)}** on {results['made'][:10]}: {_proof(results)}.{also} {figures}"


def head(results: Mapping[str, Any], others: Collection[str]) -> str:
    """What was run on which card, and when; what was not; which other cards there were before."""
    not_done = [f"{name} ({each['state']})" for name, each in results["parts"].items() if each["state"] != "done"]
    absent = found_by(results, "machine").get("absent", [])
    missing = f" Not or not wholly run: {', '.join(not_done)}." if not_done else ""
    without = f" Not installed there: {', '.join(absent)}." if absent else ""
    commit = f", commit {results['commit']}" if results["commit"] else ""
    speed = f" There {_speed(results)}." if _speed(results) else ""
    before = f"Earlier runs, in docs/gpu: {', '.join(others)}." if others else "It has run on no other card."
    return (
        f"**tinydnn ran on one {card(results)}** on {results['made']}{commit}: {_proof(results)}.{speed}"
        f"{missing}{without} {before}"
    )


def figures(results: Mapping[str, Any], folder: str, pictures: set[str]) -> str:
    """All tables, and those of these pictures that the folder has, which is named as the page has to link it."""
    parts = [f"`{results['command']}` on {results['made']}. {surroundings(found_by(results, 'machine'))}."]
    parts.append(f"[results.json]({folder}/results.json) has every figure.")
    for name, (title, text) in written(results).items():
        if name == "machine":  # it is in the first line
            continue
        parts.append(f"### {title}\n\n{text}")
        if PICTURES.get(name) in pictures:
            parts.append(f"![{title}]({folder}/{PICTURES[name]})")
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
    pairs = found_by(results, "epochs").get("pairs", {})
    if CPU not in pairs:
        return ""
    on_gpu, on_cpu = statistics.median(ours(pairs)), statistics.median(pairs[CPU][CPU])
    times = ratio(pairs[CPU][GPU], pairs[CPU][CPU])
    cores = found_by(results, "machine")["versions"]["devices"][0]["cores"]
    return (
        f"an epoch of the walkthrough's net, {STEPS} steps of 512 digits, takes {on_gpu * 1e3:.1f} ms, and "
        f"{on_cpu * 1e3:.1f} ms on that machine's CPU ({cores} cores), {times:.1f} times as long turn by turn (median)"
    )
