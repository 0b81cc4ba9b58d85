"""Mistakes on the way backward through the layers: biases, kernels and penalties."""

from typing import Any

import numpy as np

from tinydnn import activations, initializers, layers, regularizers
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.engine.shards import Shards
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import PENALIZED, SCALED
from tinydnn.layers.trace import Trace

# -- biases ------------------------------------------------------------------------------------------------


def with_bias_gradient(wrong: Any, *args: Any) -> Plants:
    """Plants db = wrong(dz, *args) in all Dense layers."""

    def plant(original: Method) -> Method:
        def backward(self: layers.Dense, da: Array, t: Trace) -> Array | None:
            dx: Array | None = original(self, da, t)
            for db in t.gradients[1:]:
                db[...] = wrong(t.dz, *args)
            return dx

        return backward

    plant.__doc__ = wrong.__doc__
    return ((layers.Dense, "backward", plant),)


def nothing(dz: Array) -> Any:
    """db = 0"""
    return 0


def one_number(dz: Array, by_units: bool = False, by_rows: int = 0) -> Any:
    """db = the sum, or the mean, of all of dz"""
    n, units = dz.shape
    return dz.sum() * float(n) ** by_rows / (units if by_units else 1)


def not_averaged(dz: Array) -> Any:
    """db = the sum of dz, where only dW was divided by the batch size"""
    return dz.sum(axis=0) * len(dz)


def averaged_again(dz: Array) -> Any:
    """db = the mean of dz, which was divided by the batch size already"""
    return dz.mean(axis=0)


# -- kernels -----------------------------------------------------------------------------------------------


def transposed_forward(original: Method) -> Method:
    """z = x @ W.T + b, where W's numbers are read as (units, inputs)."""

    def forward(self: layers.Dense, x: Array, t: Trace) -> Array:
        W = self.weights[0]
        np.matmul(x, W.reshape(W.shape[::-1]).T, out=t.z)
        if self.use_bias:
            t.z += self.weights[1]
        if t.loss_activates or self.activation is activations.linear:
            return t.z
        self.activation.forward(np, t.z, t.y)
        return t.y

    return forward


def transposed_backward(original: Method) -> Method:
    """The gradients of z = x @ W.T + b."""

    def backward(self: layers.Dense, da: Array, t: Trace) -> Array | None:
        original(self, da, t)
        W = self.weights[0]
        t.gradients[0][...] = (t.dz.T @ t.x).reshape(W.shape)
        return None if t.dx is None else np.matmul(t.dz, W.reshape(W.shape[::-1]), out=t.dx)

    return backward


def reshaped_for_transposed(units_first: bool = False) -> Plants:
    """Plants dx = dz @ W.reshape(units, inputs).

    units_first: the same with a W that is kept as (units, inputs).
    """

    def plant(original: Method) -> Method:
        def backward(self: layers.Dense, da: Array, t: Trace) -> Array | None:
            original(self, da, t)
            W = self.weights[0]
            reshaped = W.T.reshape(W.shape).T if units_first else W.reshape(W.shape[::-1])
            return None if t.dx is None else np.matmul(t.dz, reshaped, out=t.dx)

        return backward

    plant.__doc__ = "dx = dz @ W.reshape(units, inputs)"
    return ((layers.Dense, "backward", plant),)


def zeros(original: Method) -> Method:
    """Zeros instead of random numbers."""
    return lambda self, shape, dtype="float32": np.zeros(shape, dtype)


# -- penalties ---------------------------------------------------------------------------------------------


def l2_without_2(original: Method) -> Method:
    """dW = dW + l2 * W"""

    def add_gradient(self: regularizers.Regularizer, xp: Any, W: Array, dW: Array) -> None:
        dW += self.l2 * W

    return add_gradient


def l2_by_batch(factor: float) -> Plants:
    """Plants dW = dW + factor * l2 / N * W."""

    def plant(original: Method) -> Method:
        def add_penalty_gradients(self: Pass) -> None:
            for layer, gradients in self._gradients.items():
                for i, regularizer in layer.penalties if gradients else ():
                    gradients[i] += factor * regularizer.l2 / len(self.output) * layer.weights[i]

        return add_penalty_gradients

    plant.__doc__ = f"dW = dW + {factor:g} * l2 / N * W"
    return ((Pass, "add_penalty_gradients", plant),)


def l2_of_biases(original: Method) -> Method:
    """db = db + 2 * l2 * b as well"""

    def add_penalty_gradients(self: Pass) -> None:
        original(self)
        for layer, gradients in self._gradients.items():
            for _, regularizer in layer.penalties if len(gradients) == 2 else ():
                regularizer.add_gradient(np, layer.weights[1], gradients[1])

    return add_penalty_gradients


def decay(factor: float) -> Plants:
    """Plants W = W - factor * learning_rate * l2 * W after the step, in place of a penalty."""

    def without(original: Method) -> Method:
        return lambda self: None

    def plant(original: Method) -> Method:
        def update(self: Shards, passes: list[Pass]) -> None:
            original(self, passes)
            optimizer = self.network.optimizer
            assert optimizer is not None
            for layer in self.network.trained:
                for i, regularizer in layer.penalties:
                    layer.weights[i] *= 1 - factor * optimizer.rate * regularizer.l2

        return update

    plant.__doc__ = f"W = W - {factor:g} * learning_rate * l2 * W"
    return (Pass, "add_penalty_gradients", without), (Shards, "update", plant)


MISTAKES = (
    Mistake(
        "transposed-kernel",
        "a kernel's numbers are read as (units, inputs), as in PyTorch; in Keras they are (inputs, units)",
        "nothing: the net starts from other weights and trains as well as the right one; files from Keras or PyTorch "
        "give nonsense",
        1,
        "dense/z",
        (
            (layers.Dense, "forward", transposed_forward),
            (layers.Dense, "backward", transposed_backward),
        ),
        SCALED,
    ),
    Mistake(
        "reshaped-for-transposed",
        "backward, W is reshaped to (units, inputs) where it has to be transposed: dx = dz @ W.T",
        "the last layer learns, those below it get gradients of other units",
        1,
        "dense/da",
        reshaped_for_transposed(),
        SCALED,
        (reshaped_for_transposed(units_first=True),),
    ),
    Mistake(
        "zero-initial-weights",
        "kernels start at zero; Keras draws them with glorot_uniform",
        "the loss stays at log(10) = 2.30 for some epochs and then falls slowly: all units of a layer get the "
        "same gradient and stay alike",
        0,
        "initial dense/kernel",
        ((initializers.GlorotUniform, "__call__", zeros),),
        SCALED,
    ),
    Mistake(
        "forgotten-bias-gradient",
        "biases get no gradient and stay 0; the gradient is db = sum of dz over the rows",
        "nothing: the net trains nearly as well",
        1,
        "dense_1/db",
        with_bias_gradient(nothing),
        SCALED,
    ),
    Mistake(
        "one-bias-gradient-for-all",
        "db is one number for all units of a layer, np.sum(dz); it is a number for each, dz.sum(axis=0)",
        "nothing: behind softmax it is nearly 0, and the net trains as without biases",
        1,
        "dense_1/db",
        with_bias_gradient(one_number),
        SCALED,
        (
            with_bias_gradient(one_number, True),
            with_bias_gradient(one_number, True, -1),
            with_bias_gradient(one_number, False, 1),
        ),
    ),
    Mistake(
        "bias-gradient-summed",
        "dW is divided by the batch size, and db is not; Keras' gradient is that of the mean for both",
        "with SGD biases move too far by a factor of the batch size; with RMSprop hardly anything shows",
        1,
        "dense_1/db",
        with_bias_gradient(not_averaged),
        SCALED,
    ),
    Mistake(
        "bias-gradient-averaged-twice",
        "db is a mean of dz, which has been divided by the batch size before; it is the sum of such a dz",
        "with SGD biases hardly move; with RMSprop they move less at first",
        1,
        "dense_1/db",
        with_bias_gradient(averaged_again),
        SCALED,
    ),
    Mistake(
        "l2-without-2",
        "the penalty's gradient is l2 W; Keras' penalty is l2 times the sum of W², whose gradient is 2 l2 W",
        "the penalty is half as strong",
        1,
        "dense_1/dW",
        ((regularizers.Regularizer, "add_gradient", l2_without_2),),
        PENALIZED,
    ),
    Mistake(
        "l2-divided-by-batch",
        "the penalty is divided by the batch size, as in some courses; in Keras it is added to the mean as it is",
        "there is hardly any penalty",
        1,
        "dense_1/dW",
        l2_by_batch(1),
        PENALIZED,
        (l2_by_batch(2),),
    ),
    Mistake(
        "l2-decoupled",
        "kernels decay by a share of the learning rate beside the step, as in AdamW; an L2 penalty is part of the "
        "loss, and its gradient goes through the optimizer",
        "with SGD it is the same but for a factor of 2; with others the penalty hardly falls, and the net trains as if "
        "there were none",
        1,
        "dense_1/dW",
        decay(1),
        PENALIZED,
        (decay(2),),
    ),
    Mistake(
        "l2-on-biases",
        "biases are penalized as well; a kernel_regularizer is for kernels",
        "nothing in the first step, in which biases are 0",
        2,
        "dense_1/db",
        ((Pass, "add_penalty_gradients", l2_of_biases),),
        PENALIZED,
    ),
)
