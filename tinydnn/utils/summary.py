"""The table that a model's `summary` prints, in Keras' layout (mirrors keras/src/utils/summary_utils.py)."""

import io
import itertools
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from tinydnn.checks import check_count
from tinydnn.config import floatx
from tinydnn.engine.network import Network
from tinydnn.layers import Layer


def print_summary(
    model: Any, print_fn: Any = None, line_length: int | None = None, positions: Sequence[float] | None = None
) -> None:
    """Print the model's layers and the number and size of its weights; print_fn gets the text instead."""
    connected = not _is_row(model)
    width = min(108 if connected else 88, shutil.get_terminal_size().columns - 4)
    width = width if line_length is None else check_count("line_length", line_length)
    columns = [Column("Layer (type)"), Column("Output Shape"), Column("Param #", justify="right")]
    columns += [Column("Connected to")] * connected
    usual = (0.3, 0.56, 0.74, 1.0) if connected else (0.45, 0.80, 1.0)
    ends = _ends(usual if positions is None else positions, len(columns), width)
    for column, begin, end in zip(columns, [0, *ends], ends, strict=False):
        column.width = end - begin
    table = Table(*columns, width=width, show_lines=True, box=box.HEAVY_HEAD)
    for layer in model.layers:
        kind = type(layer).__name__ if isinstance(layer, Layer) else layer.keras_class
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        row = [f"{escape(layer.name)} ([color(33)]{kind}[/])", _output_shape(layer), f"[color(34)]{count}[/]"]
        table.add_row(*row, *([_connections(model, layer)] if connected else []))

    trained, others = (sum(w.size for w in each) for each in (model.trainable_weights, model.non_trainable_weights))
    itemsize = np.dtype(model.dtype).itemsize
    # Among them Keras has a number of int64, the count of a Normalization.
    wider = sum(weight.nbytes for weight in model.non_trainable_weights) - others * itemsize
    optimizer = model.optimizer
    lines = [
        f" Trainable params: {_count(trained, itemsize)}",
        f" Non-trainable params: {_count(others, itemsize, wider)}",
    ]
    total = trained + others
    extra_bytes = wider
    if optimizer is not None and optimizer.layout is not None:
        # Keras counts the number of steps, int64, and the learning rate among the optimizer's variables.
        rates = int(optimizer.schedule is None)
        params = len(optimizer.slots) * optimizer.layout.size + 1 + rates + len(optimizer.numbers_in_files())
        total += params
        of_optimizer = 8 - itemsize + rates * (np.dtype(floatx()).itemsize - itemsize)
        extra_bytes += of_optimizer
        lines.append(f" Optimizer params: {_count(params, itemsize, of_optimizer)}")
    lines.insert(0, f" Total params: {_count(total, itemsize, extra_bytes)}")

    out = io.StringIO() if print_fn else None
    console = Console(file=out, highlight=False, width=width if print_fn else None)
    console.print(f'[bold]Model: "{escape(model.name)}"[/]')
    console.print(table)
    for line in lines:
        label, figures = line.split(": ")
        console.print(f"[bold]{label}:[/] [color(34)]{figures}[/]")
    if out is not None:
        print_fn(out.getvalue())


def _is_row(model: Network) -> bool:
    """Whether Keras shows the model without its connections: one call after the other, and no entry called twice."""
    if model.graph is None or model.keras_class == "Sequential":
        return True
    alone = all(len(level) == 1 and len(level[0].inputs) < 2 for level in model.graph.levels)
    return alone and len(model.graph.calls) + 1 == len(model.layers)


def _output_shape(layer: Any) -> str:
    if not layer.built:
        return "?"
    if isinstance(layer, Layer):
        return _shape((None, *(layer.output_shape or ())))
    shapes = [_shape(each.shape) for each in layer.outputs]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"


def _shape(shape: Any) -> str:
    return f"({', '.join(map(str, shape))})" if len(shape) > 1 else f"({shape[0]},)"


def _connections(model: Network, layer: Any) -> str:
    """What a layer is called on: the entries that give it, each with which of its calls and which output."""
    assert model.graph is not None
    numbers: dict[Any, int] = {}
    counts: dict[str, int] = {}
    for call in model.graph.calls:
        numbers[call] = counts.get(call.layer.name, 0)
        counts[call.layer.name] = numbers[call] + 1
    taken = [tensor for call in model.graph.calls if call.layer is layer for tensor in call.inputs]
    named = [
        f"{escape(each.call.layer.name)}[[color(34)]{numbers.get(each.call, 0)}[/]][[color(34)]{each.index}[/]]"
        for each in taken
    ]
    return ", ".join(named) or "-"


def _ends(positions: Sequence[float], columns: int, width: int) -> list[int]:
    """Where each column ends, in characters.

    Raises:
        ValueError: there are not as many positions in rising order.
    """
    rising = len(positions) == columns and all(a < b for a, b in itertools.pairwise([0, *positions]))
    if not rising:
        raise ValueError(f"positions expects where the {columns} columns end, in rising order. Received: {positions!r}")
    return [int(at * width) if positions[-1] <= 1 else int(at) for at in positions[:-1]] + [width]


def _count(number: int, itemsize: int, extra_bytes: int = 0) -> str:
    size = float(number * itemsize + extra_bytes)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            break
        size /= 1024
    return f"{number:,} ({size:.2f} {unit})"
