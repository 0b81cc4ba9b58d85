"""The gallery of classic mistakes: the known ways in which a re-implementation of Keras goes wrong.

Each is a few lines that take the place of a method of the engine for as long as a `with` block lasts:

    with mistakes.find("gradient-summed").planted():
        model.fit(x, y)

The engine knows nothing of them. They are for NumPy, not for a GPU's kernels.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import numpy as np

from tinydnn import initializers, layers, losses, optimizers, utils
from tinydnn.callbacks import History
from tinydnn.device.backend import Array, Backend
from tinydnn.engine import fit as training
from tinydnn.engine.passes import Pass
from tinydnn.inspect import net
from tinydnn.inspect.net import Settings
from tinydnn.names import lookup

Method = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what is known of it.

    name: what the commands call it.
    wrong: what is wrong, beside what is right.
    log: how it looks in the log, next to the right training with the same settings.
    step, tensor: where a comparison with Keras finds it first, where an epoch has two batches of 16 digits and a last
        one of 10; step 0 is before the training.
    plants: (owner, attribute, wrong), where wrong(original) gives what takes the original's place.
    settings: a training in which it shows.
    """

    name: str
    wrong: str
    log: str
    step: int
    tensor: str
    plants: tuple[tuple[Any, str, Callable[[Method], Method]], ...]
    settings: Settings

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Make the engine do it wrong, for all models, as long as the block lasts."""
        originals = [(owner, name, getattr(owner, name)) for owner, name, _ in self.plants]
        try:
            for owner, name, wrong in self.plants:
                setattr(owner, name, wrong(getattr(owner, name)))
            yield
        finally:
            for owner, name, original in originals:
                setattr(owner, name, original)

    @property
    def code(self) -> str:
        """The lines that do it wrong."""
        return "\n".join(dedent(inspect.getsource(wrong)).rstrip() for _, _, wrong in self.plants)


# -- gradients -----------------------------------------------------------------------------------------


def _summed(original: Method) -> Method:
    def backward(self: Pass, output: Array, batch: int) -> None:
        original(self, output, 1)

    return backward


def _divided_by_the_usual_size(original: Method) -> Method:
    usual = 0

    def backward(self: Pass, output: Array, batch: int) -> None:
        nonlocal usual
        usual = max(usual, batch)
        original(self, output, usual)

    return backward


def _without_bias_gradient(original: Method) -> Method:
    def backward(self: layers.Dense, dz: Array, t: layers.Trace) -> Array | None:
        dx: Array | None = original(self, dz, t)
        for db in t.gradients[1:]:
            db[...] = 0
        return dx

    return backward


def _of_z(original: Method) -> Method:
    def backward(self: layers.Activation, da: Array, t: layers.Trace) -> Array | None:
        if self.activation.name != "sigmoid" or t.dx is None:
            dz: Array | None = original(self, da, t)
            return dz
        z = t.x
        t.dx[...] = da * z * (1 - z)
        return t.dx

    return backward


# -- loss ----------------------------------------------------------------------------------------------


def _largest_of_the_batch(original: Method) -> Method:
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


def _of_clipped_probabilities(original: Method) -> Method:
    return lambda self, last: self.from_logits


# -- update --------------------------------------------------------------------------------------------


def _epsilon_outside(original: Method) -> Method:
    def update(self: optimizers.RMSprop, w: Array, g: Array, slots: dict[str, Array], work: Array) -> None:
        v = slots["velocity"]
        v[...] = self.rho * v + (1 - self.rho) * g * g
        variance = v
        if self.centered:
            a = slots["average_gradient"]
            a[...] = self.rho * a + (1 - self.rho) * g
            variance = v - a * a
        step = self.rate * g / (np.sqrt(variance) + self.epsilon)
        if self.momentum > 0:
            m = slots["momentum"]
            m[...] = self.momentum * m + step
            step = m
        w -= step

    return update


# -- weights and numbers -------------------------------------------------------------------------------


def _zeros(original: Method) -> Method:
    return lambda self, shape, dtype="float32": np.zeros(shape, dtype)


def _forward_of_a_transposed_kernel(original: Method) -> Method:
    def forward(self: layers.Dense, x: Array, t: layers.Trace) -> Array:
        W = self.weights[0]
        np.matmul(x, W.reshape(W.shape[::-1]).T, out=t.y)
        if self.use_bias:
            t.y += self.weights[1]
        return t.y

    return forward


def _backward_of_a_transposed_kernel(original: Method) -> Method:
    def backward(self: layers.Dense, dz: Array, t: layers.Trace) -> Array | None:
        W = self.weights[0]
        t.gradients[0][...] = (dz.T @ t.x).reshape(W.shape)
        if self.use_bias:
            t.gradients[1][...] = dz.sum(axis=0)
        return None if t.dx is None else np.matmul(dz, W.reshape(W.shape[::-1]), out=t.dx)

    return backward


def _always_float64(original: Method) -> Method:
    return lambda self, size, dtype: original(self, size, np.float64 if np.dtype(dtype).kind == "f" else dtype)


def _into_float64(original: Method) -> Method:
    def gather(self: Backend, source: Array, indices: Array, out: Array) -> None:
        out[...] = source[indices]  # NumPy's take, which the original calls, refuses to convert

    return gather


# -- data ----------------------------------------------------------------------------------------------


def _unscaled(original: Method) -> Method:
    def forward(self: layers.Rescaling, x: Array, t: layers.Trace) -> Array:
        t.y[...] = x
        return t.y

    return forward


def _shuffled_first(original: Method) -> Method:
    def split(x: Any, y: Any, validation_split: float) -> Any:
        order = np.random.default_rng(0).permutation(len(x))
        return original(np.asarray(x)[order], np.asarray(y)[order], validation_split)

    return split


def _another_order_each_epoch(original: Method) -> Method:
    def begin_epoch(self: training.Fit) -> None:
        original(self)
        if self.epoch > 0:
            self.order = np.random.default_rng(self.epoch).permutation(self.data.n)
            self.shards.begin(self.order)

    return begin_epoch


# -- the gallery ---------------------------------------------------------------------------------------

SCALED = Settings(input="scaled", device="cpu")
LOUD = Settings(input="raw", hidden=(), device="cpu")  # logits that are hundreds apart

GALLERY = (
    Mistake(
        "epsilon-outside-root",
        "RMSprop divides by sqrt(v) + epsilon; in Keras it is sqrt(v + epsilon)",
        "it looks like an improvement: where gradients are small steps are larger, and the loss falls faster at first",
        1,
        "dense/kernel change",
        ((optimizers.RMSprop, "_update", _epsilon_outside),),
        SCALED,
    ),
    Mistake(
        "gradient-summed",
        "the gradient is that of the sum of the batch's losses; in Keras it is that of their mean",
        "with SGD each step is as many times larger as a batch has samples; with RMSprop the loss falls faster at "
        "first, as with a smaller epsilon; with Adam nearly nothing",
        1,
        "dense_1/dz",
        ((Pass, "backward", _summed),),
        SCALED,
    ),
    Mistake(
        "last-batch-wrong-n",
        "the last, smaller batch of an epoch is divided by the usual batch size; in Keras by its own",
        "nothing that anyone would notice: the fourth digit changes from the first epoch on",
        3,
        "dense_1/dz",
        ((Pass, "backward", _divided_by_the_usual_size),),
        SCALED,
    ),
    Mistake(
        "softmax-maximum-of-batch",
        "softmax takes the largest logit of the whole batch off every row; it has to be each row's own",
        "NaN in the first epoch, once a row's logits are all about 100 (in float64, 745) below the batch's "
        "largest; before that nothing",
        1,
        "dense/a",
        ((losses.CategoricalCrossentropy, "forward", _largest_of_the_batch),),
        LOUD,
    ),
    Mistake(
        "loss-clipped",
        "cross-entropy takes the softmax's probabilities, clipped to 1e-7; Keras looks through it to the logits",
        "nothing as long as probabilities stay above 1e-7; then a loss that can't exceed 16.1, and rows that are "
        "wrong with certainty learn nothing more",
        1,
        "l",
        ((losses.CategoricalCrossentropy, "takes_logits", _of_clipped_probabilities),),
        LOUD,
    ),
    Mistake(
        "transposed-kernel",
        "a kernel's numbers are read as (units, inputs), as PyTorch has them; in Keras they are (inputs, units)",
        "nothing: the net trains as well as the right one, from other weights; files from Keras or PyTorch give "
        "nonsense",
        1,
        "dense/z",
        (
            (layers.Dense, "forward", _forward_of_a_transposed_kernel),
            (layers.Dense, "backward", _backward_of_a_transposed_kernel),
        ),
        SCALED,
    ),
    Mistake(
        "split-after-shuffling",
        "the samples are shuffled before the validation split; Keras holds out the last ones as they came",
        "a training like the right one, but another one from the first step on; validation figures are of other "
        "samples",
        1,
        "loss",
        ((training, "split", _shuffled_first),),
        SCALED,
    ),
    Mistake(
        "reshuffled-differently",
        "each epoch takes the samples in a new order; in Keras it is the same one each time, once a seed is set",
        "the first epoch is right to the last digit, all later ones differ a little",
        4,
        "loss",
        ((training.Fit, "_begin_epoch", _another_order_each_epoch),),
        SCALED,
    ),
    Mistake(
        "unscaled-inputs",
        "grey values go in as 0 to 255, where the net has a Rescaling to 0 to 1",
        "the loss falls faster at first, but most units are saturated, and a rounding makes another run of it",
        1,
        "rescaling/y",
        ((layers.Rescaling, "forward", _unscaled),),
        SCALED,
    ),
    Mistake(
        "zero-initial-weights",
        "kernels begin as zeros; in Keras as glorot_uniform",
        "the loss stays at log(10) = 2.30 for some epochs and then falls slowly: all units of a layer get the "
        "same gradient and stay alike",
        0,
        "initial dense/kernel",
        ((initializers.GlorotUniform, "__call__", _zeros),),
        SCALED,
    ),
    Mistake(
        "forgotten-bias-gradient",
        "biases get no gradient, and stay 0; in Keras it is db = sum of dz over the rows",
        "nothing: it trains nearly as well",
        1,
        "dense_1/db",
        ((layers.Dense, "backward", _without_bias_gradient),),
        SCALED,
    ),
    Mistake(
        "float64-creeping-in",
        "float64 arrays come in somewhere and make the whole training float64; Keras computes in floatx, float32",
        "nothing but the time, which about doubles",
        0,
        "initial dense/kernel",
        ((Backend, "empty", _always_float64), (Backend, "gather", _into_float64)),
        SCALED,
    ),
    Mistake(
        "sigmoid-derivative-of-z",
        "sigmoid's derivative is taken as z (1 - z), of what goes in; in Keras it is a (1 - a), of what comes out",
        "accuracy stays far behind and the loss stops falling: units that are far from z = 0 get gradients of the "
        "wrong sign",
        1,
        "dense/dz",
        ((layers.Activation, "backward", _of_z),),
        SCALED,
    ),
)

_BY_NAME = {mistake.name: mistake for mistake in GALLERY}


def find(name: str) -> Mistake:
    """The mistake of this name.

    Raises:
        ValueError: there is none.
    """
    return lookup("mistake", name, _BY_NAME)


def log_of(
    mistake: Mistake | None, settings: Settings, x: Array, y: Array, epochs: int, seed: int = 42
) -> dict[str, list[float]]:
    """The log of a training on digits, with a mistake or without; it ends where the loss becomes infinite or NaN.

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
