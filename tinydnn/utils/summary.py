"""The table that `Sequential.summary` prints, in Keras' layout (mirrors keras/src/utils/summary_utils.py)."""

import io
import shutil
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from tinydnn.config import floatx
from tinydnn.engine.network import Network


def print_summary(model: Network, print_fn: Any = None) -> None:
    """Print the model's layers and the number and size of its weights; print_fn gets the text instead."""
    width = min(88, shutil.get_terminal_size().columns - 4)
    first, second = int(0.45 * width), int(0.80 * width)  # where the columns end
    table = Table(
        Column("Layer (type)", width=first),
        Column("Output Shape", width=second - first),
        Column("Param #", justify="right", width=width - second),
        width=width,
        show_lines=True,
        box=box.HEAVY_HEAD,
    )
    for layer in model.layers:
        shape = f"(None, {', '.join(map(str, layer.output_shape))})" if layer.output_shape else "?"
        count = f"{layer.count_params():,}" if layer.built else "0 (unbuilt)"
        table.add_row(f"{escape(layer.name)} ([color(33)]{type(layer).__name__}[/])", shape, f"[color(34)]{count}[/]")

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


def _count(number: int, itemsize: int, extra_bytes: int = 0) -> str:
    size = float(number * itemsize + extra_bytes)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            break
        size /= 1024
    return f"{number:,} ({size:.2f} {unit})"
