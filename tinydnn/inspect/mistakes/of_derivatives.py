"""Mistakes in the derivative of an activation."""

from typing import Any
from weakref import WeakSet

import numpy as np

from tinydnn import activations, layers
from tinydnn.device.backend import Array
from tinydnn.engine.passes import Pass
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import RELU, SCALED, SQUARED_SIGMOIDS, SQUARED_SOFTMAX, TANH
from tinydnn.layers.trace import Trace


def with_derivative(
    of: activations.Activation | None, wrong: Any, first: bool = False, passed_on: bool = True
) -> Plants:
    """Plants dz = wrong(activation, da, z, a) in the hidden layers.

    of: the activation whose layers make the mistake; None means any.
    first: whether only the first Dense layer makes it.
    passed_on: whether the layers below get what comes of it; else it shows in dW and db alone.
    """

    def plant(original: Method) -> Method:
        def backward(self: layers.Layer, da: Array, t: Trace) -> Array | None:
            concerned = self.activation is of if of is not None else self.activation is not activations.linear
            if not concerned or t.loss_takes_z or (first and t.dx is not None):
                right: Array | None = original(self, da, t)
                return right
            dz = wrong(self.activation, da, t.z, t.y)
            if isinstance(self, layers.Activation):
                return np.asarray(dz)
            dx: Array | None = None if passed_on or t.dx is None else original(self, da, t).copy()
            t.loss_takes_z = True  # so the layer takes this for dz
            wrong_dx: Array | None = original(self, dz, t)
            t.loss_takes_z = False
            return wrong_dx if passed_on else dx

        return backward

    plant.__doc__ = wrong.__doc__
    return (layers.Dense, "backward", plant), (layers.Activation, "backward", plant)


def with_derivative_of_output(wrong: Any) -> Plants:
    """Plants dz = wrong(activation, da, z, a) in the last layer, where the loss is not computed from z."""
    of_outputs = WeakSet[Trace]()

    def noted(original: Method) -> Method:
        def backward(self: Pass, output: Array, batch: int) -> None:
            of_outputs.add(self.traces[-1])
            original(self, output, batch)

        return backward

    def plant(original: Method) -> Method:
        def backward(self: layers.Layer, da: Array, t: Trace) -> Array | None:
            if t not in of_outputs or t.loss_takes_z or self.activation is activations.linear:
                right: Array | None = original(self, da, t)
                return right
            t.loss_takes_z = True  # so the layer takes this for dz
            dx: Array | None = original(self, wrong(self.activation, da, t.z, t.y), t)
            t.loss_takes_z = False
            return dx

        return backward

    plant.__doc__ = wrong.__doc__
    return (layers.Dense, "backward", plant), (Pass, "backward", noted)


def sigmoid_of_z(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da * z * (1 - z)"""
    return da * z * (1 - z)


def tanh_of_z(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da * (1 - z²)"""
    return da * (1 - z * z)


def of_a(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da * activation'(a)"""
    again, dz = np.empty_like(a), np.empty_like(da)
    activation.forward(np, a, again)
    activation.backward(np, a, again, da, dz)
    return dz


def left_out(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da"""
    return da.copy()


def twice(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da * activation'(z)²"""
    once, dz = np.empty_like(da), np.empty_like(da)
    activation.backward(np, z, a, da, once)
    activation.backward(np, z, a, once, dz)
    return dz


def diagonal(activation: Any, da: Array, z: Array, a: Array) -> Array:
    """dz = da * a * (1 - a)"""
    return da * a * (1 - a)


MISTAKES = (
    Mistake(
        "sigmoid-derivative-of-z",
        "sigmoid's derivative is computed as z (1 - z), from its input; the derivative is a (1 - a), from its output",
        "accuracy stays far behind and the loss stops falling: units that are far from z = 0 get gradients of the "
        "wrong sign",
        1,
        "dense/dz",
        with_derivative(activations.sigmoid, sigmoid_of_z),
        SCALED,
    ),
    Mistake(
        "tanh-derivative-of-z",
        "tanh's derivative is computed as 1 - z², from its input; the derivative is 1 - a², from its output",
        "it learns at first, since z² and a² are alike near 0, and diverges once some |z| is above 1",
        1,
        "dense/dz",
        with_derivative(activations.tanh, tanh_of_z),
        TANH,
    ),
    Mistake(
        "derivative-of-a",
        "the activation's derivative is taken at a, its output, by the formula that is meant for z",
        "it learns more slowly: sigmoid'(a) lies between 0.20 and 0.25 and has the right sign",
        1,
        "dense/dz",
        with_derivative(None, of_a),
        SCALED,
    ),
    Mistake(
        "derivative-left-out",
        "dz = da in a hidden layer: the activation's derivative is missing, or 1 everywhere",
        "it learns, and stays behind: units that are off learn too",
        1,
        "dense/dz",
        with_derivative(None, left_out),
        RELU,
        (with_derivative(None, left_out, first=True), with_derivative(None, left_out, passed_on=False)),
    ),
    Mistake(
        "derivative-twice",
        "da is multiplied by the activation's derivative twice",
        "with a sigmoid the lower layers learn more slowly; with relu nothing changes, since 1 · 1 = 1",
        1,
        "dense/dz",
        with_derivative(None, twice),
        SCALED,
        (with_derivative(None, twice, passed_on=False),),
    ),
    Mistake(
        "output-derivative-left-out",
        "dz = da in the last layer, without its activation's derivative, which counts with mean squared error",
        "it learns faster: with sigmoids dz = p - y is, but for a factor, what cross-entropy gives",
        1,
        "dense_1/dz",
        with_derivative_of_output(left_out),
        SQUARED_SIGMOIDS,
    ),
    Mistake(
        "softmax-diagonal",
        "behind a softmax dz = da p (1 - p), as if each output depended on its own z alone; each depends on all: dz = "
        "p (da - sum of da p)",
        "hardly anything: it learns at about the same pace",
        1,
        "dense_1/dz",
        with_derivative_of_output(diagonal),
        SQUARED_SOFTMAX,
    ),
)
