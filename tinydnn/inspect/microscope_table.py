"""The microscope's table for a terminal: three lines for each tensor, and a fourth where somebody has computed it."""

from collections.abc import Iterable

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from tinydnn.inspect.microscope import Tensor


def table(tensors: Iterable[Tensor]) -> Table:
    """A row for each tensor.

    The columns: its formula and the line that computes it; its shape, mean and range; its largest value, in tinydnn and
    in Keras, and the slope there; the index of that value, the largest difference from Keras, and from the slopes. If
    there are somebody's own tensors, their value and the difference from them come last.
    """
    tensors = list(tensors)
    own = any(each.own is not None for each in tensors)
    result = Table(box=box.SIMPLE_HEAD, show_lines=True, pad_edge=False)
    result.add_column("tensor\nformula\nline of tinydnn", min_width=17, overflow="fold")
    result.add_column("shape\nmean\nleast .. most", justify="right", no_wrap=True)
    values, gaps = "tinydnn\nKeras\nslope", "at the largest\napart from Keras\nfrom the slopes"
    result.add_column(f"{values}\nyours" if own else values, justify="right", no_wrap=True)
    result.add_column(f"{gaps}\nfrom yours" if own else gaps, justify="right", no_wrap=True)
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
        f"{value.mean(dtype=np.float64):.3g}",
        f"{value.min():.3g} .. {value.max():.3g}",
    ]


def _values(tensor: Tensor) -> list[str]:
    at, digits = tensor.largest, 7 if tensor.value.dtype == np.float32 else 9
    return [
        f"{tensor.value[at]:.{digits}g}",
        "" if tensor.keras is None else f"{tensor.keras[at]:.{digits}g}",
        f"{tensor.slopes[0].slope:.{digits}g}" if tensor.slopes else "",
        *([] if tensor.own is None else [f"{tensor.own[at]:.{digits}g}"]),
    ]


def _gaps(tensor: Tensor) -> list[str]:
    at = ", ".join(map(str, tensor.largest))
    return [
        escape(f"[{at}]") if at else "",
        "" if tensor.difference is None else str(tensor.difference),
        f"{max(abs(each.gradient - each.slope) for each in tensor.slopes):.0e}" if tensor.slopes else "",
        *([] if tensor.own is None else [str(tensor.own_difference)]),
    ]
