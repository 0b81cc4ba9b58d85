"""The walkthrough's net and nets like it, built from tinydnn's classes or from Keras'."""

from dataclasses import dataclass
from typing import Any

import tinydnn
from tinydnn import config, models

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


def make_model(settings: Settings) -> models.Sequential:
    """The net that the settings describe, compiled: images in, ten probabilities out.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    model = models.Sequential(device=settings.device, threads=settings.threads)
    complete(tinydnn, model, settings)
    return model


def complete(keras: Any, model: Any, settings: Settings) -> Any:
    """Add the layers to an empty Sequential, compile it, and return it.

    keras: the module that has the classes, tinydnn or keras; the model is one of its own.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    layers, dtype = keras.layers, config.check_dtype(settings.dtype)
    model.add(layers.Input((28, 28), dtype=dtype))
    if settings.input == "scaled":
        model.add(layers.Rescaling(1 / 255, dtype=dtype))
    elif settings.input != "raw":
        raise ValueError(f"input expects 'raw' or 'scaled'. Received: {settings.input!r}")
    model.add(layers.Reshape((28 * 28,), dtype=dtype))
    for units in settings.hidden:
        model.add(layers.Dense(units, activation=settings.activation, dtype=dtype))
    model.add(layers.Dense(10, activation="softmax", dtype=dtype))

    optimizer = keras.optimizers.get(settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model
