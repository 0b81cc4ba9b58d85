"""`tinydnn mistakes`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tinydnn import datasets
from tinydnn.app.cli.errors import refuse, wrong_use
from tinydnn.app.cli.options import Data
from tinydnn.files.whole import check_writable, write_whole


def mistakes(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One mistake; without NAME, list all.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes through the digits, with the mistake and without.")] = 5,
    data: Data = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw both loss curves: a .png.")] = None,
) -> None:
    """Show classic mistakes of re-implementations.

    Without NAME, list all of them: what is wrong, and where it shows. With NAME, show the code of one, and train with
    it and without it.
    """
    from tinydnn.inspect import figures, mistakes_table
    from tinydnn.inspect.mistakes import find, log_of

    if name is None:
        refuse(context, "it belongs to one mistake; say which by NAME", "epochs", "data", "plot")
        Console(highlight=False).print(mistakes_table.table())
        return
    with wrong_use(ValueError, OSError):
        mistake = find(name)
        if plot is not None:
            if plot.suffix.lower() != ".png":
                raise ValueError(f"--plot expects a file that ends in .png. Received: {str(plot)!r}")
            check_writable(plot)
    print(mistakes_table.described(mistake), end="\n\n", flush=True)
    (x, y), _ = datasets.mnist.load_data(data)
    wrong, right = (log_of(each, mistake.settings, x, y, epochs) for each in (mistake, None))
    print(mistakes_table.logs(right, wrong, epochs))
    if plot is not None:
        write_whole(plot, figures.png(figures.side_by_side({mistake.name: (right["loss"], wrong.get("loss", []))})))
