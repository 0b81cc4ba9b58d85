"""`tinydnn parity`."""

import io
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tinydnn.app import runs
from tinydnn.app.cli.errors import FAILED, wrong_use
from tinydnn.app.cli.options import Device, NetOptions, choose_device, with_net_options
from tinydnn.engine.data import split
from tinydnn.files.whole import check_writable, to_json, write_whole
from tinydnn.inspect import info
from tinydnn.inspect.net import VALIDATION_SPLIT, Settings, complete, targets_for

if TYPE_CHECKING:
    from keras_ref.result import Result
    from keras_ref.tolerances import Tolerance

_PLOT_FORMATS = ".png", ".svg", ".pdf"
_CHAOTIC = (
    "Raw grey values make this training chaotic: within some ten steps a rounding grows into a different run, even "
    "between two settings of Keras itself. So only one step is compared; --steps and --epochs take more"
)


@with_net_options
def parity(
    net: NetOptions,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes through the digits; by default 20, or one step on raw grey values."),
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="End after so many steps.")] = None,
    device: Device = None,
    keras_device: Annotated[
        Literal["cpu", "gpu", "auto"],
        typer.Option(help="Let Keras compute on this device; on a GPU without TensorFloat-32."),
    ] = "cpu",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write every difference to this file.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the differences after each step: .png, .svg or .pdf.")
    ] = None,
) -> None:
    """Compare a training on tinydnn and on Keras.

    Both train from the same seed in lock-step, and every number is compared after every step; needs Keras. The exit
    code is 0 if everything is within tolerance. Otherwise it is 1, and the first step beyond tolerance and the first
    tensor in it are named.
    """
    from keras_ref import engines
    from keras_ref.known import known_differences
    from keras_ref.tolerances import TRAINING, WALKTHROUGH
    from keras_ref.verdict import known_lines, verdict

    choose_device(device)
    engines.load_reference(keras_device)
    run = net.prepared_run()
    settings = run.settings
    with wrong_use(ValueError, OSError):
        _check_files(json_file, plot)
        epochs, steps = _length(run, epochs, steps)

    print(f"tinydnn and {engines.keras_version()}, both from seed {settings.seed}, {net.dtype}, {net.input} inputs")
    hidden = ",".join(map(str, settings.hidden)) or "none"
    print(f"hidden layers {hidden}, {net.activation}; {net.optimizer}, {net.batch_size} digits a step")
    for line in known_lines(known_differences(run.model)):
        print(line)
    print("apart: the largest difference, also in units of the last place of the largest value")
    scaled_walkthrough = (net.input, net.activation, net.optimizer) == ("scaled", "sigmoid", "rmsprop")
    tolerance = WALKTHROUGH if scaled_walkthrough else TRAINING
    result = _compare(run, epochs, steps, tolerance)
    print(verdict(result))
    if json_file is not None:
        found = {
            "settings": {**asdict(settings), "epochs": epochs, "steps": steps},
            "machine": info.collect(),
            **result.to_json(),
        }
        write_whole(json_file, to_json(found).encode())
    if plot is not None:
        write_whole(plot, _plot(result, settings, tolerance, plot.suffix))
    if result.beyond is not None:
        raise typer.Exit(FAILED)


def _check_files(json_file: Path | None, plot: Path | None) -> None:
    """Check before the work that both files can be written.

    Raises:
        ValueError: the plot is not a .png, .svg or .pdf, or both are the same file.
        OSError: a file can't be written there.
    """
    if plot is not None and plot.suffix.lower() not in _PLOT_FORMATS:
        raise ValueError(f"--plot expects a file that ends in {', '.join(_PLOT_FORMATS)}. Received: {str(plot)!r}")
    if plot is not None and plot == json_file:
        raise ValueError(f"--json and --plot expect two files. Received: {str(plot)!r} twice")
    for file in filter(None, (json_file, plot)):
        check_writable(file)


def _length(run: runs.Run, epochs: int | None, steps: int | None) -> tuple[int, int | None]:
    """The number of epochs, and of the step to end after; by default 20 epochs, or one step on raw grey values.

    Raises:
        ValueError: the epochs have fewer steps.
    """
    if epochs is None and steps is None and run.settings.input == "raw":
        print(_CHAOTIC)
        steps = 1
    (x, y), _ = run.digits
    steps_per_epoch = math.ceil(len(split(x, y, VALIDATION_SPLIT)[0]) / run.settings.batch_size)
    if epochs is None:
        epochs = 20 if steps is None else math.ceil(steps / steps_per_epoch)
    if steps is not None and steps > (most := epochs * steps_per_epoch):
        s = "s" * (epochs > 1)
        raise ValueError(f"--steps expects at most {most}, the steps of {epochs} epoch{s}. Received: {steps}")
    return epochs, steps


def _compare(run: runs.Run, epochs: int, steps: int | None, tolerance: "Tolerance") -> "Result":
    """Compare the engines on a run's net and digits; print each epoch at its end."""
    from keras_ref.parity import compare
    from keras_ref.verdict import epoch_lines

    (x, y), _ = run.digits
    settings = run.settings
    assert settings.seed is not None, "Run chooses one if none is given"
    return compare(
        lambda keras: complete(keras, keras.models.Sequential(), settings),
        x,
        targets_for(run.model, y),
        seed=settings.seed,
        dtype=settings.dtype,
        epochs=epochs,
        batch_size=settings.batch_size,
        steps=steps,
        validation_split=VALIDATION_SPLIT,
        tolerance=tolerance,
        on_epoch=lambda epoch: print(epoch_lines(epoch, epochs), flush=True),
    )


def _plot(result: "Result", settings: Settings, tolerance: "Tolerance", suffix: str) -> bytes:
    """The differences after each step, as a file of this kind."""
    from keras_ref.result import PARTS
    from tinydnn.inspect import figures

    series = {part: [step.differences[part].absolute for step in result.steps] for part in PARTS}
    title = f"tinydnn and {result.versions['keras']}, {settings.dtype}"
    figure = figures.differences(series, tolerance.limit(settings.dtype, 1.0), title)
    content = io.BytesIO()
    with figures.own_style():
        figure.savefig(content, format=suffix.removeprefix(".").lower(), dpi=150)
    return content.getvalue()
