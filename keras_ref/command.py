"""What `tinydnn parity` does: the comparison on digits, printed as it goes, and written to files."""

import io
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from keras_ref.engines import Engine, keras_version
from keras_ref.parity import PARTS, Beyond, Epoch, Report, compare
from keras_ref.tolerances import TABLE, TRAINING, WALKTHROUGH, Tolerance
from tinydnn import utils
from tinydnn.app import runs
from tinydnn.engine.data import split
from tinydnn.files.keras3 import KERAS_VERSION
from tinydnn.files.whole import check_writable, to_json, write_whole
from tinydnn.inspect import figures, info, net
from tinydnn.inspect.differences import NOT_COMPARABLE
from tinydnn.utils.progbar import figure

_DRAWN_FORMATS = ".png", ".svg", ".pdf"
_CHAOTIC = (
    "Raw grey values make this training chaotic: within some ten steps a rounding grows into a different run, in Keras "
    "too, from one of its own settings to another. So one step is compared; --steps and --epochs go on from there"
)


def length(run: runs.Run, epochs: int | None, steps: int | None) -> tuple[int, int | None]:
    """How many epochs to train, and after which step to end; on raw grey values after one, if nobody says.

    Raises:
        ValueError: the epochs have not that many steps.
    """
    (x, y), _ = run.digits
    if epochs is None and steps is None and run.settings.input == "raw":
        print(_CHAOTIC)
        steps = 1
    an_epoch = math.ceil(len(split(x, y, net.VALIDATION_SPLIT)[0]) / run.settings.batch_size)
    if epochs is None:
        epochs = 20 if steps is None else math.ceil(steps / an_epoch)
    if steps is not None and steps > epochs * an_epoch:
        raise ValueError(f"--steps expects at most {epochs * an_epoch}, what {epochs} epochs have. Received: {steps}")
    return epochs, steps


def parity(run: runs.Run, epochs: int, steps: int | None, json_file: Path | None, plot: Path | None) -> bool:
    """Compare the engines on a run's net and digits; whether all is within tolerance."""
    settings, seed = run.settings, run.settings.seed
    assert seed is not None, "Run chooses one where none was given"
    (x, y), _ = run.digits
    hidden = ",".join(map(str, settings.hidden)) or "none"
    print(f"tinydnn and {keras_version()}, both from seed {seed}, {settings.dtype}, {settings.input} inputs")
    print(f"hidden layers {hidden}, {settings.activation}; {settings.optimizer}, {settings.batch_size} digits a step")
    print("apart: the largest difference, also in units of the last place of the largest value")
    scaled_walkthrough = (settings.input, settings.activation, settings.optimizer) == ("scaled", "sigmoid", "rmsprop")
    tolerance = WALKTHROUGH if scaled_walkthrough else TRAINING
    report = compare(
        lambda keras: net.complete(keras, keras.models.Sequential(), settings),
        x,
        utils.to_categorical(y, 10),
        seed=seed,
        dtype=settings.dtype,
        epochs=epochs,
        batch_size=settings.batch_size,
        steps=steps,
        validation_split=net.VALIDATION_SPLIT,
        tolerance=tolerance,
        on_epoch=lambda epoch: print(epoch_lines(epoch, epochs), flush=True),
    )
    print(verdict(report))
    if json_file is not None:
        found = {
            "settings": {**asdict(settings), "epochs": epochs, "steps": steps},
            "machine": info.collect(),
            **as_dict(report),
        }
        write_whole(json_file, to_json(found).encode())
    if plot is not None:
        write_whole(plot, _drawn(report, settings.dtype, tolerance, plot.suffix))
    return report.beyond is None


def check_files(json_file: Path | None, plot: Path | None) -> None:
    """See that both files can be written, before the work.

    Raises:
        ValueError: the plot is of another kind than .png, .svg or .pdf, or both are one file.
        OSError: a file can't be written there.
    """
    if plot is not None and plot.suffix.lower() not in _DRAWN_FORMATS:
        raise ValueError(f"--plot expects a file that ends in {', '.join(_DRAWN_FORMATS)}. Received: {str(plot)!r}")
    if plot is not None and plot == json_file:
        raise ValueError(f"--json and --plot expect two files. Received: {str(plot)!r} twice")
    for file in filter(None, (json_file, plot)):
        check_writable(file)


def epoch_lines(epoch: Epoch, epochs: int) -> str:
    """Both logs of an epoch, one below the other, and the largest differences in it."""
    lines = [f"Epoch {epoch.number}/{epochs}, {epoch.steps} step{'s' * (epoch.steps > 1)}"]
    for name, log in (("tinydnn", epoch.logs["tinydnn"]), ("Keras", epoch.logs["keras"])):
        lines.append(f"  {name:9}{' - '.join(f'{key}: {figure(value)}' for key, value in log.items())}")
    found = ", ".join(f"{part} {each}" for part, each in epoch.differences.items())
    return "\n".join([*lines, f"  apart    {found}"])


def verdict(report: Report) -> str:
    """The printed figures that differ, and what is beyond tolerance, if anything."""
    count, unequal = report.printed()
    lines = [f"{count - len(unequal)} of {count} figures of the logs are printed alike"] if count else []
    lines += [f"  not {name} of epoch {epoch}: {ours!r} and {theirs!r}" for epoch, name, ours, theirs in unequal]
    lines += ["All is within tolerance"] if report.beyond is None else [_explained(report.beyond, report.versions)]
    lines += [] if report.ended is None else [f"The comparison ended after {len(report.steps)} steps. {report.ended}"]
    return "\n".join(lines)


def _explained(beyond: Beyond, versions: dict[Engine, str]) -> str:
    place = f"step {beyond.step}" if beyond.step else "before the first step"
    how = f"{beyond.difference} apart, {beyond.tolerance:.1e} allowed"
    if beyond.difference == NOT_COMPARABLE:
        how = "shapes, dtypes, or places of NaN and infinity differ"
    lines = [f"Beyond tolerance: {place}, {beyond.tensor}: {how}"]
    if beyond.step == 0:
        lines.append(
            f"It should be drawn from the seed by the rules of Keras {KERAS_VERSION} on TensorFlow 2.21, which tinydnn "
            f"follows. This is {versions['keras']}"
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
    return "\n".join(lines)


def as_dict(report: Report) -> dict[str, Any]:
    """The whole report, for JSON."""
    count, unequal = report.printed()
    return {
        "versions": report.versions,
        "tolerances": [asdict(tolerance) for tolerance in TABLE],
        "epochs": [
            {"epoch": each.number, **each.logs, "differences": {k: asdict(v) for k, v in each.differences.items()}}
            for each in report.epochs
        ],
        "steps": {
            part: {
                kind: [getattr(step.differences[part], kind) for step in report.steps] for kind in ("absolute", "ulps")
            }
            for part in PARTS
        },
        "printed": {
            "figures": count,
            "unequal": [dict(zip(("epoch", "name", "tinydnn", "keras"), entry, strict=True)) for entry in unequal],
        },
        "ended": report.ended,
        "beyond": None if report.beyond is None else asdict(report.beyond),
    }


def _drawn(report: Report, dtype: str, tolerance: Tolerance, suffix: str) -> bytes:
    series = {part: [step.differences[part].absolute for step in report.steps] for part in PARTS}
    drawing = figures.differences(
        series, tolerance.limit(dtype, 1.0), f"tinydnn and {report.versions['keras']}, {dtype}"
    )
    content = io.BytesIO()
    drawing.savefig(content, format=suffix.removeprefix(".").lower(), dpi=150)
    return content.getvalue()
