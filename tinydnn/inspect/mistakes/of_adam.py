"""Mistakes in Adam: the correction of m and v, and its epsilon."""

from typing import Any

import numpy as np

from tinydnn import optimizers
from tinydnn.device.backend import Array
from tinydnn.device.elementwise import elementwise
from tinydnn.inspect.mistakes.mistake import Method, Mistake, Plants
from tinydnn.inspect.mistakes.training import ADAM
from tinydnn.optimizers import Optimizer


def uncorrected(original: Method) -> Method:
    """w = w - learning_rate * m / (sqrt(v) + epsilon)"""
    return lambda self: (self.rate, *original(self)[1:])


def epsilon_after_correction(epsilon: float | None = None) -> Plants:
    """Plants w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon), where m_hat and v_hat are corrected.

    epsilon: None for the optimizer's.
    """

    def plant(original: Method) -> Method:
        def numbers(self: optimizers.Adam) -> tuple[Any, ...]:
            *others, own = original(self)
            return *others, (own if epsilon is None else epsilon) * np.sqrt(1 - self.beta_2**self.iterations)

        return numbers

    plant.__doc__ = "w = w - learning_rate * m_hat / (sqrt(v_hat) + epsilon), where m_hat and v_hat are corrected"
    return ((optimizers.Adam, "numbers", plant),)


def epsilon_under(corrected: bool = False) -> Plants:
    """Plants w = w - learning_rate * m_hat / sqrt(v_hat + epsilon), where the epsilon is not corrected as v is.

    corrected: whether it is.
    """

    def plant(original: Method) -> Method:
        @elementwise
        def step(w: Any, m: Any, v: Any, v_hat: Any, g: Any, rate: Any, beta_1: Any, beta_2: Any, epsilon: Any) -> Any:
            m = m + (1 - beta_1) * (g - m)
            v = v + (1 - beta_2) * (g * g - v)
            w = w - rate * m / np.sqrt(v + epsilon)
            return w, m, v, v_hat

        return step

    def scaled(original: Method) -> Method:
        def numbers(self: optimizers.Adam) -> tuple[Any, ...]:
            *others, epsilon = original(self)
            return *others, epsilon * (1 - self.beta_2**self.iterations)

        return numbers

    plant.__doc__ = "sqrt(v + epsilon)"
    more = ((optimizers.Adam, "numbers", scaled),) if corrected else ()
    return ((optimizers.Adam, "step", plant), *more)


def always_first(original: Method) -> Method:
    """t = 1"""

    def numbers(self: optimizers.Adam) -> tuple[Any, ...]:
        return _at(self, 1, original)

    return numbers


def _at(self: Any, t: int, numbers: Method) -> tuple[Any, ...]:
    own, self.iterations = self.iterations, t
    try:
        return tuple(numbers(self))
    finally:
        self.iterations = own


def counted(arrays: int, downwards: bool) -> Plants:
    """Plants a t of Adam's that grows with each layer or array that is updated.

    arrays: how many weight arrays share a t, 2 for a layer and 1 for an array.
    downwards: whether the last layer is updated first.
    """

    def plant(original: Method) -> Method:
        def update(self: Optimizer, w: Array, g: Array, part: slice) -> None:
            if not isinstance(self, optimizers.Adam):
                original(self, w, g, part)
                return
            assert self.layout is not None
            places, right = self.layout.slices, self.iterations
            count = -(-len(places) // arrays)
            for i, place in enumerate(places):
                turn = count - 1 - i // arrays if downwards else i // arrays
                self.iterations = (right - 1) * count + turn + 1
                original(self, w, g, place)
            self.iterations = right

        return update

    plant.__doc__ = (
        f"t grows with each {'layer' if arrays == 2 else 'array'}, the {'last' if downwards else 'first'} first"
    )
    return ((Optimizer, "update", plant),)


MISTAKES = (
    Mistake(
        "adam-uncorrected",
        "Adam's m and v are not corrected for having begun at 0; Keras multiplies the rate by "
        "sqrt(1 - beta_2^t) / (1 - beta_1^t)",
        "the first steps are about three times as large",
        1,
        "dense/kernel change",
        ((optimizers.Adam, "numbers", uncorrected),),
        ADAM,
    ),
    Mistake(
        "adam-epsilon-after-correction",
        "epsilon is added to the root of the corrected v, as the paper has it; Keras adds it to that of v itself",
        "nothing but for gradients that are nearly 0",
        1,
        "dense/kernel change",
        epsilon_after_correction(),
        ADAM,
        (epsilon_after_correction(1e-8),),
    ),
    Mistake(
        "adam-epsilon-under-root",
        "Adam divides by sqrt(v + epsilon), as RMSprop does in Keras; Keras' Adam divides by sqrt(v) + epsilon",
        "where gradients are small, steps are smaller, and the loss falls more slowly at first",
        1,
        "dense/kernel change",
        epsilon_under(),
        ADAM,
        (epsilon_under(corrected=True),),
    ),
    Mistake(
        "adam-t-never-grows",
        "t, the number of the step, stays 1; it grows with each step",
        "the first steps are up to twice as large, later ones a third of what they should be",
        2,
        "dense/kernel change",
        ((optimizers.Adam, "numbers", always_first),),
        ADAM,
    ),
    Mistake(
        "adam-t-counts-layers",
        "t grows with each layer or array that is updated; it grows once a step",
        "the correction ends sooner, so the first steps are larger, and the loss falls faster",
        1,
        "dense_1/kernel change",
        counted(2, downwards=False),
        ADAM,
        (counted(2, downwards=True), counted(1, downwards=False), counted(1, downwards=True)),
    ),
)
