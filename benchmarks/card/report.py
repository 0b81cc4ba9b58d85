"""results.json of a card as tables in Markdown, and as pictures."""

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import plots
from benchmarks.card.timings import GPU
from benchmarks.report import crossover, inference, ratio, table, versions
from benchmarks.task import Task

Found = Mapping[str, Any]

STEPS = len(Task().batches)  # an epoch
HOST, DEVICE = "host, µs", "GPU, µs"


def markdown(results: Found) -> str:
    """The whole report."""
    sections = [f"## {title}\n\n{text}" for title, text in written(results).values()]
    return "\n\n".join([f"# tinydnn on {card(results)}", _head(results), *sections]) + "\n"


def written(results: Found) -> dict[str, tuple[str, str]]:
    """The title and the text of each part that found something, by its name."""
    return {
        name: (title, write(found)) for name, (title, write) in _PARTS.items() if (found := found_by(results, name))
    }


def found_by(results: Found, name: str) -> Any:
    """What a part found; {} if nothing."""
    return results["parts"].get(name, {}).get("found") or {}


def card(results: Found) -> str:
    """The card's name."""
    return str(found_by(results, "machine").get("card", "a GPU"))


def draw(results: Found, folder: Path) -> None:
    """The pictures of the parts that are there, as PNG files."""
    found = {name: found_by(results, name) for name in ("epochs", "growth", "crossover")}
    pairs = found["epochs"].get("pairs")
    found["epochs"] = {"quiet": {GPU: ours(pairs)} | {name: pairs[name][name] for name in pairs}} if pairs else {}
    plots.save({name: each for name, each in found.items() if each}, folder)


def ours(pairs: Found) -> list[float]:
    """The seconds of tinydnn's epochs on the GPU, in all turns with others."""
    return [seconds for pair in pairs.values() for seconds in pair[GPU]]


def _head(results: Found) -> str:
    rows = [[name, each["state"], each.get("seconds", "")] for name, each in results["parts"].items()]
    quick = "A rehearsal: few tests, short trainings.\n\n" if results["quick"] else ""
    commit = f", commit {results['commit']}" if results["commit"] else ""
    return f"`{results['command']}`, {results['made']}{commit}.\n\n{quick}{table(['part', 'state', 's'], rows)}"


def surroundings(found: Found) -> str:
    """Card, driver, machine and versions in a sentence."""
    smi, all_versions = found.get("nvidia-smi") or {}, found.get("versions") or {}
    cpu = next(iter(all_versions.get("devices", [])), {})
    driver = [f"driver {smi['driver_version']}", smi["memory.total"]] if smi else []
    host = [f"{cpu['name']}, {cpu['cores']} cores that this process may use"] if cpu else []
    return "; ".join([", ".join([found.get("card", "no GPU"), *driver]), *host, versions(all_versions)])


def _machine(found: Found) -> str:
    text = f"{surroundings(found)}. Absent: {', '.join(found.get('absent', [])) or 'none'}."
    if smi := found.get("nvidia-smi"):
        text += f"\n\n{table(['nvidia-smi', ''], smi.items())}"
    return text


def _selftest(found: Found) -> str:
    groups: dict[tuple[str, str], list[Found]] = {}
    for check in found["checks"]:
        groups.setdefault((check["form"], check["dtype"]), []).append(check)
    rows = []
    for (form, dtype), checks in groups.items():
        passed = [check for check in checks if check["passed"]]
        measured = [check for check in checks if check["difference"] is not None]
        nearest = max(measured, key=lambda check: check["difference"] / check["allowed"], default=None)
        worst = f"{nearest['name']}: {nearest['difference']:.1e}, {nearest['allowed']:.0e} allowed" if nearest else ""
        rows.append([form, dtype, f"{len(passed)} of {len(checks)}", worst])
    failed = [
        f"- FAILED: {c['name']}, {c['form']}, {c['dtype']}: {c['error'] or c['difference']}, {c['allowed']:.0e} allowed"
        for c in found["checks"]
        if not c["passed"]
    ]
    figures = table(["of a step", ""], found["figures"].items())
    return "\n\n".join([table(["form", "dtype", "passed", "nearest to what is allowed"], rows), *failed, figures])


def _tests(found: Found) -> str:
    return "\n".join([f"`pytest -m gpu`: {found['summary']}", *(f"- {line}" for line in found["failed"])])


def _training(found: Found) -> str:
    rows, notes = [], []
    for input, ways in found.items():
        for device in ("cpu", "gpu"):
            way = ways[device]
            rows.append([
                input, device.upper(), len(way["seconds"]), _ms(statistics.median(way["seconds"])),
                f"{sum(way['seconds']):.2f}", f"{way['test']['loss']:.4f}", f"{way['test']['accuracy']:.4f}",
            ])  # fmt: skip
        apart = ", ".join(f"{gap:.1e} after epoch {epoch}" for epoch, gap in ways["weights apart"].items())
        logs = [ways[device]["log"] for device in ("cpu", "gpu")]
        losses, accuracies = (
            max(abs(a - b) for name in names for a, b in zip(logs[0][name], logs[1][name], strict=True))
            for names in (("loss", "val_loss"), ("accuracy", "val_accuracy"))
        )
        notes.append(
            f"{input.capitalize()} digits: the largest difference of any weight is {apart}; of an epoch's loss "
            f"{losses:.1e}, of its accuracy {accuracies:.1e} (training and validation)."
        )
    columns = ["digits", "device", "epochs", "ms an epoch, with validation", "s in all", "test loss", "test accuracy"]
    return "\n\n".join([table(columns, rows), *notes])


def _epochs(found: Found) -> str:
    parts = []
    if found["pairs"]:
        parts.append(_contest("an epoch", found["pairs"], found["differences"]))
    if found["TF32"]:
        parts.append(_contest("an epoch, with TF32", found["TF32"], {}))
    return "\n\n".join([*parts, *(f"- {name} was not timed: {why}" for name, why in found["failed"].items())])


def _contest(title: str, pairs: Found, apart: Mapping[str, float]) -> str:
    rows = [[GPU, *_spread(ours(pairs)), "1.00", _apart(apart, GPU)]]
    for name, pair in pairs.items():
        rows.append([name, *_spread(pair[name]), f"{ratio(pair[GPU], pair[name]):.2f}", _apart(apart, name)])
    columns = [title, "median ms", "least .. most", "µs a step", f"times {GPU}'s", "weights apart"]
    return table(columns, sorted(rows, key=lambda row: float(row[1])))


def _spread(seconds: list[float]) -> list[str]:
    median = statistics.median(seconds)
    return [_ms(median), f"{_ms(min(seconds))} .. {_ms(max(seconds))}", f"{median / STEPS * 1e6:.0f}"]


def _apart(apart: Mapping[str, float], name: str) -> str:
    return f"{apart[name]:.0e}" if name in apart else ""


def _step(found: Found) -> str:
    calls = found["calls"]
    counts = {kind: sum(call["kind"] == kind for call in calls) for kind in ("launches", "products", "copies")}
    parts = [", ".join(f"{count} {kind}" for kind, count in counts.items()) + ", in this order:"]
    if "device_s" not in calls[-1]:
        parts.append(table(["call", "arrays"], ([call["name"], call["shapes"]] for call in calls)))
        return "\n\n".join(parts)
    rows = [[call["name"], call["shapes"], _us(call["host_s"]), _us(call["device_s"]), _tflops(call)] for call in calls]
    host, device = (_sum(call[which] for call in calls) for which in ("host_s", "device_s"))
    rows.append(["**all calls**", "", _us(host), _us(device), ""])
    parts.append(table(["call", "arrays", HOST, DEVICE, "TFLOP/s"], rows))
    if ways := found.get("steps"):
        rows = [[name, *(_us(measured(way)) for way in ways.values())] for name, measured in _WHOLE_STEP.items()]
        gaps = (_us(_minus(way["queued_device_s"], device)) for way in ways.values())
        rows.append(["and between the calls above, or apart from them", *gaps])
        parts.append(table(["the whole step, µs", *ways], rows))
    if launch := found.get("launch"):
        rows = [[name, _us(each["host_s"]), _us(each["device_s"])] for name, each in launch.items()]
        parts.append(table(["what a launch costs", HOST, DEVICE], rows))
    return "\n\n".join(parts)


_WHOLE_STEP: dict[str, Callable[[Found], float | None]] = {
    "the host asks for it, the GPU having nothing else to do": lambda way: statistics.median(way["alone_host_s"]),
    "the same until it is done": lambda way: statistics.median(way["alone_done_s"]),
    "many in a row, by the clock": lambda way: way["row_clock_s"],
    "of that, until the host has asked for it": lambda way: way["row_host_s"],
    "the same on the GPU, by events": lambda way: way["row_device_s"],
    "on the GPU, all having been queued before": lambda way: way["queued_device_s"],
    "so the GPU waits for the host": lambda way: _minus(way["row_device_s"], way["queued_device_s"]),
}


def _growth(found: Found) -> str:
    tables = []
    for axis, values in found.items():
        names = list(next(iter(values.values()), {}))
        rows = [
            [value, *(_ms(statistics.median(seconds[name])) for name in names)] for value, seconds in values.items()
        ]
        tables.append(table([axis, *(f"{name}, ms an epoch" for name in names)], rows))
    return "\n\n".join(tables)


def _ceilings(found: Found) -> str:
    products = found["products"]
    rows = [[each["name"], _us(each["device_s"]), _tflops(each)] for each in products]
    rows.append(["**the products of a step**", _us(_sum(each["device_s"] for each in products)), ""])
    if large := found.get("large product"):
        rows.append(
            [
                f"{large['size']}×{large['size']} @ {large['size']}×{large['size']}",
                _us(large["device_s"]),
                _tflops(large),
            ]
        )
    parts = [table(["by cuBLAS alone, float32", DEVICE, "TFLOP/s"], rows)]
    if copies := found.get("copies"):
        rows = [
            [name, f"{each['bytes'] / each['seconds'] / 1e9:,.0f}" if each["seconds"] else "not known"]
            for name, each in copies.items()
        ]
        parts.append(table(["copies", "GB/s"], rows))
    return "\n\n".join(parts)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}"


def _us(seconds: float | None) -> str:
    return "not known" if seconds is None else f"{seconds * 1e6:.1f}"


def _tflops(product: Found) -> str:
    return f"{product['flops'] / product['device_s'] / 1e12:.2f}" if product["flops"] and product["device_s"] else ""


def _sum(seconds: Any) -> float | None:
    each = list(seconds)
    return None if None in each else sum(each)


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


_PARTS: dict[str, tuple[str, Callable[[Found], str]]] = {
    "machine": ("The machine", _machine),
    "selftest": ("The self-test", _selftest),
    "tests": ("The tests", _tests),
    "training": ("The walkthrough's training, on the CPU and on the GPU", _training),
    "epochs": ("An epoch", _epochs),
    "step": ("Where the time of a step goes", _step),
    "crossover": ("CPU and GPU", crossover),
    "growth": ("How cost grows", _growth),
    "predictions": ("Predictions", inference),
    "ceilings": ("What the card can do at most", _ceilings),
}
