"""`tinydnn diagnose`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from tinydnn import models, utils
from tinydnn.app.cli.errors import FAILED, refuse, wrong_use
from tinydnn.app.cli.options import AsJson, NetOptions, with_net_options
from tinydnn.files.whole import to_json
from tinydnn.inspect.net import VALIDATION_SPLIT


@with_net_options
def diagnose(
    context: typer.Context,
    step_file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="STEP",
            help="An .npz of the weights before and after a step and its batch, or a .py with step(weights, x, y).",
        ),
    ],
    model_file: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="FILE", exists=True, dir_okay=False,
            help="The net and how it is compiled, as written by to_json() of Keras or tinydnn.",
        ),
    ] = None,
    *,
    net: NetOptions,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell whether a training step of any program is Keras' step.

    If not, say which mistakes explain it. The options describe the net and, for a .py file, the seed and the batch.
    The exit code is 0 if it is Keras' step, and 1 if not.
    """
    from tinydnn.inspect import diagnosis, diagnosis_table

    step, seed = None, net.seed
    with wrong_use(ValueError, RuntimeError):  # exit code 1 is kept for a step that is not Keras'
        if step_file.suffix.lower() != ".py":
            refuse(context, "the .npz tells it", "seed", "batch_size")
            step = diagnosis.read(step_file)
            seed = seed if step.seed is None else step.seed
        run = net.prepared_run(seed)
        model: models.Model = run.model
        if model_file is not None:
            refuse(context, "--model tells it", "input", "hidden", "activation", "optimizer")
            utils.set_random_seed(seed)
            model = models.model_from_json(model_file.read_text(encoding="utf-8"))
        step = step or diagnosis.of_script(step_file, model, *run.first_batch(), seed)
        samples = run.digits[0][0] if model_file is None else None
        found = diagnosis.diagnose(model, step, samples, VALIDATION_SPLIT)
    if as_json:
        print(to_json({"right": found.right, "mistakes": found.named, "remarks": found.remarks,
                       "blurred": [gap.name for gap in found.blurred],
                       "weights": [asdict(gap) for gap in found.gaps]}), end="")  # fmt: skip
    else:
        print(diagnosis_table.diagnosed(found, step))
    if not found.right:
        raise typer.Exit(FAILED)
