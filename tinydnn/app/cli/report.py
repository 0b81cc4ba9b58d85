"""`tinydnn report`."""

from pathlib import Path
from typing import Annotated

import typer

from tinydnn.app.cli.options import Device, choose_device
from tinydnn.app.run_folder import held


def report(
    run: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="RUN", help="A run's folder.")],
    device: Device = None,
) -> None:
    """Draw a run's figures, and write its page.

    Both go into the run's folder. The page is one file, for a browser.
    """
    from tinydnn.app.report import write

    choose_device(device)
    with held(run):
        write(run)
    print(where_the_page_is(run))


def where_the_page_is(run: Path) -> str:
    """The line that says where a run's figures and page are."""
    from tinydnn.app.report import FIGURES_FOLDER, PAGE_FILE

    return f"Figures in {run / FIGURES_FOLDER}; open {run / PAGE_FILE} in a browser"
