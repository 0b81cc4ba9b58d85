"""A training run on digits, from its settings to its folder.

The folder has run.json from the beginning: settings, seed and versions, all that it takes to repeat the run;
checkpoint.npz as long as the run can be resumed; and at the end model.keras, the log as history.json and
history.csv, and the results in run.json; of a training that was watched watch.csv and watch.png too.
"""

import csv
import hashlib
import io
import json
import random
import time
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import tinydnn
from tinydnn import callbacks, datasets, models, utils
from tinydnn.callbacks import CHECKPOINT_FILE
from tinydnn.engine.data import split
from tinydnn.engine.interrupts import deferred_interrupt
from tinydnn.files import checkpoints
from tinydnn.files.whole import FileFormatError, check_writable, to_json, write_whole
from tinydnn.inspect import info
from tinydnn.inspect.net import VALIDATION_SPLIT, Settings, make_model
from tinydnn.inspect.watch import CSV_FILE, PLOT_FILE, Watch

MODEL_FILE = "model.keras"
_NEVER = 2**63  # steps
DESCRIPTION_FILE = "run.json"
FILES = MODEL_FILE, "history.json", "history.csv", DESCRIPTION_FILE, CHECKPOINT_FILE, CSV_FILE, PLOT_FILE


class Stopwatch(callbacks.Callback):
    """The seconds that a training has taken, those before it was resumed included."""

    kept = {"seconds": float}
    _began = 0.0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._began = time.perf_counter() - seconds


class Run:
    """One training: the model is made and compiled at once, so wrong settings show before anything is loaded."""

    def __init__(self, settings: Settings) -> None:
        if settings.seed is None:
            settings.seed = random.SystemRandom().randrange(2**31)
        self.settings = settings
        utils.set_random_seed(settings.seed)
        self.model = make_model(settings)
        # Another device, or number of threads, would round differently.
        settings.device = self.model.device
        settings.threads = self.model.threads = self.model.threads_for(settings.batch_size)
        self.history = callbacks.History()
        self.results: dict[str, Any] = {}
        self.saved = False

    @classmethod
    def resumed(cls, folder: Path) -> "Run":
        """The run of a folder, with its settings; `train` goes on from its checkpoint, or from the beginning.

        Raises:
            FileNotFoundError: there is no run.
            FileFormatError: run.json is damaged.
        """
        settings, results, _ = described(folder)
        try:
            run = cls(settings)
        except (ValueError, TypeError) as error:
            raise FileFormatError(f"{folder / DESCRIPTION_FILE}: expected a run's settings. Found: {error}") from None
        run.results = results
        if run.finished:
            run.history.history = log(folder)
        run.saved = True
        return run

    @property
    def finished(self) -> bool:
        """Whether all is done: the test on the test digits comes last."""
        return "test_accuracy" in self.results

    def load_data(self) -> None:
        """Read the digits, and check that this net can learn them.

        Raises:
            FileFormatError: a damaged file, images of another size, other labels than 0 to 9, or none at all.
        """
        self.digits = datasets.mnist.load_data(self.settings.data)
        for name, (x, y) in zip(("train", "test"), self.digits, strict=True):
            if x.shape[1:] != (28, 28) or len(x) < 2 or y.max() > 9:
                raise FileFormatError(
                    f"{self.settings.data}: expected {name} images of 28 x 28 with labels from 0 to 9. "
                    f"Found: {len(x)} of {x.shape[1]} x {x.shape[2]}, labels up to {y.max(initial=0)}"
                )

    def first_batch(self) -> tuple[Any, Any]:
        """The digits of the first step that `train` takes, and their targets."""
        (x, y), _ = self.digits
        (x, y, _) = split(x, utils.to_categorical(y, 10), VALIDATION_SPLIT)
        rows = tinydnn.random.permutation(len(x))[: self.settings.batch_size]
        return x[rows], y[rows]

    def train(self, folder: Path, verbose: int | str, watch: Watch | None = None) -> None:
        """Train, write the run's folder, evaluate on the test digits, and note the result in run.json.

        Where the folder has a checkpoint, the training goes on from there. Whatever ends it, the folder gets what
        there is: the model after its last whole step, the log of the whole epochs, a checkpoint to resume from.
        Ctrl-C is put off while files are written. A watch looks on, and writes its files into the folder too; what it
        saw before the run was cut off is in them.
        """
        (x, y), (x_test, y_test) = self.digits
        stopwatch, every = Stopwatch(), self.settings.checkpoint_every
        backup = callbacks.BackupAndRestore(folder, save_freq=every or _NEVER, delete_checkpoint=False)
        for left_over in folder.glob(".*.part"):  # of a run that was killed while it wrote
            left_over.unlink()
        if watch is not None:
            watch.load(folder)
        write_whole(folder / DESCRIPTION_FILE, to_json(self.description()).encode())
        with deferred_interrupt() as interrupt:
            try:
                self.model.fit(
                    x,
                    utils.to_categorical(y, 10),
                    epochs=self.settings.epochs,
                    batch_size=self.settings.batch_size,
                    validation_split=VALIDATION_SPLIT,
                    verbose=verbose,
                    callbacks=[self.history, stopwatch, *([watch] if watch is not None else []), backup],
                )
            finally:
                interrupt.patient = True
                if self.model.optimizer is not None and self.model.optimizer.iterations:
                    self.results["seconds"] = round(stopwatch.seconds, 3)
                    self.results["epochs"] = len(self.history.epoch)
                    self.save(folder)
                    if watch is not None:
                        watch.save(folder)
                elif (folder / CHECKPOINT_FILE).exists():
                    self.saved = True
                elif not self.saved:
                    (folder / DESCRIPTION_FILE).unlink()
            test = self.model.evaluate(x_test, utils.to_categorical(y_test, 10), verbose=0, return_dict=True)
            self.results |= {"test_accuracy": test["accuracy"], "test_loss": test["loss"]}
            write_whole(folder / DESCRIPTION_FILE, to_json(self.description()).encode())
            with suppress(FileNotFoundError):
                (folder / CHECKPOINT_FILE).unlink()

    def save(self, folder: Path) -> None:
        """Write the run's folder."""
        self.results["weights_sha256"] = hashlib.sha256(
            self.model.backend.to_numpy(self.model.parameters).tobytes()
        ).hexdigest()
        training = self.model.training
        if training is not None and training.whole and self.model.weights_are_finite():
            with suppress(FloatingPointError):  # a loss was infinite, and the model has gone back
                checkpoints.write(folder / CHECKPOINT_FILE, training.state())
        self.model.save(folder / MODEL_FILE)
        write_whole(folder / "history.json", to_json(self.history.history).encode())
        write_whole(folder / "history.csv", self._csv())
        write_whole(folder / DESCRIPTION_FILE, to_json(self.description()).encode())
        self.saved = True

    def description(self) -> dict[str, Any]:
        """What run.json holds."""
        return {"settings": asdict(self.settings), "results": self.results, "versions": info.collect()}

    def _csv(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = list(self.history.history)
        writer.writerow(["epoch", *names])
        for i, epoch in enumerate(self.history.epoch):
            writer.writerow([epoch + 1, *(self.history.history[name][i] for name in names)])
        return text.getvalue().encode()


def described(folder: Path) -> tuple[Settings, dict[str, Any], dict[str, Any]]:
    """The settings, results and versions of a run's folder.

    Raises:
        FileNotFoundError: there is no run.
        FileFormatError: run.json is damaged.
    """
    path = folder / DESCRIPTION_FILE
    if not path.is_file():
        raise FileNotFoundError(f"There is no {DESCRIPTION_FILE} in {str(folder)!r}, so there is no run")
    try:
        found = json.loads(path.read_bytes())
        return _settings(found["settings"]), dict(found["results"]), dict(found["versions"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FileFormatError(f"{path}: expected the description of a run. Found: {error}") from None


def log(folder: Path) -> dict[str, list[float]]:
    """The loss, accuracy and the like of each whole epoch of a run's folder, one at least.

    Raises:
        FileFormatError: there is none, or it is damaged.
    """
    path = folder / "history.json"
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        found = {}
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: expected the log of a run. Found: {error}") from None
    if found == {}:
        raise FileFormatError(
            f"{folder}: expected a whole epoch. Found: none; `tinydnn train --resume {folder}` goes on"
        )
    try:
        history = {name: [float(value) for value in values] for name, values in found.items()}
        lengths = {len(values) for values in (history["loss"], history["accuracy"], *history.values())}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileFormatError(
            f"{path}: expected lists of numbers, loss and accuracy among them. Found: {error}"
        ) from None
    if len(lengths) > 1 or lengths == {0}:
        raise FileFormatError(f"{path}: expected lists of one length. Found: {sorted(lengths)}")
    return history


def _settings(values: dict[str, Any]) -> Settings:
    """Settings from run.json; what a later version doesn't know is an error."""
    known = {field.name for field in fields(Settings)}
    if set(values) != known:
        raise ValueError(f"settings {sorted(values)}; expected {sorted(known)}")
    return Settings(**{**values, "hidden": tuple(values["hidden"])})


def prepare_folder(folder: Path) -> None:
    """Make the folder, and see that a run can be written there, before the training and not after it.

    Raises:
        FileExistsError: a file of that name, or a run in that folder.
        OSError: it can't be written to.
    """
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise FileExistsError(f"{str(folder)!r} has a {there[0]} already; name another folder with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_writable(folder / DESCRIPTION_FILE)
    except OSError as error:
        raise type(error)(f"Can't write to {str(folder)!r}; name another folder with --out: {error}") from None


def new_folder() -> Path:
    """A folder for a run that was given none: runs/ and the date and time, free of other runs."""
    name = time.strftime("%Y-%m-%d-%H%M%S")
    candidates = [Path("runs") / (name if i == 0 else f"{name}-{i}") for i in range(1000)]
    return next(folder for folder in candidates if not folder.exists())


def load_model(run: Path) -> models.Sequential:
    """The model of a run's folder, or of a .keras file, that takes digits.

    Raises:
        FileNotFoundError: there is none.
        FileFormatError: it is damaged, or takes something else.
    """
    path = run / MODEL_FILE if run.is_dir() else run
    if not path.is_file():
        begun = (run / DESCRIPTION_FILE).is_file()  # and killed before it could save
        raise FileNotFoundError(
            f"There is no {MODEL_FILE} in {str(run)!r}; "
            + (f"go on with `tinydnn train --resume {run}`" if begun else f"train one with `tinydnn train --out {run}`")
        )
    model = models.load_model(path)
    if model.sample_shape != (28, 28) or model.output_shape != (None, 10):
        raise FileFormatError(
            f"{path}: expected a model from images (28, 28) to 10 probabilities. "
            f"Found: samples of shape {model.sample_shape}"
        )
    return model
