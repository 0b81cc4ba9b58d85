"""The wrong methods: each function takes a method of the engine and returns the wrong one that replaces it."""

from typing import Any

import numpy as np

from tinydnn import activations, layers, losses
from tinydnn.device.backend import Array, Backend
from tinydnn.device.elementwise import elementwise
from tinydnn.engine.fit import Fit
from tinydnn.engine.passes import Pass
from tinydnn.inspect.mistakes.mistake import Method
from tinydnn.layers.trace import Trace

# -- gradients -----------------------------------------------------------------------------------------


def summed(original: Method) -> Method:
    """The gradient of the sum of the losses."""

    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, 1)

    return backward


def divided_by_usual_size(original: Method) -> Method:
    """The gradient divided by the largest batch size so far."""
    usual = 0

    def backward(self: Pass, output: Array, batch: int) -> None:
        nonlocal usual
        usual = max(usual, batch)
        original(self, output, usual)

    return backward


def without_bias_gradient(original: Method) -> Method:
    """db = 0."""

    def backward(self: layers.Dense, dz: Array, t: Trace) -> Array | None:
        dx: Array | None = original(self, dz, t)
        for db in t.gradients[1:]:
            db[...] = 0
        return dx

    return backward


def derivative_of_z(original: Method) -> Method:
    """dz = da * z * (1 - z)."""

    def backward(self: layers.Layer, da: Array, t: Trace) -> Array | None:
        if self.activation is not activations.sigmoid or t.loss_takes_z:
            right: Array | None = original(self, da, t)
            return right
        dz = da * t.z * (1 - t.z)
        if isinstance(self, layers.Activation):
            return dz
        t.loss_takes_z = True  # so the layer takes this for dz
        dx: Array | None = original(self, dz, t)
        t.loss_takes_z = False
        return dx

    return backward


# -- loss ----------------------------------------------------------------------------------------------


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


# -- update --------------------------------------------------------------------------------------------


def epsilon_outside(original: Method) -> Method:
    """sqrt(v) + epsilon."""

    @elementwise
    def step(w: Any, v: Any, m: Any, a: Any, g: Any, rate: Any, rho: Any, momentum: Any, epsilon: Any) -> Any:
        v = rho * v + (1 - rho) * (g * g)
        variance = v
        if a is not None:
            a = rho * a + (1 - rho) * g
            variance = v - a * a
        change = rate * g / (np.sqrt(variance) + epsilon)
        if m is not None:
            m = change = momentum * m + change
        w = w - change
        return w, v, m, a

    return step


# -- weights and numbers -------------------------------------------------------------------------------


def zeros(original: Method) -> Method:
    """Zeros instead of random numbers."""
    return lambda self, shape, dtype="float32": np.zeros(shape, dtype)


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


def always_float64(original: Method) -> Method:
    """Memory for float64 where a float32 array was asked for."""
    return lambda self, size, dtype: original(self, size, np.float64 if np.dtype(dtype).kind == "f" else dtype)


def into_float64(original: Method) -> Method:
    """Rows gathered into an array of any dtype."""

    def gather(self: Backend, source: Array, indices: Array, out: Array) -> None:
        out[...] = source[indices]  # NumPy's take, which the original calls, does not convert

    return gather


# -- data ----------------------------------------------------------------------------------------------


def unscaled(original: Method) -> Method:
    """y = x."""

    def forward(self: layers.Rescaling, x: Array, t: Trace) -> Array:
        t.y[...] = x
        return t.y

    return forward


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
