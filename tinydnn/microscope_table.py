"""The microscope's table for a terminal: three lines a tensor."""

from collections.abc import Iterable

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from tinydnn.microscope import Tensor


def table(tensors: Iterable[Tensor]) -> Table:
    """Every tensor: its formula and line; its shape and range; its largest value, in tinydnn, in Keras, and as a slope.

    The last column is how far tinydnn is from Keras anywhere in the tensor, and from the slopes that were measured.
    """
    result = Table(box=box.SIMPLE_HEAD, show_lines=True, pad_edge=False)
    result.add_column("tensor\nformula\nline of tinydnn")
    result.add_column("shape\nmean\nleast .. most", justify="right", no_wrap=True)
    result.add_column("largest: tinydnn\nKeras\nslope", justify="right", no_wrap=True)
    result.add_column("\napart from Keras\nfrom the slopes", justify="right", no_wrap=True)
    for tensor in tensors:
        result.add_row(*("\n".join(lines) for lines in (_what(tensor), _shape(tensor), _values(tensor), _gaps(tensor))))
    return result


def _what(tensor: Tensor) -> list[str]:
    formula = tensor.formula
    return [f"[bold]{escape(tensor.name)}[/]", escape(formula.text), f"[dim]{formula.file}:{formula.line}[/]"]


def _shape(tensor: Tensor) -> list[str]:
    value = tensor.value
    return [
        " x ".join(map(str, value.shape)) or "a number",
        f"{value.mean(dtype=np.float64):.4g}",
        f"{value.min():.4g} .. {value.max():.4g}",
    ]


def _values(tensor: Tensor) -> list[str]:
    at, digits = tensor.largest, np.finfo(tensor.value.dtype).precision + 1
    place = ", ".join(map(str, at))
    lines = [f"{escape(f'[{place}] ') if at else ''}{tensor.value[at]:.{digits}g}", "", ""]
    if tensor.keras is not None:
        lines[1] = f"{tensor.keras[at]:.{digits}g}"
    if tensor.slopes:
        lines[2] = f"{tensor.slopes[0].slope:.{digits}g}"
    return lines


def _gaps(tensor: Tensor) -> list[str]:
    lines = ["", "", ""]
    if tensor.difference is not None:
        lines[1] = str(tensor.difference)
    if tensor.slopes:
        lines[2] = f"{max(abs(slope.gradient - slope.slope) for slope in tensor.slopes):.0e}"
    return lines
