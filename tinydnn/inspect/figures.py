"""Figures: each function takes arrays and returns a matplotlib Figure.

The colours are Okabe and Ito's palette and maps of matplotlib's that colour-blind people can read. Digits are dark on
light, as they were written.
"""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator
from PIL import Image

from tinydnn.device.backend import Array

_COLOURS = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
_BLUE, _ORANGE, _GREEN = _COLOURS[:3]
_STROKES: Sequence[Any] = "-", (0, (5, 1)), "-.", ":"
_WEIGHTS = "cividis"  # dark is low, bright is high
_LEVELS = 10  # in a legend

# Drawing and saving take matplotlib's own settings: a user's could turn digits upside down, or ask for LaTeX.
own_style = partial(style.context, "default")


@own_style()
def digits(images: Array, titles: Sequence[str], title: str, columns: int = 10) -> Figure:
    """Images (n, 28, 28) in a grid, each below its title."""
    rows = max(1, -(-len(images) // columns))
    figure = Figure(figsize=(8, 0.95 * rows + 0.5), layout="constrained")
    figure.suptitle(title)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, image, text in zip(grid, images, titles, strict=False):
        _show(axes, image)
        axes.set_title(text, fontsize="small", pad=2)
    return figure


@own_style()
def cases(images: Array, probabilities: Array, labels: Sequence[int], titles: Sequence[str]) -> Figure:
    """Images (n, 28, 28), each beside its ten probabilities (n, 10), with the label's bar marked."""
    figure = Figure(figsize=(8, 2.6 * len(images)), layout="constrained")
    grid = figure.subplots(len(images), 2, squeeze=False, width_ratios=[1, 2])
    for (left, right), image, p, label, title in zip(grid, images, probabilities, labels, titles, strict=True):
        _show(left, image)
        left.set_axis_off()
        bars = right.bar(range(len(p)), p, color=_BLUE)
        bars[label].set(color=_ORANGE, hatch="//")
        right.set(xlabel="digit", ylabel="probability", ylim=(0, 1), xticks=range(len(p)), title=title)
        right.legend([Patch(facecolor=_ORANGE, hatch="//")], ["its label"], fontsize="small")
    return figure


@own_style()
def balance(counts: Array) -> Figure:
    """The number of samples of each digit, and how far it is from the mean."""
    counts = np.asarray(counts, np.float64)
    mean = counts.mean()
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    bars = axes.bar(range(len(counts)), counts, color=_BLUE)
    axes.bar_label(bars, [f"{count - mean:+,.0f}" for count in counts], fontsize="small")
    axes.axhline(mean, color=_ORANGE, linestyle="--", label="mean; above the bars the distance to it")
    axes.set(xlabel="digit", ylabel="samples", xticks=range(len(counts)), title="Training digits of each kind")
    axes.margins(y=0.15)
    axes.legend(loc="lower right", fontsize="small")
    return figure


@own_style()
def curves(training: Sequence[float], validation: Sequence[float], name: str, best: int | None = None) -> Figure:
    """A value for each epoch, of the training and of the validation, which may be empty; `best` is marked."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(range(1, len(training) + 1), training, "o", color=_BLUE, label="training, while it went on")
    if len(validation):
        axes.plot(range(1, len(validation) + 1), validation, "-", color=_ORANGE, label="validation, after each epoch")
    if best is not None:
        axes.axvline(best, color="black", linestyle="--", linewidth=1, label="best epoch of the validation")
    axes.set(xlabel="epoch", ylabel=name, title=f"Training and validation {name}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    axes.legend()
    return figure


@own_style()
def weights(values: Array, shape: tuple[int, int], title: str) -> Figure:
    """Numbers as a picture of this shape, brighter where they are larger, with a legend of levels.

    shape: may have room for more numbers than there are, and stays empty at the end.
    """
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    cells = np.full(shape, np.nan)
    cells.flat[: np.size(values)] = np.ravel(values)
    picture = axes.imshow(cells, cmap=_WEIGHTS)
    axes.set(title=title, xticks=[], yticks=[])
    levels = np.unique(np.linspace(np.min(values), np.max(values), _LEVELS))[::-1]
    patches = [Patch(color=picture.to_rgba([level])[0], label=f"{level:.4f}") for level in levels]  # type: ignore[arg-type]
    axes.legend(handles=patches, title="level", bbox_to_anchor=(1.05, 1), loc="upper left", borderaxespad=0)
    return figure


@own_style()
def neurons(W: Array, shape: tuple[int, int], title: str) -> Figure:
    """The weights of each unit, a column of W (inputs, units), as pictures of this shape, side by side on one scale."""
    rows, columns = near_square(W.shape[1])
    height, width = shape
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for unit in range(W.shape[1]):
        top, left = unit // columns * (height + 1), unit % columns * (width + 1)
        sheet[top : top + height, left : left + width] = W[:, unit].reshape(shape)
    figure = Figure(figsize=(10, 9 * rows / columns + 0.4), layout="constrained")
    axes = figure.add_subplot()
    limit = float(np.quantile(np.abs(W), 0.995)) or 1.0  # otherwise a few outliers would leave the rest grey
    picture = axes.imshow(sheet, cmap="PuOr", vmin=-limit, vmax=limit)
    axes.set(title=title, xticks=[], yticks=[])
    figure.colorbar(picture, ax=axes, label="weight", extend="both", shrink=0.8)
    return figure


@own_style()
def confusion(matrix: Array) -> Figure:
    """How often each digit (row) was taken for each digit (column)."""
    matrix = np.asarray(matrix)
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    axes = figure.add_subplot()
    shown = np.log1p(matrix)  # otherwise only the diagonal would show
    axes.imshow(shown, cmap="Blues")
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            colour = "white" if shown[row, column] > shown.max() / 2 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize="small")
    axes.set(xlabel="taken for", ylabel="digit", xticks=range(len(matrix)), yticks=range(len(matrix)))
    axes.set_title("What each test digit was taken for")
    return figure


@own_style()
def errors(matrix: Array) -> Figure:
    """A table: how many samples each digit has, how many of them were mistaken, and for which digit most often."""
    matrix = np.asarray(matrix)
    rows = []
    for digit, counts in enumerate(matrix):
        wrong = np.where(np.arange(len(counts)) == digit, 0, counts)
        share = f"{wrong.sum() / counts.sum():.2%}" if counts.any() else "–"
        most = f"{wrong.argmax()} ({wrong.max()})" if wrong.any() else "none"
        rows.append([str(digit), f"{counts.sum():,}", f"{wrong.sum():,}", share, most])
    figure = Figure(figsize=(8, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axis_off()
    columns = ["digit", "samples", "mistaken", "share", "most often for"]
    axes.table(rows, colLabels=columns, loc="center", cellLoc="center").scale(1, 1.35)
    axes.set_title("Mistakes of each digit")
    return figure


@own_style()
def differences(by_name: Mapping[str, Any], tolerance: float, title: str) -> Figure:
    """How far apart two trainings are after each step, on a logarithmic scale: one line for each series, by name."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for colour, (name, values) in zip(_COLOURS, by_name.items(), strict=False):
        values = np.asarray(values, np.float64)
        shown = np.where((values > 0) & np.isfinite(values), values, np.nan)  # 0 has no logarithm
        label = name if values.any() else f"{name}, 0 throughout"
        axes.plot(np.arange(1, len(values) + 1), shown, ".-", color=colour, label=label, linewidth=1, markersize=3)
    axes.axhline(tolerance, color="black", linestyle="--", linewidth=1, label=f"tolerance {tolerance:g}")
    axes.set(xlabel="training step", ylabel="largest difference, absolute", yscale="log", title=title)
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    return figure


@own_style()
def watch(steps: Sequence[int], history: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """What the layers did during a training; history has the gradient, update, saturated and dead values of each."""
    figure = Figure(figsize=(10, 7), layout="constrained")
    (top, bottom), handles = figure.subplots(2, 2, sharex=True), {}
    panels = {
        "gradient": "Gradient: root mean square of dW",
        "update": "Update: |change of W| / |W|",
        "saturated": "Saturated outputs, share",
        "dead": "Dead units, number",
    }
    for axes, (quantity, title) in zip([*top, *bottom], panels.items(), strict=True):
        for i, (name, found) in enumerate(history.items()):
            values = np.asarray(found[quantity], np.float64)
            logarithmic = quantity in ("gradient", "update")
            there = np.isfinite(values) & ((values > 0) | (not logarithmic))  # 0 has no logarithm
            if there.any():
                style = {"color": _COLOURS[i % len(_COLOURS)], "linestyle": _STROKES[i % len(_STROKES)]}
                shown = np.where(there, values, np.nan)
                (handles[name],) = axes.plot(steps, shown, marker="." if len(steps) < 2 else "", **style)
        if logarithmic:
            axes.set_yscale("log")
        if not axes.lines:
            axes.text(0.5, 0.5, "no layer has any", transform=axes.transAxes, ha="center")
        axes.set_title(title, fontsize="medium")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    handles["1e-3, a rule of thumb"] = top[1].axhline(1e-3, color="black", linestyle="--", linewidth=1)
    bottom[0].set_ylim(-0.02, 1.02)
    bottom[1].set_ylim(-0.02 * (most := max(10, bottom[1].get_ylim()[1])), most)
    bottom[1].yaxis.set_major_locator(MaxNLocator(integer=True))
    for axes in bottom:
        axes.set_xlabel("training step")
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, fontsize="small")
    return figure


@own_style()
def side_by_side(curves: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Figure:
    """Pairs of loss curves by name, right and with a mistake, each pair in axes of its own."""
    columns = min(3, len(curves))
    rows = -(-len(curves) // columns)
    figure = Figure(figsize=(8 if columns == 1 else 3.7 * columns, max(4, 2.4 * rows)), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(curves) :]:
        axes.set_axis_off()
    for axes, (name, (right, wrong)) in zip(grid, curves.items(), strict=False):
        axes.plot(range(1, len(right) + 1), right, "o-", color=_BLUE, label="right", markersize=4)
        if len(wrong):
            axes.plot(range(1, len(wrong) + 1), wrong, "s--", color=_ORANGE, label="wrong", markersize=4)
        else:
            axes.plot([], [], "s--", color=_ORANGE, label="wrong: NaN in epoch 1")
        axes.set(xlabel="epoch", ylabel="loss", yscale="log")
        axes.yaxis.set_minor_locator(LogLocator(subs=(2, 3, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.set_title(name, fontsize="medium")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    return figure


@own_style()
def png(figure: Figure, dpi: int = 110) -> bytes:
    """The bytes of a PNG file with a palette of 256 colours: enough for a figure, at a third of the size."""
    file, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi)
    image = Image.open(file).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    image.save(packed, format="PNG", optimize=True)
    return packed.getvalue()


def near_square(n: int) -> tuple[int, int]:
    """Rows and columns for n numbers or pictures: as square as possible without a gap, or with a gap at the end.

    324 gives (18, 18), 36 (6, 6), 10 (2, 5), 13 (3, 5).
    """
    rows = int(np.sqrt(n))
    whole = next(each for each in range(rows, 0, -1) if n % each == 0)
    if n <= 3 or whole * 3 > rows:
        return whole, n // whole
    return rows, -(-n // rows)


def _show(axes: Axes, image: Array) -> None:
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=255)
