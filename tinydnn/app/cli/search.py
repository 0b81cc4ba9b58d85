"""`tinydnn search`."""

import math
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tinydnn.app.cli.errors import InterruptedRunError, wrong_use
from tinydnn.app.cli.options import Data, Device, choose_device
from tinydnn.device.interrupts import Terminated
from tinydnn.search.space import Space, read_text, read_toml


def _bounds(name: str, help: str) -> Any:
    """An option for the bounds of a setting."""
    bounds = Space().to_json()[name]
    default = ",".join(map(str, bounds)) if isinstance(bounds, list) else str(bounds)
    option = f"--{name.replace('_', '-')}"
    return typer.Option(option, metavar="BOUNDS", help=help, show_default=default)


def search(
    context: typer.Context,
    space: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, metavar="[SPACE.toml]", help="Bounds, in place of the options'."),
    ] = None,
    epochs: Annotated[str | None, _bounds("epochs", "Epochs of a trial that is not pruned.")] = None,
    layers: Annotated[
        str | None, _bounds("layers", "Hidden layers: the lowest and the highest number, or one.")
    ] = None,
    units: Annotated[str | None, _bounds("units", "Units of each hidden layer.")] = None,
    activation: Annotated[str | None, _bounds("activation", "Activations of the hidden layers.")] = None,
    optimizer: Annotated[str | None, _bounds("optimizer", "Optimizers.")] = None,
    learning_rate: Annotated[str | None, _bounds("learning_rate", "Learning rate of the first epoch.")] = None,
    decay_rate: Annotated[str | None, _bounds("decay_rate", "What it is multiplied by after each epoch.")] = None,
    batch_size: Annotated[str | None, _bounds("batch_size", "Digits per step.")] = None,
    input: Annotated[str | None, _bounds("input", "Grey values: raw, 0 to 255, or scaled to 0 to 1.")] = None,
    dropout: Annotated[
        str | None, _bounds("dropout", "Behind each hidden layer, the share that Dropout drops.")
    ] = None,
    input_dropout: Annotated[
        str | None, _bounds("input_dropout", "In front of the first layer, the share that Dropout drops.")
    ] = None,
    l2: Annotated[str | None, _bounds("l2", "L2 penalty on all kernels.")] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="Trials of the study in all: 100, or with --minutes any number.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Begin no trial after so many minutes.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, which share the cores.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same study, in one process; else a random one.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder for the best run and the report: search, or none with --storage."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Database that several machines share; by default a file in the folder."),
    ] = None,
    name: Annotated[str, typer.Option(help="The study's name in the storage.")] = "search",
    data: Data = None,
    device: Device = None,
) -> None:
    """Search for the settings that learn best.

    Trials are judged on validation digits alone. The same command goes on where it was stopped, and joins others at
    the same study. At the end the best trial is trained once more on all training digits, and saved as a run, with
    its page and a report of the study.
    """
    from tinydnn.app import searching, study_folder
    from tinydnn.inspect.net import load_digits
    from tinydnn.search.needed import optuna_package, require_plotly
    from tinydnn.search.storage import told
    from tinydnn.search.study import finished, give_back_all, open_study
    from tinydnn.search.trials import Task
    from tinydnn.search.workers import threads_each

    optuna_package()
    choose_device(device)
    options = {
        "layers": layers, "units": units, "activation": activation, "optimizer": optimizer,
        "learning_rate": learning_rate, "decay_rate": decay_rate, "batch_size": batch_size, "input": input,
        "dropout": dropout, "input_dropout": input_dropout, "l2": l2, "epochs": epochs,
    }  # fmt: skip
    with wrong_use(ValueError, TypeError):
        bounds = {} if space is None else read_toml(space)
        bounds |= {key: read_text(text) for key, text in options.items() if text is not None}
        Space.of(bounds)
    folder = Path("search") if out is None and storage is None else out
    machine = {"data": None if data is None else str(data.resolve()), "device": device}
    training_digits, _ = load_digits(machine["data"])
    if folder is not None:
        require_plotly()
        context.with_resource(study_folder.held(folder))
    url = study_folder.url_in(folder or Path()) if storage is None else storage
    with wrong_use(ValueError):
        study = open_study(url, name, training_digits, bounds or None, seed)
    if storage is None:
        give_back_all(study)  # whoever was at it has died, as the folder was free
    total = math.inf if trials is None and minutes is not None else trials or 100
    until = math.inf if minutes is None else time.time() + 60 * minutes
    task = Task(url, name, total, until, {**machine, "threads": threads_each(jobs)})
    try:
        with told(url):
            searching.search(study, task, jobs)
            searching.finish(study, folder, machine)
    except (KeyboardInterrupt, Terminated) as error:
        saved = f"{len(finished(study))} trials are done; the same command goes on"
        raise InterruptedRunError(error, saved) from None
