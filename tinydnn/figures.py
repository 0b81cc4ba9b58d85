"""Figures: each a function on arrays that returns a matplotlib Figure.

The colours are Okabe and Ito's, which colour-blind people tell apart.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

_COLOURS = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"


def differences(by_name: Mapping[str, Any], tolerance: float, title: str) -> Figure:
    """How far apart two trainings are after each step, on a logarithmic scale; by_name has a series each."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for colour, (name, values) in zip(_COLOURS, by_name.items(), strict=False):
        values = np.asarray(values, np.float64)
        shown = np.where((values > 0) & np.isfinite(values), values, np.nan)  # a logarithm has no place for 0
        label = name if values.any() else f"{name}, 0 throughout"
        axes.plot(np.arange(1, len(values) + 1), shown, ".-", color=colour, label=label, linewidth=1, markersize=3)
    axes.axhline(tolerance, color="black", linestyle="--", linewidth=1, label=f"tolerance {tolerance:g}")
    axes.set(xlabel="training step", ylabel="largest difference, absolute", yscale="log", title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    return figure
