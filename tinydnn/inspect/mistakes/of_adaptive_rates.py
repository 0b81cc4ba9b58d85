"""Mistakes in RMSprop and Adagrad, and in what Adam has in common with them."""

from typing import Any

import numpy as np

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import ADAGRAD, SCALED
from tinydnn.optimizers import Optimizer


def with_epsilon(epsilon: float) -> Plants:
    """Plants another epsilon in RMSprop, Adam and Adagrad."""

    def plant(original: Method) -> Method:
        return lambda self: (*original(self)[:-1], epsilon)

    plant.__doc__ = f"epsilon = {epsilon:g}"
    return tuple((owner, "numbers", plant) for owner in (optimizers.RMSprop, optimizers.Adam, optimizers.Adagrad))


# -- RMSprop and Adam --------------------------------------------------------------------------------------


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


def rho_for_the_rest(original: Method) -> Method:
    """v = (1 - rho) * v + rho * g²"""

    def numbers(self: optimizers.RMSprop) -> tuple[Any, ...]:
        rate, rho, *others = original(self)
        return rate, 1 - rho, *others

    return numbers


def bias_not_squared(original: Method) -> Method:
    """v = rho * v + (1 - rho) * g for biases"""

    def update(self: Optimizer, w: Array, g: Array, part: slice) -> None:
        step = _NOT_SQUARED.get(type(self))
        if step is None:
            original(self, w, g, part)
            return
        assert self.layout is not None
        for shape, place in zip(self.layout.shapes, self.layout.slices, strict=True):
            if len(shape) == 1:
                slots = [self.slots[name][place] if name in self.slots else None for name in self.all_slots]
                step.update(np, (w[place], *slots), g[place], *self.numbers())
            else:
                original(self, w, g, place)

    return update


@elementwise
def _of_rmsprop(w: Any, v: Any, m: Any, a: Any, g: Any, rate: Any, rho: Any, momentum: Any, epsilon: Any) -> Any:
    v = rho * v + (1 - rho) * g
    w = w - rate * g / np.sqrt(v + epsilon)
    return w, v, m, a


@elementwise
def _of_adam(w: Any, m: Any, v: Any, v_hat: Any, g: Any, rate: Any, beta_1: Any, beta_2: Any, epsilon: Any) -> Any:
    m = m + (1 - beta_1) * (g - m)
    v = v + (1 - beta_2) * (g - v)
    w = w - rate * m / (np.sqrt(v) + epsilon)
    return w, m, v, v_hat


@elementwise
def _of_adagrad(w: Any, a: Any, g: Any, rate: Any, epsilon: Any) -> Any:
    a = a + g
    w = w - rate * g / np.sqrt(a + epsilon)
    return w, a


_NOT_SQUARED = {optimizers.RMSprop: _of_rmsprop, optimizers.Adam: _of_adam, optimizers.Adagrad: _of_adagrad}


def from_zero(epsilon_outside: bool = False) -> Plants:
    """Plants an accumulator that begins at 0 in Adagrad.

    epsilon_outside: whether the step divides by sqrt(accumulator) + epsilon as well.
    """

    def begin(original: Any) -> Any:
        return property(lambda self: 0.0)

    def plant(original: Method) -> Method:
        @elementwise
        def step(w: Any, a: Any, g: Any, rate: Any, epsilon: Any) -> Any:
            a = a + g * g
            w = w - rate * g / (np.sqrt(a) + epsilon)
            return w, a

        return step

    begin.__doc__ = "accumulator = 0, before the first step"
    plant.__doc__ = "sqrt(accumulator) + epsilon"
    outside = ((optimizers.Adagrad, "step", plant),) if epsilon_outside else ()
    return ((optimizers.Adagrad, "first_value", begin), *outside)


def not_accumulated(epsilon_outside: bool = False) -> Plants:
    """Plants an accumulator of Adagrad that has the last g² alone.

    epsilon_outside: whether the step divides by sqrt(accumulator) + epsilon as well.
    """

    def plant(original: Method) -> Method:
        @elementwise
        def step(w: Any, a: Any, g: Any, rate: Any, epsilon: Any) -> Any:
            a = g * g
            w = w - rate * g / ((np.sqrt(a) + epsilon) if epsilon_outside else np.sqrt(a + epsilon))
            return w, a

        return step

    plant.__doc__ = "accumulator = g²"
    return ((optimizers.Adagrad, "step", plant),)


MISTAKES = (
    Mistake(
        "epsilon-of-the-paper",
        "epsilon is 1e-8, as in Adam's paper; Keras has 1e-7",
        "where gradients are small, steps are larger, and the loss falls faster at first",
        1,
        "dense/kernel change",
        with_epsilon(1e-8),
        SCALED,
        (with_epsilon(1e-10), with_epsilon(1e-6), with_epsilon(0.0)),
    ),
    Mistake(
        "epsilon-outside-root",
        "RMSprop divides by sqrt(v) + epsilon; Keras divides by sqrt(v + epsilon)",
        "it looks like an improvement: where gradients are small, steps are larger, and the loss falls faster at first",
        1,
        "dense/kernel change",
        ((optimizers.RMSprop, "step", epsilon_outside),),
        SCALED,
    ),
    Mistake(
        "rho-for-the-rest",
        "v = (1 - rho) * v + rho * g²; Keras has rho * v + (1 - rho) * g²",
        "the first step is a third as large, and later ones follow the last gradient alone",
        1,
        "dense/kernel velocity",
        ((optimizers.RMSprop, "numbers", rho_for_the_rest),),
        SCALED,
    ),
    Mistake(
        "bias-not-squared",
        "for biases, v takes up g in place of g²",
        "NaN in biases whose v becomes negative, from the first step on",
        1,
        "dense/bias velocity",
        ((Optimizer, "update", bias_not_squared),),
        SCALED,
    ),
    Mistake(
        "adagrad-from-zero",
        "Adagrad's accumulator begins at 0; in Keras it begins at initial_accumulator_value, which is 0.1",
        "the first step moves each weight by the whole learning rate, and the loss falls much faster",
        1,
        "dense/kernel",
        from_zero(),
        ADAGRAD,
        (from_zero(epsilon_outside=True),),
    ),
    Mistake(
        "adagrad-not-accumulated",
        "Adagrad's accumulator is the square of this step's gradient; it is the sum of all squares so far",
        "each weight moves by the whole learning rate in every step, and the loss falls much faster",
        1,
        "dense/kernel accumulator",
        not_accumulated(),
        ADAGRAD,
        (not_accumulated(epsilon_outside=True),),
    ),
)
