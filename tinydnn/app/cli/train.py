"""`tinydnn train`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tinydnn.app import run_folder, runs
from tinydnn.app.cli.errors import InterruptedRunError, refuse, wrong_use
from tinydnn.app.cli.options import (
    L2,
    Activation,
    AsJson,
    BatchSize,
    Data,
    Device,
    Dropout,
    Dtype,
    Hidden,
    Input,
    LearningRate,
    Optimizer,
    units,
)
from tinydnn.app.cli.report import where_the_page_is
from tinydnn.device import ranks
from tinydnn.device.interrupts import Terminated
from tinydnn.files.whole import to_json
from tinydnn.inspect.net import VALIDATION_SPLIT, Settings
from tinydnn.inspect.watch import PLOT_FILE, Watch


def train(
    context: typer.Context,
    epochs: Annotated[int, typer.Option(min=1, help="Passes through the training digits.")] = 20,
    batch_size: BatchSize = 512,
    input: Input = "raw",
    hidden: Hidden = "324,36",
    activation: Activation = "sigmoid",
    optimizer: Optimizer = "rmsprop",
    learning_rate: LearningRate = None,
    decay_rate: Annotated[float, typer.Option(help="What the learning rate is multiplied by after each epoch.")] = 1.0,
    l2: L2 = 0.0,
    dropout: Dropout = 0.0,
    input_dropout: Annotated[
        float,
        typer.Option(min=0, max=1, help="In front of the first layer, the share that Dropout drops."),
    ] = 0.0,
    validation_split: Annotated[
        float, typer.Option(min=0, max=0.999, help="The last share of the training digits, held out for validation.")
    ] = VALIDATION_SPLIT,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run; by default a random one.")] = None,
    data: Data = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the run; by default runs/ and the date and time.")
    ] = None,
    device: Device = None,
    dtype: Dtype = "float32",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads that share a batch; by default as many as have enough to do.")
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=1, metavar="STEPS", help="Write a checkpoint every so many steps, to resume from.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, metavar="RUN", help="Go on with an interrupted run, with its settings."
        ),
    ] = None,
    report: Annotated[bool, typer.Option("--report", help="Draw the run's figures, and write its page.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show gradients, updates, saturated and dead units of each layer.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train the walkthrough's net, and save the run in a folder."""
    if watch and as_json:
        raise typer.BadParameter("--json prints the result and nothing else; leave out --json or --watch")
    if watch and ranks.current().size > 1:
        raise typer.BadParameter("--watch looks at all rows of a batch, and each rank has its own; leave it out")
    if resume is None:
        with wrong_use(ValueError, TypeError):
            settings = Settings(
                epochs=epochs, batch_size=batch_size, input=input, hidden=units(hidden), activation=activation,
                optimizer=optimizer, learning_rate=learning_rate, decay_rate=decay_rate, l2=l2, dropout=dropout,
                input_dropout=input_dropout, validation_split=validation_split, seed=seed,
                data=None if data is None else str(data.resolve()), device=device, dtype=dtype, threads=threads,
                checkpoint_every=checkpoint_every,
            )  # fmt: skip
            run = runs.Run(settings)
            if out is not None and not str(out).strip("."):
                raise ValueError(f"--out expects a folder for the run alone. Received: {str(out)!r}")
        run.load_data()
        with wrong_use(FileExistsError):
            folder = ranks.current().first_does("make a folder", lambda: context.with_resource(run_folder.new(out)))
    else:
        others = {each.name or "" for each in context.command.params} - {"resume", "report", "watch", "as_json"}
        refuse(context, "--resume takes the run's own settings", *others)
        folder = resume
        ranks.current().first_does("take a folder", lambda: context.with_resource(run_folder.held(folder)))
        run = runs.Run.resumed(folder)
        if run.finished and watch:
            raise typer.BadParameter(f"{folder} is finished, so there is nothing to watch; leave out --watch")
        if not run.finished:
            run.load_data()

    if not run.finished:
        if not as_json:
            _print_start(run)
        with _saying_what_was_saved(run, folder):
            run.train(folder, verbose=0 if as_json or watch else "auto", watch=Watch(show=True) if watch else None)
    if report:
        from tinydnn.app.report import write

        write(folder)
    if as_json:
        description = run_folder.description(run.settings, run.results)
        print(to_json({"folder": str(folder), "history": run.history.history, **description}), end="")
        return
    _print_results(run, folder)
    if report:
        print(where_the_page_is(folder))
    if watch:
        print(f"What the layers did: {folder / PLOT_FILE}")


def _print_start(run: runs.Run) -> None:
    settings, device = run.settings, "gpu"
    if run.model.device != "gpu":
        threads = run.model.threads_for(settings.batch_size)
        device = f"cpu, {threads} thread{'s' * (threads > 1)}"
    if settings.ranks > 1:
        device = f"{settings.ranks} ranks, each on {device}"
    print(f"Seed {settings.seed}, {device}, {settings.dtype}, {settings.input} inputs")
    run.model.summary()


def _print_results(run: runs.Run, folder: Path) -> None:
    results = run.results
    print(f"Test accuracy {results['test_accuracy']:.4f}, test loss {results['test_loss']:.4f} on the test digits")
    print(f"{results['seconds']:.1f} s of training; saved to {folder}")


@contextmanager
def _saying_what_was_saved(run: runs.Run, folder: Path) -> Iterator[None]:
    """Add to any error what was saved of the run."""
    try:
        yield
    except BaseException as error:
        saved = "nothing was saved"
        if run.saved:
            saved = f"{len(run.history.epoch)} whole epochs are done; the run was saved to {folder}"
        if isinstance(error, KeyboardInterrupt | Terminated):
            if run.saved:
                saved += f"; go on with `tinydnn train --resume {folder}`"
            raise InterruptedRunError(error, saved) from None
        error.add_note(saved)
        raise
