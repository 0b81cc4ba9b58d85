"""`tinydnn diagnose`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tinydnn import models, utils
from tinydnn.app.cli.errors import FAILED, refuse, wrong_use
from tinydnn.app.cli.options import AsJson, NetOptions, with_net_options
from tinydnn.files.whole import to_json
from tinydnn.inspect.net import VALIDATION_SPLIT

_OF_THE_NET = "input", "hidden", "activation", "optimizer", "learning_rate", "loss", "last", "l2", "use_bias"


@with_net_options
def diagnose(
    context: typer.Context,
    step_file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, metavar="STEP",
            help="A .py with step(weights, x, y), or an .npz of the weights before and after a step and its batch.",
        ),
    ],
    model_file: Annotated[
        Path | None,
        typer.Option(
            "--model", metavar="FILE", exists=True, dir_okay=False,
            help="The net and how it is compiled, as written by to_json() of Keras or tinydnn.",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="How many steps a .py file takes, one after the other.")] = 3,
    *,
    net: NetOptions,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell whether the training steps of any program are Keras' steps.

    If not, say which mistakes explain them. The options describe the net and, for a .py file, the seed and the batches.
    The exit code is 0 if they are Keras' steps, and 1 if not.
    """
    from tinydnn.inspect import diagnosis, diagnosis_table

    recorded, seed = None, net.seed
    with wrong_use(ValueError, RuntimeError):  # exit code 1 is kept for steps that are not Keras'
        if step_file.suffix.lower() != ".py":
            refuse(context, "the .npz tells it", "seed", "batch_size", "steps")
            recorded = diagnosis.read(step_file)
            seed = seed if recorded.seed is None else recorded.seed
        run = net.prepared_run(seed)
        model: models.Model = run.model
        if model_file is not None:
            refuse(context, "--model tells it", *_OF_THE_NET)
            utils.set_random_seed(seed)
            model = models.model_from_json(model_file.read_text(encoding="utf-8"))
        taken = [recorded] if recorded else _taken(step_file, model, run.batches(steps), seed)
        samples = run.digits[0][0] if model_file is None else None
        found = diagnosis.diagnose(model, taken, samples, VALIDATION_SPLIT)
    if as_json:
        print(to_json({"right": found.right, "step": found.number, "mistakes": found.named, "reading": found.reading,
                       "remarks": found.remarks, "notes": found.notes,
                       "blurred": [gap.name for gap in found.blurred],
                       "weights": [asdict(gap) for gap in found.gaps]}), end="")  # fmt: skip
    else:
        print(diagnosis_table.diagnosed(found, taken))
    if not found.right:
        raise typer.Exit(FAILED)


def _taken(path: Path, model: models.Model, batches: list[tuple[Any, Any]], seed: int) -> list[Any]:
    """The steps that a file takes from the model's weights on these batches."""
    from tinydnn.inspect import diagnosis

    return diagnosis.of_file(path).steps(model.get_weights(), batches, seed)
