"""The trainings in which mistakes show, and their logs: on digits, with a mistake or without."""

from contextlib import nullcontext, suppress
from dataclasses import replace

from tinydnn import utils
from tinydnn.callbacks import History
from tinydnn.device.backend import Array
from tinydnn.inspect import net
from tinydnn.inspect.mistakes.mistake import Mistake
from tinydnn.inspect.net import Settings

SCALED = Settings(input="scaled", device="cpu")
LOUD = Settings(input="raw", hidden=(), device="cpu")  # logits that are hundreds apart
RELU, TANH = replace(SCALED, activation="relu"), replace(SCALED, activation="tanh")
SQUARES = replace(SCALED, loss="mse", optimizer="sgd(0.1)")
SQUARED_SIGMOIDS, SQUARED_SOFTMAX = replace(SQUARES, last="sigmoid"), replace(SQUARES, last="softmax")
PENALIZED = replace(SCALED, l2=0.01)
DROPPED = replace(SCALED, dropout=0.2)
MOMENTUM = replace(SCALED, optimizer="sgd(0.1, momentum=0.9)")
NESTEROV = replace(SCALED, optimizer="sgd(0.1, momentum=0.9, nesterov=True)")
ADAM, ADAGRAD = replace(SCALED, optimizer="adam"), replace(SCALED, optimizer="adagrad(0.01)")


def log_of(
    mistake: Mistake | None, settings: Settings, x: Array, y: Array, epochs: int, seed: int = 42
) -> dict[str, list[float]]:
    """The log of such a training; it ends early if the loss becomes infinite or NaN.

    mistake: None trains without one.
    x, y: images (n, 28, 28) and labels (n,); the last fifth is held out for validation.
    """
    history = History()
    with mistake.planted() if mistake else nullcontext(), suppress(FloatingPointError):
        utils.set_random_seed(seed)
        net.make_model(settings).fit(
            x,
            utils.to_categorical(y, 10),
            batch_size=settings.batch_size,
            epochs=epochs,
            validation_split=net.VALIDATION_SPLIT,
            verbose=0,
            callbacks=[history],
        )
    return history.history
