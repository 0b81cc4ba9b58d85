"""Mistakes with dropout."""

import numpy as np

from tinydnn import layers
from tinydnn.device.backend import Array
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import DROPPED
from tinydnn.layers.trace import Trace


def dropped_without_scale(original: Method) -> Method:
    """y = x where the mask keeps it, else 0"""

    def forward(self: layers.Dropout, x: Array, t: Trace) -> Array:
        y: Array = original(self, x, t)
        if t.training:
            np.sign(t.mask, out=t.mask)
            np.multiply(x, t.mask, out=y)
        return y

    return forward


def divided_by_rate(original: Method) -> Method:
    """y = x / rate where the mask keeps it, else 0"""

    def forward(self: layers.Dropout, x: Array, t: Trace) -> Array:
        y: Array = original(self, x, t)
        if t.training and self.rate:
            t.mask *= (1 - self.rate) / self.rate
            np.multiply(x, t.mask, out=y)
        return y

    return forward


def dropped_forward_alone(scaled: bool = False) -> Plants:
    """Plants dx = dy, without the mask.

    scaled: dx = dy / (1 - rate).
    """

    def plant(original: Method) -> Method:
        def backward(self: layers.Dropout, dy: Array, t: Trace) -> Array | None:
            original(self, dy, t)
            return None if t.dx is None else np.multiply(dy, 1 / (1 - self.rate) if scaled else 1, out=t.dx)

        return backward

    plant.__doc__ = "dx = dy"
    return ((layers.Dropout, "backward", plant),)


def masked_without_scale(original: Method) -> Method:
    """dx = dy where the mask keeps it, else 0; forward, y is divided by 1 - rate"""

    def backward(self: layers.Dropout, dy: Array, t: Trace) -> Array | None:
        original(self, dy, t)
        return None if t.dx is None else np.multiply(dy, np.sign(t.mask), out=t.dx)

    return backward


MISTAKES = (
    Mistake(
        "dropout-not-scaled",
        "what dropout keeps stays as it is; Keras divides it by 1 - rate in training, so that predictions are made as "
        "if there were no dropout",
        "predictions see larger numbers than the training did; nothing shows with a small rate",
        1,
        "dropout/y",
        ((layers.Dropout, "forward", dropped_without_scale),),
        DROPPED,
        (((layers.Dropout, "backward", masked_without_scale),),),
    ),
    Mistake(
        "dropout-divided-by-rate",
        "what dropout keeps is divided by the rate at which it drops; it has to be divided by the rate at which it "
        "keeps, 1 - rate",
        "nothing with a rate of 0.5, which is both; else predictions see other numbers than the training did",
        1,
        "dropout/y",
        ((layers.Dropout, "forward", divided_by_rate),),
        DROPPED,
    ),
    Mistake(
        "dropout-forward-alone",
        "backward, the gradient also goes through what dropout has dropped; it has to be multiplied by the same mask",
        "the net trains, as units that did not contribute get a gradient too",
        1,
        "dense/da",
        dropped_forward_alone(),
        DROPPED,
        (dropped_forward_alone(scaled=True),),
    ),
)
