"""What `tinydnn parity` does: the comparison on digits, printed as it goes, and written to files."""

import io
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.backend_bases import FigureCanvasBase

from keras_ref.engines import keras_version
from keras_ref.parity import Beyond, Epoch, Report, compare
from keras_ref.tolerances import TABLE, TRAINING, WALKTHROUGH, Tolerance
from tinydnn import figures, info, runs, utils
from tinydnn.data import split
from tinydnn.files import to_json, write_whole
from tinydnn.progress import figure
from tinydnn.saving import KERAS_VERSION

PARTS = {"loss": "loss", "accuracy": "accuracy", "weights": "weights", "state": "optimizer"}

_CHAOTIC = (
    "Raw grey values make this training chaotic: within some ten steps a rounding grows into a different run, in Keras "
    "too, from one of its own settings to another. So one step is compared; --steps and --epochs go on from there"
)


def parity(run: runs.Run, epochs: int | None, steps: int | None, json_file: Path | None, plot: Path | None) -> bool:
    """Compare the engines on a run's net and digits; whether all is within tolerance.

    epochs, steps: None takes 20 epochs, or on raw grey values one step.
    """
    settings = run.settings
    (x, y), _ = run.digits
    if epochs is None and steps is None and settings.input == "raw":
        print(_CHAOTIC)
        steps = 1
    if epochs is None:
        steps_an_epoch = math.ceil(len(split(x, y, 0.2)[0]) / settings.batch_size)
        epochs = 20 if steps is None else math.ceil(steps / steps_an_epoch)
    hidden = ",".join(map(str, settings.hidden)) or "none"
    print(f"tinydnn and {keras_version()}, both from seed {settings.seed}, {settings.dtype}, {settings.input} inputs")
    print(f"hidden layers {hidden}, {settings.activation}; {settings.optimizer}, {settings.batch_size} digits a step")
    print("apart: the largest difference, also in units of the last place of the largest value")
    scaled_walkthrough = (settings.input, settings.activation, settings.optimizer) == ("scaled", "sigmoid", "rmsprop")
    tolerance = WALKTHROUGH if scaled_walkthrough else TRAINING
    report = compare(
        lambda keras: runs.complete(keras, keras.models.Sequential(), settings),
        x,
        utils.to_categorical(y, 10),
        seed=settings.seed or 0,
        dtype=settings.dtype,
        epochs=epochs,
        batch_size=settings.batch_size,
        steps=steps,
        validation_split=0.2,
        tolerance=tolerance,
        on_epoch=lambda epoch: print(epoch_lines(epoch, epochs), flush=True),
    )
    print(verdict(report))
    if json_file is not None:
        found = {"settings": asdict(settings), "machine": info.collect(), **as_dict(report)}
        write_whole(json_file, to_json(found).encode())
    if plot is not None:
        write_whole(plot, _drawn(report, settings.dtype, tolerance, plot.suffix))
    return report.beyond is None


def check_format(plot: Path) -> None:
    """Raise a ValueError unless matplotlib can draw to a file of this name."""
    formats = sorted(FigureCanvasBase.get_supported_filetypes())
    if plot.suffix.removeprefix(".").lower() not in formats:
        raise ValueError(f"--plot expects a file that ends in one of .{', .'.join(formats)}. Received: {str(plot)!r}")


def epoch_lines(epoch: Epoch, epochs: int) -> str:
    """Both logs of an epoch, one below the other, and the largest differences in it."""
    lines = [f"Epoch {epoch.number}/{epochs}, {epoch.steps} steps"]
    for name, log in (("tinydnn", epoch.logs["tinydnn"]), ("Keras", epoch.logs["keras"])):
        lines.append(f"  {name:9}{' - '.join(f'{key}: {figure(value)}' for key, value in log.items())}")
    found = ", ".join(f"{shown} {getattr(epoch.largest, name)}" for name, shown in PARTS.items())
    return "\n".join([*lines, f"  apart    {found}"])


def verdict(report: Report) -> str:
    """The printed figures that differ, and what is beyond tolerance, if anything."""
    count, unequal = report.printed()
    lines = [f"{count - len(unequal)} of {count} figures of the logs are printed alike"]
    lines += [f"  not {name} of epoch {epoch}: {ours!r} and {theirs!r}" for epoch, name, ours, theirs in unequal]
    lines += (
        ["All is within tolerance"] if report.beyond is None else _explained(report.beyond, report.versions["keras"])
    )
    return "\n".join(lines)


def _explained(beyond: Beyond, keras: str) -> list[str]:
    place = f"step {beyond.step}" if beyond.step else "before the first step"
    lines = [f"Beyond tolerance: {place}, {beyond.tensor}: {beyond.difference} apart, {beyond.tolerance:.1e} allowed"]
    if beyond.step == 0:
        lines.append(
            f"It should be drawn from the seed by the rules of Keras {KERAS_VERSION} on TensorFlow 2.21, which tinydnn "
            f"follows. This is {keras}"
        )
    if beyond.drift:
        lines.append(
            "The step itself is right: from Keras' weights before it, on the rows that come next, every tensor is "
            "within tolerance. So other rows came, the log is averaged by other rules, or roundings of the steps "
            "before have grown, as they do on raw grey values"
        )
    if beyond.kink is not None:
        lines.append(
            f"It need be no mistake: a number of {beyond.kink} is above 0 in one engine and 0 in the other. If its z "
            "is 0 but for a rounding, that is relu's kink; in float64 it is rare"
        )
    return lines


def as_dict(report: Report) -> dict[str, Any]:
    """The whole report, for JSON."""
    count, unequal = report.printed()
    return {
        "versions": report.versions,
        "tolerances": [asdict(tolerance) for tolerance in TABLE],
        "epochs": [{"epoch": each.number, **each.logs, "largest": asdict(each.largest)} for each in report.epochs],
        "steps": {
            name: {kind: [getattr(getattr(step, name), kind) for step in report.steps] for kind in ("absolute", "ulps")}
            for name in PARTS
        },
        "printed": {
            "figures": count,
            "unequal": [dict(zip(("epoch", "name", "tinydnn", "keras"), entry, strict=True)) for entry in unequal],
        },
        "beyond": None if report.beyond is None else asdict(report.beyond),
    }


def _drawn(report: Report, dtype: str, tolerance: Tolerance, suffix: str) -> bytes:
    series = {shown: [getattr(step, name).absolute for step in report.steps] for name, shown in PARTS.items()}
    drawing = figures.differences(
        series, tolerance.limit(dtype, 1.0), f"tinydnn and {report.versions['keras']}, {dtype}"
    )
    content = io.BytesIO()
    drawing.savefig(content, format=suffix.removeprefix("."), dpi=150)
    return content.getvalue()
