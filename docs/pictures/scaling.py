"""How much faster a training is on more ranks: `python docs/pictures/scaling.py` writes the tables of docs/scale.md.

What a rank computes was measured (`benchmarks/ranks.py`), on one thread, for as many rows as are left to it. What
ranks send each other is computed from a network's latency and bandwidth: for the gradient the known cost of a ring,
whose two rounds each send a share of it to the next rank, P - 1 times; for the rest a few small messages in a tree.
"""

import json
from collections.abc import Mapping
from itertools import pairwise
from math import ceil, log2
from pathlib import Path
from statistics import median
from typing import Any

PAGE = Path(__file__).parents[1] / "scale.md"
MEASURED = Path(__file__).with_name("scale.json")
NETWORKS = {"10 Gbit/s Ethernet": (20e-6, 1.25e9), "100 Gbit/s InfiniBand": (2e-6, 12.5e9)}  # seconds, bytes a second
RANKS = [2**i for i in range(11)]
SMALL = 3  # loss, accuracy, and whether a signal came
SHOWN, BATCHES = (2, 4, 16, 64, 256, 1024), (512, 8192)
WEIGHTS = {"324-36": 266_410, "1024-1024": 1_863_690, "4096-4096": 20_037_642}

Steps = Mapping[str, float]  # seconds of a step, by its rows


def _figures() -> dict[str, Any]:
    """What `benchmarks/ranks.py` has measured; "steps" has the seconds of a step for each net and number of rows."""
    figures: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return figures


def computing(steps: Steps, rows: float) -> float:
    """Seconds that one thread computes for so many rows: between what was measured, and beyond it, along a line."""
    known = sorted((int(each), seconds) for each, seconds in steps.items())
    between = [pair for pair in pairwise(known) if pair[1][0] >= rows]
    (r0, t0), (r1, t1) = between[0] if between else known[-2:]
    return t0 + (rows - r0) * (t1 - t0) / (r1 - r0)


def sending(weights: int, ranks: int, network: str) -> float:
    """Seconds that ranks need for a step's messages, of 4 bytes a weight.

    2 (P - 1) (latency + 4 weights / P / bandwidth) for the gradient, and log2(P) latencies for each small message
    """
    latency, bandwidth = NETWORKS[network]
    ring = 2 * (ranks - 1) * (latency + 4 * weights / ranks / bandwidth)
    return ring + SMALL * ceil(log2(ranks)) * latency


def step(steps: Steps, weights: int, batch: int, ranks: int, network: str) -> float:
    """Seconds of a step in which so many ranks share a batch."""
    return computing(steps, ceil(batch / ranks)) + sending(weights, ranks, network)


def speedup(net: str, batch: int, ranks: int, network: str) -> float:
    """How many times faster so many ranks are than one."""
    steps, weights = _figures()["steps"][net], WEIGHTS[net]
    return step(steps, weights, batch, 1, network) / step(steps, weights, batch, ranks, network)


def best(net: str, batch: int, network: str) -> tuple[int, float]:
    """The number of ranks, a power of 2, with which a training is fastest, and how many times faster it is."""
    return max(((ranks, speedup(net, batch, ranks, network)) for ranks in RANKS), key=lambda each: each[1])


def worth(net: str, batch: int, network: str) -> int:
    """The most ranks that are at least half as fast as so many would be if nothing were lost."""
    return max(ranks for ranks in RANKS if speedup(net, batch, ranks, network) >= ranks / 2)


# -- the tables of docs/scale.md -----------------------------------------------------------------------

PARTS = {
    "products": "products",
    "passes": "the rest of forward and backward",
    "update": "the update of all weights",
    "sum": "the sum of the gradients, 1.07 MB",
    "gather": "losses and accuracies of all rows, for all ranks",
    "largest": "whether a signal came to one of them",
    "waiting": "waiting for each other",
}


def epochs_table() -> str:
    """An epoch of the walkthrough's net, by one thread, two threads and two ranks."""
    epochs = _figures()["epochs"]
    rows = [["an epoch", "median s", "least .. most", "times as fast as two threads", "least .. most"], ["---"] * 5]
    for name, seconds in epochs.items():
        ratios = [threads / own for threads, own in zip(epochs["two threads"], seconds, strict=True)]
        rows.append([name, f"{median(seconds):.3f}", _range(seconds, 3), f"{median(ratios):.2f}", _range(ratios, 2)])
    return _markdown(rows)


def _range(values: list[float], digits: int) -> str:
    return f"{min(values):.{digits}f} .. {max(values):.{digits}f}"


def parts_table() -> str:
    """The parts of a step of one rank and of two."""
    parts = list(_figures()["parts"].values())
    rests = [each["step"] - sum(each.get(name, 0) for name in PARTS) for each in parts]
    rows = [[what, *(f"{each.get(name, 0):.2f}" for each in parts)] for name, what in PARTS.items()]
    last = [
        ["everything else", *(f"{rest:.2f}" for rest in rests)],
        ["all", *(f"{each['step']:.2f}" for each in parts)],
    ]
    return _markdown([["ms of a step", "one rank", "two ranks"], ["---"] * 3, *rows, *last])


def model_table() -> str:
    """How many times faster more ranks are."""
    head = ["hidden layers", "batch", "network", *(f"{ranks:,} ranks" for ranks in SHOWN), "fastest", "pays up to"]
    rows = [head, ["---"] * len(head)]
    for net in WEIGHTS:
        for batch in BATCHES:
            for network in NETWORKS:
                times = [f"{speedup(net, batch, ranks, network):.3g}" for ranks in SHOWN]
                fastest, most = best(net, batch, network)
                last = [f"{most:.3g}, with {fastest:,}", f"{worth(net, batch, network):,}"]
                rows.append([net, f"{batch:,}", network, *times, *last])
    return _markdown(rows)


def _markdown(rows: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


TABLES = {"epochs": epochs_table, "parts": parts_table, "model": model_table}


def page() -> str:
    """docs/scale.md with these tables."""
    text = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        before, _, rest = text.partition(f"<!-- scale: {name} -->\n")
        text = f"{before}<!-- scale: {name} -->\n{table()}<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
