"""Mistakes in the update: what an optimizer makes of the gradients."""

import copy
import threading
from typing import Any

import numpy as np

from tinydnn import layers, optimizers
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.engine.passes import Pass
from tinydnn.engine.shards import Shards
from tinydnn.inspect.mistakes.mistake import Method, Mistake
from tinydnn.inspect.mistakes.training import MOMENTUM, NESTEROV, SCALED
from tinydnn.layers.trace import Trace
from tinydnn.optimizers import Optimizer

# -- any optimizer ---------------------------------------------------------------------------------------


def uphill(original: Method) -> Method:
    """w = w + learning_rate * g"""
    return lambda self, w, g, part: original(self, w, -g, part)


_running = threading.local()  # has the pass that runs in this thread


def kept(original: Method) -> Method:
    """The pass that runs is known to its layers."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        _running.own = self
        original(self, output, batch)

    return backward


def by_updated_weights(original: Method) -> Method:
    """dx = dz @ W.T, with the W that the update leaves."""

    def backward(self: layers.Dense, da: Array, t: Trace) -> Array | None:
        original(self, da, t)
        return None if t.dx is None else np.matmul(t.dz, _updated(_running.own, self).T, out=t.dx)

    return backward


def _updated(own: Pass, layer: layers.Dense) -> Array:
    """The kernel of a layer after an update with the gradients that there are."""
    network, optimizer = own.network, copy.copy(own.network.optimizer)
    assert optimizer is not None
    optimizer.layout = network.layout  # a copy is made without
    optimizer.slots = {name: slot.copy() for name, slot in optimizer.slots.items()}
    w = network.parameters.copy()
    optimizer.begin_step()
    optimizer.update(w, own.gradient, slice(None))
    kernel: Array = dict(zip(network.flat_layers, network.views_by_layer(w), strict=True))[layer][0]
    return kernel


def row_by_row(original: Method) -> Method:
    """An update after each row."""

    def gradients(self: Shards, start: int, stop: int) -> list[Pass]:
        for i in range(start, stop - 1):
            self.update(original(self, i, i + 1))
        last: list[Pass] = original(self, stop - 1, stop)
        return last

    return gradients


# -- SGD ---------------------------------------------------------------------------------------------------


def averaged_momentum(original: Method) -> Method:
    """m = momentum * m - (1 - momentum) * learning_rate * g"""

    @elementwise
    def step(w: Any, m: Any, g: Any, rate: Any, momentum: Any, nesterov: Any) -> Any:
        if m is None:
            return w - rate * g, m
        m = momentum * m - (1 - momentum) * rate * g
        w = w + m if nesterov is None else w + (nesterov * m - (1 - momentum) * rate * g)
        return w, m

    return step


def without_look_ahead(original: Method) -> Method:
    """w = w + m, as without nesterov"""
    return lambda self: (*original(self)[:-1], None)


def from_the_new_velocity(original: Method) -> Method:
    """w = w + momentum² * m - (1 + momentum) * learning_rate * g, with the m of this step"""

    @elementwise
    def step(w: Any, m: Any, g: Any, rate: Any, momentum: Any, nesterov: Any) -> Any:
        if m is None:
            return w - rate * g, m
        m = momentum * m - rate * g
        w = w + m if nesterov is None else w + momentum * momentum * m - (1 + momentum) * rate * g
        return w, m

    return step


def ahead(original: Method) -> Method:
    """The gradient at w + momentum * m."""

    def forward(self: Pass, rows: Any) -> Array:
        optimizer, w = self.network.optimizer, self.network.parameters
        if isinstance(optimizer, optimizers.SGD) and optimizer.nesterov:
            self.network.before_look_ahead = w.copy()  # type: ignore[attr-defined]
            w += optimizer.momentum * optimizer.slots["momentum"]
        output: Array = original(self, rows)
        return output

    return forward


def and_back(original: Method) -> Method:
    """The weights as they were, once the gradient is there."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, batch)
        optimizer = self.network.optimizer
        if isinstance(optimizer, optimizers.SGD) and optimizer.nesterov:
            self.network.parameters[...] = self.network.before_look_ahead  # type: ignore[attr-defined]

    return backward


MISTAKES = (
    Mistake(
        "uphill",
        "the step is added, w + learning_rate * g; the loss falls where it is subtracted",
        "the loss rises",
        1,
        "dense/kernel change",
        ((Optimizer, "update", uphill),),
        SCALED,
    ),
    Mistake(
        "gradient-through-updated-weights",
        "each layer is updated before the gradient goes on to the one below it, through W as it is then; all gradients "
        "of a step belong to the weights from before it",
        "nothing that anyone would notice",
        1,
        "dense/da",
        ((Pass, "backward", kept), (layers.Dense, "backward", by_updated_weights)),
        SCALED,
    ),
    Mistake(
        "updates-row-by-row",
        "the weights are updated after each sample; Keras updates them once a batch, with the mean gradient",
        "it learns much faster at first, and takes longer for an epoch",
        1,
        "x",
        ((Shards, "gradients", row_by_row),),
        SCALED,
    ),
    Mistake(
        "momentum-averaged",
        "m = momentum * m - (1 - momentum) * learning_rate * g, a mean of gradients; in Keras g counts whole",
        "each step is smaller by a factor of 1 - momentum",
        1,
        "dense/kernel momentum",
        ((optimizers.SGD, "step", averaged_momentum),),
        MOMENTUM,
    ),
    Mistake(
        "nesterov-at-the-point-ahead",
        "the gradient is taken at w + momentum * m, as in older books; Keras takes it at w, and keeps the weights of "
        "the point ahead: w = w + momentum * m - learning_rate * g",
        "the loss is that of the point ahead, and lower; the weights that are kept lie behind it",
        1,
        "dense/kernel change",
        ((Pass, "forward", ahead), (Pass, "backward", and_back), (optimizers.SGD, "numbers", without_look_ahead)),
        NESTEROV,
    ),
    Mistake(
        "nesterov-from-the-new-velocity",
        "w = w + momentum² * m - (1 + momentum) * learning_rate * g, which is right with the m from before the step, "
        "takes the new one; Keras has w = w + momentum * m - learning_rate * g, with the new one",
        "hardly anything",
        1,
        "dense/kernel change",
        ((optimizers.SGD, "step", from_the_new_velocity),),
        NESTEROV,
    ),
    Mistake(
        "nesterov-left-out",
        "w = w + m, which is plain momentum; with nesterov, w = w + momentum * m - learning_rate * g",
        "hardly anything",
        1,
        "dense/kernel change",
        ((optimizers.SGD, "numbers", without_look_ahead),),
        NESTEROV,
    ),
)
