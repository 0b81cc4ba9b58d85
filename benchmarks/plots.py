"""results.json as pictures: each function takes a part of it and returns a matplotlib Figure."""

import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from benchmarks.peers import BOUNDS
from benchmarks.report import bound, ratio
from tinydnn.inspect.figures import own_style

_OURS, _THEIRS, _LIMIT = "#0072B2", "#999999", "#E69F00"  # of Okabe and Ito's colours, which all can tell apart
_RIVALS = "#D55E00", "#009E73", "#CC79A7", "#56B4E9"
_MARKERS = "s^Dv"


def save(results: Mapping[str, Any], folder: Path) -> None:
    """The pictures of the parts that are there, as PNG files."""
    for name, draw in {"epochs": epochs, "growth": growth, "crossover": crossover}.items():
        if name in results:
            with own_style():
                draw(results[name]).savefig(folder / f"{name}.png", dpi=120)


def epochs(found: Mapping[str, Any]) -> Figure:
    """Bars: the median of an epoch, the least and the most as a line through its end."""
    entries = sorted(found["quiet"].items(), key=lambda item: -statistics.median(item[1]))
    names, medians = [name for name, _ in entries], [statistics.median(values) for _, values in entries]
    spread = [[m - min(v), max(v) - m] for m, (_, v) in zip(medians, entries, strict=True)]
    figure = Figure(figsize=(8, 0.45 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots()
    colours = [_OURS if name.startswith("tinydnn") else _LIMIT if name in BOUNDS else _THEIRS for name in names]
    named = [f"{name}  {median:.3f}" for name, median in zip(names, medians, strict=True)]
    axes.barh(named, medians, color=colours, xerr=np.transpose(spread), ecolor="#444444", capsize=2)
    axes.set_xlabel("seconds an epoch: median, least and most")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def growth(found: Mapping[str, Any]) -> Figure:
    """Curves of an epoch's seconds along each axis, with the matrix products' below them."""
    figure = Figure(figsize=(10, 6), layout="constrained")
    panels = figure.subplots(2, -(-len(found) // 2), sharey=False).ravel()
    for axes, (axis, values) in zip(panels, found.items(), strict=False):
        numbers = all(value.isdigit() for value in values)
        x = [int(value) for value in values] if numbers else list(values)
        names = [name for name in next(iter(values.values())) if name not in BOUNDS]
        for i, name in enumerate(names):
            ours = name.startswith("tinydnn")
            y = [statistics.median(each[name]) for each in values.values()]
            style = {"color": _OURS, "marker": "o", "linewidth": 2.5} if ours else {"color": _RIVALS[i - 1]}
            axes.plot(x, y, label=name, **({"marker": _MARKERS[i - 1], "linewidth": 1} | style))
        if set(BOUNDS) <= next(iter(values.values())).keys():
            y = [statistics.median(bound(each)) for each in values.values()]
            axes.plot(x, y, label="matrix products alone", color=_LIMIT, linestyle="--")
        axes.set_yscale("log")
        if numbers and axis != "threads":
            axes.set_xscale("log", base=2)
        axes.set_xticks(x, [f"{value:,}" for value in x] if numbers else x, rotation=30)
        axes.minorticks_off()
        axes.set_xlabel(axis)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.3)
    for axes in panels[len(found) :]:
        axes.remove()
    figure.supylabel("seconds an epoch")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=5)
    return figure


def crossover(found: Mapping[str, Any] | None) -> Figure:
    """A heat map: how many times as fast as the CPU the GPU is; each cell with that, and the launches of a step."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    if found is None:
        axes.text(0.5, 0.5, "no GPU on this machine", ha="center", va="center", fontsize=16)
        axes.set_axis_off()
        return figure
    keys = [tuple(map(int, key.split())) for key in found]
    batch_sizes, widths = sorted({key[0] for key in keys}), sorted({key[1] for key in keys})
    map_ = np.full((len(widths), len(batch_sizes)), np.nan)
    for (batch_size, width), each in zip(keys, found.values(), strict=True):
        row, column = widths.index(width), batch_sizes.index(batch_size)
        map_[row, column] = ratio(each["GPU"], each["CPU"])
        text = f"{map_[row, column]:.3g}\n{each['launches']} + {each['products']}"
        axes.text(column, row, text, ha="center", va="center")
    most = max(np.nanmax(map_), 1 / np.nanmin(map_), 2)
    image = axes.imshow(map_, origin="lower", aspect="auto", cmap="PuOr_r", norm=LogNorm(1 / most, most), alpha=0.7)
    axes.set_xticks(range(len(batch_sizes)), batch_sizes)
    axes.set_yticks(range(len(widths)), widths)
    axes.set_xlabel("batch size")
    axes.set_ylabel("width of the first hidden layer")
    axes.set_title("time on the CPU over time on the GPU\n(below: launches + matrix products of a step)", fontsize=11)
    figure.colorbar(image, label="above 1 the GPU is faster")
    return figure
