"""The walkthrough's net and nets like it, built from tinydnn's classes or from Keras'."""

from dataclasses import dataclass
from typing import Any

import tinydnn
from tinydnn import config, models
from tinydnn.checks import check_count

VALIDATION_SPLIT = 0.2


@dataclass
class Settings:
    """The settings of a run; the defaults are the walkthrough's."""

    epochs: int = 20
    batch_size: int = 512
    input: str = "raw"
    hidden: tuple[int, ...] = (324, 36)
    activation: str = "sigmoid"
    optimizer: str = "rmsprop"
    learning_rate: float | None = None
    seed: int | None = None
    data: str | None = None
    device: str | None = None
    dtype: str = "float32"
    threads: int | None = None
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        """Check what is used only later.

        Raises:
            ValueError: no numbers of epochs, samples or steps, or no text.
        """
        for name in ("epochs", "batch_size", *(["checkpoint_every"] if self.checkpoint_every is not None else [])):
            check_count(name, getattr(self, name))
        for name in ("input", "activation", "optimizer", "dtype", *(["data"] if self.data is not None else [])):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} expects text. Received: {name}={getattr(self, name)!r}")


def make_model(settings: Settings) -> models.Sequential:
    """The net that the settings describe, compiled: images in, ten probabilities out.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    model = models.Sequential(_layers(tinydnn, settings), device=settings.device, threads=settings.threads)
    _compile(tinydnn, model, settings)
    return model


def complete(keras: Any, model: Any, settings: Settings) -> Any:
    """Add the layers to an empty Sequential, compile it, and return it.

    keras: the module that has the classes, tinydnn or keras; the model is one of its own.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    for layer in _layers(keras, settings):
        model.add(layer)
    _compile(keras, model, settings)
    return model


def _layers(keras: Any, settings: Settings) -> list[Any]:
    layers, dtype = keras.layers, config.check_dtype(settings.dtype)
    if settings.input not in ("raw", "scaled"):
        raise ValueError(f"input expects 'raw' or 'scaled'. Received: {settings.input!r}")
    return [
        layers.Input((28, 28), dtype=dtype),
        *([layers.Rescaling(1 / 255, dtype=dtype)] if settings.input == "scaled" else []),
        layers.Reshape((28 * 28,), dtype=dtype),
        *(layers.Dense(units, activation=settings.activation, dtype=dtype) for units in settings.hidden),
        layers.Dense(10, activation="softmax", dtype=dtype),
    ]


def _compile(keras: Any, model: Any, settings: Settings) -> None:
    optimizer = keras.optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
