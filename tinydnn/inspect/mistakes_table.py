"""The gallery of mistakes, for a terminal."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from tinydnn.inspect.mistakes import GALLERY, Mistake
from tinydnn.utils.progbar import figure

Log = Mapping[str, Sequence[float]]


def table() -> Table:
    """All mistakes: what is wrong, and where a comparison with Keras finds it first."""
    result = Table(box=box.SIMPLE_HEAD, show_lines=True, pad_edge=False)
    result.add_column("mistake", no_wrap=True)
    result.add_column("what is wrong")
    result.add_column("first found", no_wrap=True)
    for mistake in GALLERY:
        result.add_row(mistake.name, mistake.wrong, "\n".join(found(mistake)))
    return result


def found(mistake: Mistake) -> tuple[str, str]:
    """The step and the tensor at which a comparison with Keras first finds the mistake."""
    return f"step {mistake.step}" if mistake.step else "before step 1", mistake.tensor


def described(mistake: Mistake) -> str:
    """All that is known about a mistake, and its code."""
    return "\n".join(
        [
            f"{mistake.name}: {mistake.wrong}",
            f"In the log: {mistake.log}",
            f"Next to Keras, in batches of 16, 16 and 10 digits an epoch: {', '.join(found(mistake))}",
            "",
            mistake.code,
        ]
    )


def logs(right: Log, wrong: Log, epochs: int) -> str:
    """Both logs, epoch by epoch."""
    names = "loss", "val_loss", "val_accuracy"
    lines = ["epoch  " + "  ".join(f"{name:>12} {'right':>10}" for name in names)]
    for i in range(epochs):
        cells = []
        for name in names:
            values = [figure(log[name][i]) if i < len(log.get(name, [])) else "nan" for log in (wrong, right)]
            cells.append(f"{values[0]:>12} {values[1]:>10}")
        lines.append(f"{i + 1:>5}  " + "  ".join(cells))
    return "\n".join(lines)
