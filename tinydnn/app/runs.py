"""A training run on digits: from its settings to its folder, and on from there if it was interrupted."""

import hashlib
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import tinydnn
from tinydnn import callbacks, utils
from tinydnn.app import run_folder
from tinydnn.callbacks.backup_and_restore import CHECKPOINT_FILE
from tinydnn.device import ranks
from tinydnn.device.interrupts import deferred_interrupt
from tinydnn.engine.data import split
from tinydnn.files import checkpoints
from tinydnn.files.whole import FileFormatError
from tinydnn.inspect.net import Settings, load_digits, make_model, samples_for, scheduled, targets_for
from tinydnn.inspect.watch import Watch
from tinydnn.models import Model

_NEVER = 2**63  # steps


class Stopwatch(callbacks.Callback):
    """Seconds of training so far, including those before the run was resumed."""

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
    """One training. The model is built and compiled at once, so that wrong settings show before any data is read."""

    def __init__(self, settings: Settings) -> None:
        if settings.seed is None:
            settings.seed = ranks.current().first_does("draw a seed", lambda: random.SystemRandom().randrange(2**31))
        self.settings = settings
        utils.set_random_seed(settings.seed)
        self.model = make_model(settings)
        # The settings name them, as another device or number of threads or ranks would round differently.
        settings.device = self.model.device
        rows = -(-settings.batch_size // ranks.current().size)
        settings.threads = self.model.threads = self.model.threads_for(rows)
        settings.ranks = ranks.current().size
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
        settings, results, _ = run_folder.read_description(folder)
        try:
            run = cls(settings)
        except (ValueError, TypeError, MemoryError) as error:
            path = folder / run_folder.DESCRIPTION_FILE
            raise FileFormatError(f"{path}: expected a run's settings. Found: {error}") from None
        run.results = results
        if run.finished:
            run.history.history = run_folder.read_log(folder)
        run.saved = True
        return run

    @property
    def finished(self) -> bool:
        """Whether everything is done; the last thing is the evaluation on the test digits."""
        return "test_accuracy" in self.results

    def load_data(self) -> None:
        """Read the digits.

        Raises:
            FileFormatError: the file is damaged, images have another size, labels are not 0 to 9, or there are too few.
        """
        self.digits = load_digits(self.settings.data)

    def first_batch(self) -> tuple[Any, Any]:
        """The digits of the first step that `train` takes, and their targets."""
        return self.batches(1)[0]

    def batches(self, count: int, model: Model | None = None) -> list[tuple[Any, Any]]:
        """The digits of the first steps that `train` takes, and their targets.

        model: the model that takes them, which may be another than the run's.
        """
        (x, y), _ = self.digits
        if self.settings.validation_split:
            x, y, _ = split(x, y, self.settings.validation_split)
        size = self.settings.batch_size
        rows = tinydnn.random.first_order(len(x))[: count * size]
        x, y = samples_for(self.model if model is None else model, x[rows], y[rows])
        return [(x[i : i + size], y[i : i + size]) for i in range(0, len(rows), size)]

    def train(self, folder: Path, verbose: int | str, watch: Watch | None = None) -> None:
        """Train, or go on from the folder's checkpoint; write the folder, and evaluate on the test digits.

        An interrupted or failed training is saved too: the model after its last whole step, the log of its whole
        epochs, and a checkpoint to resume from. Ctrl-C waits until all files are written.

        folder: new, or that of the run to resume; held.
        watch: watches the training; its files in the folder include what it saw before the interruption.
        """
        if watch is not None:
            watch.load(folder)
        run_folder.write_description(folder, self.settings, self.results)
        with deferred_interrupt() as interrupt:
            stopwatch = Stopwatch()
            try:
                self._fit(folder, verbose, [stopwatch, *([watch] if watch is not None else [])])
            finally:
                interrupt.held = True
                if self.model.optimizer is not None and self.model.optimizer.iterations:
                    self.results["seconds"] = round(stopwatch.seconds, 3)
                    self.results["epochs"] = len(self.history.epoch)
                    self._save(folder)
                    if watch is not None:
                        watch.save(folder)
                elif (folder / CHECKPOINT_FILE).exists():
                    self.saved = True
                elif not self.saved and ranks.current().rank == 0:
                    (folder / run_folder.DESCRIPTION_FILE).unlink()
            self._evaluate()
            run_folder.write_description(folder, self.settings, self.results)
            if ranks.current().rank == 0:
                (folder / CHECKPOINT_FILE).unlink(missing_ok=True)

    def _fit(self, folder: Path, verbose: int | str, watching: list[callbacks.Callback]) -> None:
        (x, y), _ = self.digits
        backup = callbacks.BackupAndRestore(
            folder, save_freq=self.settings.checkpoint_every or _NEVER, delete_checkpoint=False
        )
        self.model.fit(
            x,
            targets_for(self.model, y),
            epochs=self.settings.epochs,
            batch_size=self.settings.batch_size,
            validation_split=self.settings.validation_split,
            verbose=verbose,
            callbacks=[*scheduled(self.settings), self.history, *watching, backup],
        )

    def _evaluate(self) -> None:
        _, (x, y) = self.digits
        logs = self.model.evaluate(x, targets_for(self.model, y), verbose=0, return_dict=True)
        self.results |= {"test_accuracy": logs["accuracy"], "test_loss": logs["loss"]}

    def _save(self, folder: Path) -> None:
        weights = b"".join(weight.tobytes() for weight in self.model.get_weights())
        self.results["weights_sha256"] = hashlib.sha256(weights).hexdigest()
        training = self.model.training
        if training is not None and training.whole and self.model.weights_are_finite():
            with suppress(FloatingPointError):  # a loss was infinite, and the model has gone back
                checkpoints.write(folder / CHECKPOINT_FILE, training.state())
        self.model.save(folder / run_folder.MODEL_FILE)
        run_folder.write_log(folder, self.history)
        run_folder.write_description(folder, self.settings, self.results)
        self.saved = True
