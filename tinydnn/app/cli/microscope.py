"""`tinydnn microscope`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tinydnn.app.cli.errors import FAILED, refuse, wrong_use
from tinydnn.app.cli.options import AsJson, Device, ModelFile, NetOptions, choose_device, with_net_options
from tinydnn.files.whole import to_json


@with_net_options
def microscope(
    context: typer.Context,
    step_file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, metavar="[STEP]",
            help="An .npz of a step, as a Recorder writes it; it may have tensors of your own, as dense/z.",
        ),
    ] = None,
    model_file: ModelFile = None,
    *,
    net: NetOptions,
    device: Device = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Show every tensor of a training step: the first one of the net, or one from a file.

    Beside each tensor stand its formula, its line of code, its values and, if Keras is installed, Keras' values. Those
    of a file are compared, too: the exit code is 0 if they are tinydnn's but for roundings, and 1 if not.
    """
    from tinydnn.app import one_step

    choose_device(device)
    if step_file is None:
        if model_file is not None:
            raise typer.BadParameter("--model tells the net of a step; give the file of the step, too")
        run = net.prepared_run()
        title = f"Step 1 from seed {net.seed}: {{}} digits, {net.dtype}, {net.input} inputs"
        settings: dict[str, Any] = {**asdict(run.settings), "epochs": 1, "steps": 1}
        step = one_step.first_step(run)
    else:
        step, title, settings = _of_file(context, step_file, model_file, net)
    _show(step, title, settings, as_json)
    if step.found.off:
        raise typer.Exit(FAILED)


def _of_file(
    context: typer.Context, path: Path, model_file: Path | None, net: NetOptions
) -> tuple[Any, str, dict[str, Any]]:
    """The step of a file, its title, and what JSON tells of it."""
    from tinydnn.app import one_step
    from tinydnn.app.cli.recorded import net_of
    from tinydnn.inspect import diagnosis

    with wrong_use(ValueError):  # exit code 1 is kept for tensors that are not tinydnn's
        refuse(context, "the .npz tells it", "seed", "batch_size", "data")
        recorded = diagnosis.read(path)
        model = net_of(context, recorded, model_file, net, net.seed) or net.prepared_run().model
        title = f"Step {recorded.number} of {path}: {{}} samples, {model.dtype}"
        return one_step.step_of_file(model, recorded), title, {"file": str(path), "step": recorded.number}


def _show(step: Any, title: str, settings: dict[str, Any], as_json: bool) -> None:
    from tinydnn.inspect.microscope_table import table

    if as_json:
        tensors = [tensor.to_json() for tensor in step.tensors]
        off = [tensor.name for tensor in step.found.off]
        print(to_json({"settings": settings, "keras": step.keras, "off": off, "tensors": tensors}), end="")
        return
    print(title.format(step.samples))
    print(f"Next to {step.keras}" if step.keras else f"Without Keras' column. {step.missing}")
    Console(highlight=False).print(table(step.tensors))
    if step.found.allowed:
        print(step.found)
