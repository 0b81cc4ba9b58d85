"""The walkthrough's net and nets like it, built from tinydnn's classes or from Keras'."""

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

import tinydnn
from tinydnn import callbacks, config, datasets, models, utils
from tinydnn.checks import check_count
from tinydnn.device.backend import Array
from tinydnn.files.whole import FileFormatError
from tinydnn.layers.layer import known

VALIDATION_SPLIT = 0.2
DIGITS = (28, 28), (28, 28, 1), (784,)  # shapes of samples that digits can have


@dataclass
class Settings:
    """The settings of a run; the defaults are the walkthrough's.

    optimizer, loss: names, or calls with settings, as "sgd(0.1, momentum=0.9)".
    last: the last layer's activation; None is the usual one in front of the loss.
    l2: of all kernels.
    dropout: behind each hidden layer, the share of its numbers that fall.
    input_dropout: in front of the first layer, the share of the grey values that fall.
    outputs: units of the last layer.
    ranks: how many processes share each batch.
    decay_rate: what the learning rate is multiplied by after each epoch.
    validation_split: the last share of the training digits, which is held out.
    """

    epochs: int = 20
    batch_size: int = 512
    input: str = "raw"
    hidden: tuple[int, ...] = (324, 36)
    activation: str = "sigmoid"
    optimizer: str = "rmsprop"
    loss: str = "categorical_crossentropy"
    last: str | None = None
    use_bias: bool = True
    l2: float = 0.0
    dropout: float = 0.0
    input_dropout: float = 0.0
    outputs: int = 10
    learning_rate: float | None = None
    decay_rate: float = 1.0
    validation_split: float = VALIDATION_SPLIT
    seed: int | None = None
    data: str | None = None
    device: str | None = None
    dtype: str = "float32"
    threads: int | None = None
    ranks: int = 1
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        """Check what is used only later.

        Raises:
            ValueError: no numbers of epochs, samples or steps, or no text.
        """
        given = set(vars(self)) - {name for name in ("checkpoint_every", "data", "last") if getattr(self, name) is None}
        for name in given & {"epochs", "batch_size", "outputs", "checkpoint_every"}:
            check_count(name, getattr(self, name))
        for name in given & {"input", "activation", "optimizer", "loss", "last", "dtype", "data"}:
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} expects text. Received: {name}={getattr(self, name)!r}")
        for name, most in {"decay_rate": 1, "validation_split": 0.999}.items():
            value = getattr(self, name)
            if type(value) not in (int, float) or not 0 <= value <= most or (name == "decay_rate" and value == 0):
                raise ValueError(f"{name} expects a number from 0 to {most}. Received: {name}={value!r}")


def make_model(settings: Settings) -> models.Sequential:
    """The net that the settings describe, compiled: images in, ten probabilities out.

    Raises:
        ValueError: an unknown name, or a value out of range.
    """
    model = models.Sequential(_layers(tinydnn, settings), device=settings.device, threads=settings.threads)
    _compile(tinydnn, model, settings)
    return model


def scheduled(settings: Settings) -> list[callbacks.Callback]:
    """What lets the learning rate fall from epoch to epoch, if it is to fall."""

    def next_rate(epoch: int, rate: float) -> float:
        return rate * settings.decay_rate if epoch else rate

    return [callbacks.LearningRateScheduler(next_rate)] if settings.decay_rate != 1 else []


def load_digits(data: str | None) -> Any:
    """The digits of this file, or MNIST's: ((x, labels), (x, labels)) for training and test.

    Raises:
        FileFormatError: the file is damaged, images have another size, labels are not 0 to 9, or there are too few.
    """
    digits = datasets.mnist.load_data(data)
    for name, (x, y) in zip(("train", "test"), digits, strict=True):
        if x.shape[1:] != (28, 28) or len(x) < 2 or y.max() > 9:
            raise FileFormatError(
                f"{data}: expected {name} images of 28 x 28 with labels from 0 to 9. "
                f"Found: {len(x)} of {x.shape[1]} x {x.shape[2]}, labels up to {y.max(initial=0)}"
            )
    return digits


def targets_for(model: models.Model, labels: Array) -> Array:
    """What a model may learn from labels: the labels modulo its outputs, one-hot; 0 and 1 where it has one output."""
    (outputs,) = known(model.output_shape)[1:]
    labels = labels % max(int(outputs or 0), 2)
    if model.loss is not None and model.loss.sparse:
        return labels
    return labels.astype(float)[:, None] if outputs == 1 else utils.to_categorical(labels, outputs)


def samples_for(model: models.Model, images: Array, labels: Array) -> tuple[Array, Array]:
    """Samples and targets for a model: digits, or as many samples of random numbers where it does not take digits."""
    shape = known(model.sample_shape)
    if shape in DIGITS:
        images = images.reshape(-1, *shape)
    else:
        images = np.random.default_rng(0).normal(size=(len(images), *shape))
    return images, targets_for(model, labels)


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

    def dense(units: int, activation: str) -> Any:
        penalty = keras.regularizers.L2(settings.l2) if settings.l2 else None
        return layers.Dense(
            units, activation=activation, use_bias=settings.use_bias, kernel_regularizer=penalty, dtype=dtype
        )

    if settings.input not in ("raw", "scaled"):
        raise ValueError(f"input expects 'raw' or 'scaled'. Received: {settings.input!r}")

    def hidden(units: int) -> list[Any]:
        dropout = [layers.Dropout(settings.dropout, dtype=dtype)] if settings.dropout else []
        return [dense(units, settings.activation), *dropout]

    return [
        layers.Input((28, 28), dtype=dtype),
        *([layers.Rescaling(1 / 255, dtype=dtype)] if settings.input == "scaled" else []),
        layers.Reshape((28 * 28,), dtype=dtype),
        *([layers.Dropout(settings.input_dropout, dtype=dtype)] if settings.input_dropout else []),
        *(layer for units in settings.hidden for layer in hidden(units)),
        dense(settings.outputs, settings.last or _usual_last(settings.loss)),
    ]


def _usual_last(loss: str) -> str:
    name = loss.lower().replace("_", "")
    return "softmax" if "categorical" in name else "sigmoid" if name.startswith("binary") else "linear"


def _compile(keras: Any, model: Any, settings: Settings) -> None:
    optimizer = made(keras.optimizers, settings.optimizer)
    if settings.learning_rate is not None:
        optimizer.learning_rate = settings.learning_rate
    model.compile(optimizer=optimizer, loss=made(keras.losses, settings.loss), metrics=["accuracy"])


def made(module: Any, text: str) -> Any:
    """An optimizer or a loss by its name in this module, or by a call with settings, as "sgd(0.1, nesterov=True)".

    Raises:
        ValueError: an unknown name, or settings that are no plain values.
    """
    name, call, _ = text.partition("(")
    if not call:
        return module.get(text)
    try:
        arguments = ast.parse(f"made({text.removeprefix(name)[1:]}", mode="eval").body
        assert isinstance(arguments, ast.Call)
        values = [ast.literal_eval(each) for each in arguments.args]
        named = {str(each.arg): ast.literal_eval(each.value) for each in arguments.keywords}
    except (SyntaxError, ValueError, AssertionError):
        raise ValueError(
            f"expected a name, or a call with plain values, as 'sgd(0.1, momentum=0.9)'. Received: {text!r}"
        ) from None
    kind = getattr(module, name, None)
    return (kind if isinstance(kind, type) else type(module.get(name)))(*values, **named)
