"""A training run on digits, from its settings to its folder.

The folder has model.keras, the log as history.json and history.csv, and run.json: settings, seed,
versions and results, all that it takes to repeat the run.
"""

import csv
import io
import json
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinydnn import callbacks, config, datasets, info, layers, models, optimizers, utils
from tinydnn.files import FileFormatError, write_whole

MODEL_FILE = "model.keras"


@dataclass
class Settings:
    """What a run is made from; the defaults are the walkthrough's."""

    epochs: int = 20
    batch_size: int = 512
    input: str = "raw"
    hidden: tuple[int, ...] = (324, 36)
    activation: str = "sigmoid"
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    seed: int | None = None
    data: str | None = None
    device: str = "auto"
    dtype: str = "float32"
    threads: int | None = None


class Run:
    """One training: the model is made and compiled at once, so wrong settings show before anything is loaded."""

    def __init__(self, settings: Settings) -> None:
        if settings.seed is None:
            settings.seed = random.SystemRandom().randrange(2**31)
        self.settings = settings
        utils.set_random_seed(settings.seed)
        self.model = make_model(settings)
        settings.threads = self.model.threads  # another number would round differently
        self.history = callbacks.History()
        self.results: dict[str, Any] = {}

    def train(self, verbose: int | str) -> None:
        """Train on the training digits and evaluate on the test digits.

        Raises:
            KeyboardInterrupt: Ctrl-C; the model has all whole steps, the log all whole epochs.
        """
        settings = self.settings
        (x_train, y_train), (x_test, y_test) = datasets.mnist.load_data(settings.data)
        began = time.perf_counter()
        try:
            self.model.fit(
                x_train,
                utils.to_categorical(y_train, 10),
                epochs=settings.epochs,
                batch_size=settings.batch_size,
                validation_split=0.2,
                verbose=verbose,
                callbacks=[self.history],
            )
        finally:
            self.results["seconds"] = round(time.perf_counter() - began, 3)
        test = self.model.evaluate(x_test, utils.to_categorical(y_test, 10), verbose=0, return_dict=True)
        self.results |= {"test_accuracy": test["accuracy"], "test_loss": test["loss"]}

    def save(self, folder: Path) -> None:
        """Write the run's folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save(folder / MODEL_FILE)
        write_whole(folder / "history.json", _json(self.history.history))
        write_whole(folder / "history.csv", self._csv())
        write_whole(folder / "run.json", _json(self.description()))

    def description(self) -> dict[str, Any]:
        return {"settings": asdict(self.settings), "results": self.results, "versions": info.collect()}

    def _csv(self) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = list(self.history.history)
        writer.writerow(["epoch", *names])
        for i, epoch in enumerate(self.history.epoch):
            writer.writerow([epoch + 1, *(self.history.history[name][i] for name in names)])
        return text.getvalue().encode()


def make_model(settings: Settings) -> models.Sequential:
    """The walkthrough's net, or as the settings have it, compiled: images in, ten probabilities out.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    dtype = config.check_dtype(settings.dtype)
    model = models.Sequential(device=settings.device, threads=settings.threads)
    model.add(layers.Input((28, 28), dtype=dtype))
    if settings.input == "scaled":
        model.add(layers.Rescaling(1 / 255, dtype=dtype))
    elif settings.input != "raw":
        raise ValueError(f"input expects 'raw' or 'scaled'. Received: {settings.input!r}")
    model.add(layers.Reshape((28 * 28,), dtype=dtype))
    for units in settings.hidden:
        model.add(layers.Dense(units, activation=settings.activation, dtype=dtype))
    model.add(layers.Dense(10, activation="softmax", dtype=dtype))

    optimizer = optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


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
        raise FileNotFoundError(f"There is no {MODEL_FILE} in {str(run)!r}; train one with `tinydnn train --out {run}`")
    model = models.load_model(path)
    if model.sample_shape != (28, 28) or model.output_shape != (None, 10):
        raise FileFormatError(
            f"{path}: expected a model from images (28, 28) to 10 probabilities. "
            f"Found: samples of shape {model.sample_shape}"
        )
    return model


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
