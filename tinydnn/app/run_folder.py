"""The folder of a training run: where it lies, and what its files hold.

run.json is written before the training: settings, seed and versions, everything that it takes to repeat the run.
checkpoint.npz stays for as long as the run can be resumed. At the end there are also model.keras, the log as
history.json and history.csv, and the results in run.json. A watched training adds watch.csv and watch.png.
"""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from tinydnn import callbacks, models
from tinydnn.callbacks.backup_and_restore import CHECKPOINT_FILE
from tinydnn.device.ranks import by_first
from tinydnn.files.locks import alone
from tinydnn.files.whole import FileFormatError, check_writable, to_json, write_whole
from tinydnn.inspect import info
from tinydnn.inspect.net import Settings
from tinydnn.inspect.watch import CSV_FILE, PLOT_FILE

DESCRIPTION_FILE, MODEL_FILE = "run.json", "model.keras"
LOG_FILE, LOG_TABLE_FILE = "history.json", "history.csv"
FILES = MODEL_FILE, LOG_FILE, LOG_TABLE_FILE, DESCRIPTION_FILE, CHECKPOINT_FILE, CSV_FILE, PLOT_FILE


# -- a new folder --------------------------------------------------------------------------------------


@contextmanager
def new(out: Path | None) -> Iterator[Path]:
    """Make a new run's folder and hold it; one that was made here goes again, if nothing was saved in it.

    out: the folder; None makes runs/ and the date and time, numbered if that is taken.

    Raises:
        FileExistsError: there is a file of that name, or the folder has a run in it.
        BlockingIOError: another process is at a run there.
        OSError: the folder can't be written to.
    """
    try:
        folder, made = (_make_unused(), True) if out is None else (out, _make(out))
        check_writable(folder / DESCRIPTION_FILE)
    except OSError as error:
        where = out or Path("runs")
        raise type(error)(f"Can't write to {str(where)!r}; name another folder with --out: {error}") from None
    try:
        with held(folder):
            taken = [name for name in FILES if (folder / name).exists()]
            if taken:
                raise FileExistsError(f"{str(folder)!r} has a {taken[0]} already; name another folder with --out")
            yield folder
    finally:
        if made:
            with suppress(OSError):  # there is something in it
                folder.rmdir()


def held(folder: Path) -> AbstractContextManager[None]:
    """Hold a run's folder: no other process trains in it or writes a report there meanwhile.

    Raises:
        BlockingIOError: another process does.
        OSError: the folder can't be written to.
    """
    return alone(folder / DESCRIPTION_FILE)


def _make(folder: Path) -> bool:
    """Make a folder, where it is missing; → whether it was."""
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
        return False
    return True


def _make_unused() -> Path:
    """Make a folder whose name no other run has, not even one that begins at the same moment."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    candidates = [Path("runs") / (name if i == 0 else f"{name}-{i}") for i in range(1000)]
    return next(folder for folder in candidates if _make(folder))


# -- its description -----------------------------------------------------------------------------------


def description(settings: Settings, results: dict[str, Any]) -> dict[str, Any]:
    """The contents of run.json, with the versions of everything that the results depend on."""
    return {"settings": asdict(settings), "results": results, "versions": info.collect()}


@by_first("describe a run")
def write_description(folder: Path, settings: Settings, results: dict[str, Any]) -> None:
    """Write run.json."""
    write_whole(folder / DESCRIPTION_FILE, to_json(description(settings, results)).encode())


def read_description(folder: Path) -> tuple[Settings, dict[str, Any], dict[str, Any]]:
    """The settings, results and versions in run.json.

    Raises:
        FileNotFoundError: there is no run.
        FileFormatError: run.json is damaged.
    """
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        raise FileNotFoundError(f"There is no {DESCRIPTION_FILE} in {str(folder)!r}, so there is no run")
    try:
        found = json.loads(path.read_bytes())
        return _settings(found["settings"]), _results(found["results"]), dict(found["versions"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FileFormatError(f"{path}: expected the description of a run. Found: {error}") from None


def _settings(values: dict[str, Any]) -> Settings:
    """Settings from run.json; one that this version doesn't know is an error, one that is missing came later."""
    known = {field.name for field in fields(Settings)}
    if not {"hidden"} <= set(values) <= known:
        raise ValueError(f"settings {sorted(values)}; expected {sorted(known)}")
    if not isinstance(values["hidden"], list):
        raise ValueError(f"hidden={values['hidden']!r}; expected a list of numbers")
    return Settings(**{**values, "hidden": tuple(values["hidden"])})


def _results(values: Any) -> dict[str, Any]:
    """Results from run.json; a run that is finished has them all."""
    results, numbers = dict(values), ("seconds", "epochs", "test_accuracy", "test_loss")
    for name in numbers if "test_accuracy" in results else results.keys() & {"seconds", "epochs"}:
        none = name == "test_loss" and results[name] is None  # it was infinite
        if not none and not isinstance(results[name], int | float):
            raise ValueError(f"{name}={results[name]!r}; expected a number")
    return results


# -- its log -------------------------------------------------------------------------------------------


@by_first("write the log of a run")
def write_log(folder: Path, history: callbacks.History) -> None:
    """Write the log of all whole epochs, as history.json and as history.csv."""
    write_whole(folder / LOG_FILE, to_json(history.history).encode())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = list(history.history)
    writer.writerow(["epoch", *names])
    for i, epoch in enumerate(history.epoch):
        writer.writerow([epoch + 1, *(history.history[name][i] for name in names)])
    write_whole(folder / LOG_TABLE_FILE, text.getvalue().encode())


def read_log(folder: Path) -> dict[str, list[float]]:
    """Loss, accuracy and any other figures of each whole epoch; there is at least one epoch.

    Raises:
        FileFormatError: there is no log or no whole epoch in it, or it is damaged.
    """
    path = folder / LOG_FILE
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = {}
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: expected the log of a run. Found: {error}") from None
    if found == {}:
        raise FileFormatError(
            f"{folder}: expected at least one whole epoch. Found: none; go on with `tinydnn train --resume {folder}`"
        )
    try:
        log = {name: [float(value) for value in values] for name, values in found.items()}
        lengths = {len(values) for values in (log["loss"], log["accuracy"], *log.values())}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileFormatError(
            f"{path}: expected lists of numbers, among them loss and accuracy. Found: {error}"
        ) from None
    if len(lengths) > 1 or lengths == {0}:
        raise FileFormatError(f"{path}: expected lists of one length. Found: {sorted(lengths)}")
    return log


# -- its model -----------------------------------------------------------------------------------------


def model_file(run: Path) -> Path:
    """The file with the model of a run folder; a .keras file itself.

    Raises:
        FileNotFoundError: there is no model.
    """
    path = run / MODEL_FILE if run.is_dir() else run
    if not path.is_file():
        begun = (run / DESCRIPTION_FILE).is_file()  # but killed before it could save its model
        advice, option = ("go on with", "--resume") if begun else ("train one with", "--out")
        raise FileNotFoundError(f"There is no {MODEL_FILE} in {str(run)!r}; {advice} `tinydnn train {option} {run}`")
    return path


def load_model(run: Path) -> models.Model:
    """The model of a run folder, or of a .keras file, not compiled; it takes digits.

    Raises:
        FileNotFoundError: there is no model.
        FileFormatError: the model is damaged, or takes something other than digits.
    """
    path = model_file(run)
    model = models.load_model(path, compile=False)  # nobody trains it
    if model.sample_shape != (28, 28) or model.output_shape != (None, 10):
        raise FileFormatError(
            f"{path}: expected a model from images (28, 28) to 10 probabilities. "
            f"Found: samples of shape {model.sample_shape}"
        )
    return model
