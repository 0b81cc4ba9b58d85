"""Mistakes in what goes into a step: the samples, their order, and the type of the numbers."""

from typing import Any

import numpy as np

from tinydnn import layers, models
from tinydnn.device.backend import Array, Backend
from tinydnn.engine.fit import Fit
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import SCALED
from tinydnn.layers.trace import Trace


def scaled_by(wrong: Any) -> Plants:
    """Plants y = wrong(x) in Rescaling."""

    def plant(original: Method) -> Method:
        def forward(self: layers.Rescaling, x: Array, t: Trace) -> Array:
            t.y[...] = wrong(x)
            return t.y

        return forward

    plant.__doc__ = wrong.__doc__
    return ((layers.Rescaling, "forward", plant),)


def unscaled(x: Array) -> Array:
    """y = x"""
    return x


def by_256(x: Array) -> Array:
    """y = x / 256"""
    return x / 256


def twice(x: Array) -> Array:
    """y = x / 255 / 255"""
    return x / 255 / 255


def standardized(axis: int | None, epsilon: float, factor: float = 1.0) -> Plants:
    """Plants y = (x - mean) / (std + epsilon), of the batch, in Rescaling.

    axis: 0 for a mean of each pixel, None for one of all.
    """

    def wrong(x: Array) -> Array:
        """y = (x - mean of the batch) / std of the batch"""
        x = x * factor
        mean, std = x.mean(axis=axis), x.std(axis=axis)
        y: Array = np.divide(x - mean, std + epsilon, out=np.zeros_like(x), where=std + epsilon > 0)
        return y

    return scaled_by(wrong)


def shuffled_first(original: Method) -> Method:
    """The split of shuffled samples."""

    def split(x: Any, y: Any, validation_split: float) -> Any:
        order = np.random.default_rng(0).permutation(len(x))
        return original(np.asarray(x)[order], np.asarray(y)[order], validation_split)

    return split


def new_order_each_epoch(original: Method) -> Method:
    """A new order in each epoch."""

    def begin_epoch(self: Fit) -> None:
        original(self)
        if self.epoch > 0:
            self.feed.order = np.random.default_rng(self.epoch).permutation(self.feed.data.n)
            self.shards.begin(self.feed.order)

    return begin_epoch


def always_float64(original: Method) -> Method:
    """Memory for float64 where a float32 array was asked for."""
    return lambda self, size, dtype: original(self, size, np.float64 if np.dtype(dtype).kind == "f" else dtype)


def into_float64(original: Method) -> Method:
    """Rows gathered into an array of any dtype."""

    def gather(self: Backend, source: Array, indices: Array, out: Array) -> None:
        out[...] = source[indices]  # NumPy's take, which the original calls, does not convert

    return gather


MISTAKES = (
    Mistake(
        "split-after-shuffling",
        "the samples are shuffled before the validation split; Keras holds out the last samples in the order given",
        "the training is as good as the right one, but differs from the first step on; validation figures are of "
        "other samples",
        1,
        "loss",
        ((models.model, "split", shuffled_first),),
        SCALED,
    ),
    Mistake(
        "reshuffled-differently",
        "each epoch takes the samples in a new order; once a seed is set, Keras takes the same order in every epoch",
        "the first epoch is right to the last digit; all later ones differ a little",
        4,
        "loss",
        ((Fit, "_begin_epoch", new_order_each_epoch),),
        SCALED,
    ),
    Mistake(
        "unscaled-inputs",
        "grey values go in as 0 to 255; the net's Rescaling should scale them to 0 to 1",
        "the loss falls faster at first, but most units are saturated, and one rounding changes the whole training",
        1,
        "rescaling/y",
        scaled_by(unscaled),
        SCALED,
    ),
    Mistake(
        "scaled-by-256",
        "grey values are divided by 256; they go up to 255, by which the net's Rescaling divides",
        "nothing",
        1,
        "rescaling/y",
        scaled_by(by_256),
        SCALED,
    ),
    Mistake(
        "scaled-twice",
        "grey values are divided by 255 twice",
        "the first layer gets inputs of at most 0.004, and the loss stays near log(10) = 2.30 at first",
        1,
        "rescaling/y",
        scaled_by(twice),
        SCALED,
    ),
    Mistake(
        "inputs-standardized-by-batch",
        "inputs are brought to mean 0 and deviation 1 by the figures of each batch; the net's Rescaling divides by 255",
        "it learns faster, and an image's prediction depends on the others of its batch",
        1,
        "rescaling/y",
        standardized(0, 0.0),
        SCALED,
        (
            standardized(None, 0.0),
            standardized(0, 1e-8),
            standardized(0, 1e-7),
            standardized(0, 1e-5),
            standardized(0, 1e-8, 1 / 255),
            standardized(0, 1e-7, 1 / 255),
            standardized(0, 1e-5, 1 / 255),
            standardized(0, 1.0),
        ),
    ),
    Mistake(
        "float64-creeping-in",
        "a float64 array gets in somewhere and makes the whole training float64; Keras computes in float32",
        "nothing but the time, which about doubles",
        0,
        "initial dense/kernel",
        ((Backend, "empty", always_float64), (Backend, "gather", into_float64)),
        SCALED,
    ),
)
