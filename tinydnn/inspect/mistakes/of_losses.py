"""Mistakes in the loss, and in its gradient, where the way backward begins."""

from typing import Any

import numpy as np

from tinydnn import losses
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import LOUD, SCALED, SQUARES

# -- too large or too small: each gradient of the step is k times Keras', with the same k ----------------


def summed(original: Method) -> Method:
    """The gradient of the sum of the losses."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, 1)

    return backward


def divided_twice(original: Method) -> Method:
    """The gradient of the mean, divided by the batch size once more."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, batch * batch)

    return backward


def divided_by_usual_size(original: Method) -> Method:
    """The gradient divided by the largest batch size so far."""
    usual = 0

    def backward(self: Pass, output: Array, batch: int) -> None:
        nonlocal usual
        usual = max(usual, batch)
        original(self, output, usual)

    return backward


def divided_by_classes(original: Method) -> Method:
    """The gradient of a mean over rows and classes."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        classes = 1 if _of_squares(self) else output.shape[-1]
        original(self, output, batch * classes)

    return backward


def half_sum_of_squares(original: Method) -> Method:
    """p - y, which is the gradient of 1/2 sum (p - y)²."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, batch * 2 / output.shape[-1] if _of_squares(self) else batch)

    return backward


def sum_of_squares(original: Method) -> Method:
    """2 (p - y), which is the gradient of sum (p - y)²."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, batch / output.shape[-1] if _of_squares(self) else batch)

    return backward


def half_of_mean_squares(original: Method) -> Method:
    """(p - y) / outputs, without the 2 of the square."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, batch * 2 if _of_squares(self) else batch)

    return backward


def _of_squares(own: Pass) -> bool:
    return isinstance(own.network.loss, losses.MeanSquaredError)


# -- wrong behind softmax and sigmoid --------------------------------------------------------------------


def maximum_of_batch(original: Method) -> Method:
    """Softmax with one maximum for all rows."""

    def forward(self: losses.Loss, xp: Any, x: Array, t: losses.LossTrace, logits: bool) -> None:
        if not logits:
            original(self, xp, x, t, logits)
            return
        s = x - x.max()
        t.p[...] = np.exp(s)
        total = t.p.sum(axis=1, keepdims=True)
        t.l[...] = (t.y * (np.log(total) - s)).sum(axis=1)
        t.p /= total

    return forward


def from_probabilities(original: Method) -> Method:
    """Cross-entropy from the probabilities, unless the loss was told that it gets logits."""
    return lambda self, last: self.from_logits


def with_the_slope_too(original: Method) -> Method:
    """(p - y) p (1 - p)"""

    def backward(self: losses.Loss, xp: Any, x: Array, t: losses.LossTrace, logits: bool, n: int) -> Array:
        dz: Array = original(self, xp, x, t, logits, n)
        if logits:
            p = _probabilities(x)
            dz *= p * (1 - p)
        return dz

    return backward


def of_log_with(epsilon: float) -> Plants:
    """Plants the gradient of -y log(p + epsilon), through p."""

    def plant(original: Method) -> Method:
        def backward(self: losses.Loss, xp: Any, x: Array, t: losses.LossTrace, logits: bool, n: int) -> Array:
            dz: Array = original(self, xp, x, t, logits, n)
            if logits and isinstance(self, losses.BinaryCrossentropy):
                p, q = _sigmoid(x), _sigmoid(-x)
                dz[...] = ((1 - t.y) / (q + epsilon) - t.y / (p + epsilon)) * p * q / n / x.shape[1]
            elif logits:
                p = _probabilities(x)
                dp = -t.y / (p + epsilon)
                dz[...] = p * (dp - (dp * p).sum(axis=1, keepdims=True)) / n
            return dz

        return backward

    plant.__doc__ = f"dp = -y / (p + {epsilon:g})"
    return tuple((owner, "backward", plant) for owner in (losses.CategoricalCrossentropy, losses.BinaryCrossentropy))


def of_sigmoids(original: Method) -> Method:
    """sigmoid(z) - y"""

    def backward(self: losses.Loss, xp: Any, x: Array, t: losses.LossTrace, logits: bool, n: int) -> Array:
        dz: Array = original(self, xp, x, t, logits, n)
        if logits:
            dz[...] = (_sigmoid(x) - t.y) / n
        return dz

    return backward


def _probabilities(z: Array) -> Array:
    if z.shape[1] == 1:
        return _sigmoid(z)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def _sigmoid(z: Array) -> Array:
    return (np.tanh(z / 2) + 1) / 2


MISTAKES = (
    Mistake(
        "gradient-summed",
        "the gradient is that of the sum of the batch's losses; in Keras it is that of their mean",
        "with SGD each step is larger by a factor of the batch size; with RMSprop the loss falls faster at first, as "
        "with a smaller epsilon; with Adam hardly anything shows",
        1,
        "dense_1/dz",
        ((Pass, "backward", summed),),
        SCALED,
    ),
    Mistake(
        "divided-twice",
        "the gradient is divided by the batch size twice, in dz and again in dW and db; the mean needs it once",
        "with SGD hardly anything is learnt; with RMSprop the loss falls more slowly, as with a larger epsilon",
        1,
        "dense_1/dz",
        ((Pass, "backward", divided_twice),),
        SCALED,
    ),
    Mistake(
        "last-batch-wrong-n",
        "an epoch's last, smaller batch is divided by the usual batch size; Keras divides by the batch's own size",
        "nothing that anyone would notice: the fourth digit changes from the first epoch on",
        3,
        "dense_1/dz",
        ((Pass, "backward", divided_by_usual_size),),
        SCALED,
    ),
    Mistake(
        "divided-by-classes",
        "the gradient is divided by the number of classes too; Keras' cross-entropy is a sum over classes, and a mean "
        "over rows alone",
        "with SGD each step is smaller by the number of classes; with RMSprop the loss falls more slowly at first",
        1,
        "dense_1/dz",
        ((Pass, "backward", divided_by_classes),),
        SCALED,
    ),
    Mistake(
        "half-sum-of-squares",
        "dz begins with p - y, the gradient of 1/2 sum (p - y)²; Keras' mean of squares has 2 (p - y) / outputs",
        "with SGD each step is outputs / 2 times as large",
        1,
        "dense_1/dz",
        ((Pass, "backward", half_sum_of_squares),),
        SQUARES,
    ),
    Mistake(
        "squares-summed",
        "dz begins with 2 (p - y), the gradient of a sum over the outputs; Keras takes their mean",
        "with SGD each step is larger by the number of outputs",
        1,
        "dense_1/dz",
        ((Pass, "backward", sum_of_squares),),
        SQUARES,
    ),
    Mistake(
        "squares-without-2",
        "dz begins with (p - y) / outputs, without the 2 that the derivative of a square has",
        "with SGD each step is half as large",
        1,
        "dense_1/dz",
        ((Pass, "backward", half_of_mean_squares),),
        SQUARES,
    ),
    Mistake(
        "softmax-maximum-of-batch",
        "softmax subtracts the whole batch's largest logit from every row; it has to subtract the row's own largest",
        "NaN in the first epoch, once all logits of a row are about 100 (in float64, 745) below the batch's largest; "
        "nothing before that",
        1,
        "dense/a",
        ((losses.CategoricalCrossentropy, "forward", maximum_of_batch),),
        LOUD,
    ),
    Mistake(
        "loss-clipped",
        "cross-entropy is computed from the probabilities, clipped to 1e-7; Keras computes it from the logits",
        "nothing as long as probabilities stay above 1e-7; after that the loss can't exceed 16.1, and the net learns "
        "nothing more from rows that it gets wrong with certainty",
        1,
        "l",
        ((losses.CategoricalCrossentropy, "takes_logits", from_probabilities),),
        LOUD,
    ),
    Mistake(
        "log-with-epsilon",
        "the loss is -y log(p + epsilon), so that log(0) never comes up; Keras computes it from the logits, and needs "
        "no epsilon",
        "nothing on scaled digits; where logits are far apart, rows that the net gets wrong with certainty have hardly "
        "a gradient, and stay wrong",
        1,
        "dense/dz",
        of_log_with(1e-7),
        LOUD,
        tuple(of_log_with(epsilon) for epsilon in (1e-5, 1e-6, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)),
    ),
    Mistake(
        "slope-behind-softmax",
        "p - y is multiplied by p (1 - p) as well; behind softmax or sigmoid, cross-entropy's dz is p - y already",
        "the loss falls more slowly, most of all for rows that the net gets wrong with certainty",
        1,
        "dense_1/dz",
        (
            (losses.CategoricalCrossentropy, "backward", with_the_slope_too),
            (losses.BinaryCrossentropy, "backward", with_the_slope_too),
        ),
        SCALED,
    ),
    Mistake(
        "sigmoids-for-softmax",
        "dz is sigmoid(z) - y, as if each output were a sigmoid of its own; the net ends in a softmax",
        "the loss falls a little more slowly",
        1,
        "dense_1/dz",
        ((losses.CategoricalCrossentropy, "backward", of_sigmoids),),
        SCALED,
    ),
)
