"""`tinydnn diagnose`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tinydnn.app.cli.errors import FAILED, refuse, wrong_use
from tinydnn.app.cli.options import AsJson, ModelFile, NetOptions, with_net_options
from tinydnn.app.cli.recorded import net_of
from tinydnn.files.whole import to_json
from tinydnn.inspect.diagnosis import Step
from tinydnn.inspect.net import DIGITS, VALIDATION_SPLIT


@with_net_options
def diagnose(
    context: typer.Context,
    program: Annotated[
        list[Path],
        typer.Argument(
            exists=True, dir_okay=False, metavar="PROGRAM",
            help="A .py with step(weights, x, y), gradients(weights, x, y) or forward(weights, x), or an .npz of the "
            "weights before and after a step and its batch; of several steps, an .npz each.",
        ),
    ],
    model_file: ModelFile = None,
    steps: Annotated[int, typer.Option(min=1, help="How many steps a .py file takes, one after the other.")] = 3,
    *,
    net: NetOptions,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Tell whether the training steps of any program are Keras' steps, or its gradients or outputs Keras'.

    If not, say which mistakes explain them. The options describe the net and, for a .py file, the seed and the batches.
    The exit code is 0 if they are Keras', and 1 if not.
    """
    from tinydnn.inspect import diagnosis

    recorded, seed = [], net.seed
    with wrong_use(ValueError, RuntimeError):  # exit code 1 is kept for what is not Keras'
        if any(path.suffix.lower() != ".py" for path in program):
            refuse(context, "the .npz tells it", "seed", "batch_size", "steps")
            recorded = _in_a_row([diagnosis.read(path) for path in program])
            seed = seed if recorded[0].seed is None else recorded[0].seed
        elif len(program) > 1:
            raise ValueError(f"diagnose expects one program, or files of steps. Received: {len(program)} programs")
        run = net.prepared_run(seed)
        told = net_of(context, recorded[0] if recorded else None, model_file, net, seed)
        model = run.model if told is None else told
        samples = run.digits[0][0] if told is None and model.sample_shape in DIGITS else None
        if recorded:
            found = diagnosis.diagnose(model, recorded, samples, VALIDATION_SPLIT)
        else:
            learner = diagnosis.of_file(program[0])
            batches = run.batches(steps, model)
            found = diagnosis.compared(learner, model, batches, seed, samples, VALIDATION_SPLIT)
    print(to_json(_as_dict(found)) if as_json else found, end="" if as_json else "\n")
    if not found.right:
        raise typer.Exit(FAILED)


def _in_a_row(steps: list[Step]) -> list[Step]:
    """The steps in the order of their numbers."""
    steps = sorted(steps, key=lambda step: step.number)
    numbers = [step.number for step in steps]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError(f"diagnose expects steps that follow one another. Received: {', '.join(map(str, numbers))}")
    return steps


def _as_dict(found: Any) -> dict[str, Any]:
    return {
        "right": found.right, "kind": found.kind, "step": found.number, "mistakes": found.named,
        "reading": found.reading, "remarks": found.remarks, "notes": found.notes,
        "blurred": [gap.name for gap in found.blurred], "weights": [asdict(gap) for gap in found.gaps],
    }  # fmt: skip
