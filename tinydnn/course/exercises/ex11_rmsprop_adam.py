"""RMSprop and Adam

With SGD a weight whose slopes are small hardly moves. RMSprop gives each weight steps of its own size: it divides the
slope by how large the slopes of this weight have been lately. v is a running mean of g², so its root is a usual size of
g. epsilon is a tiny number that keeps the division from failing where v is 0. Keras has it inside the root.

    v = rho * v + (1 - rho) * g²
    w = w - learning_rate * g / sqrt(v + epsilon)         with the new v

Adam does that too, and has momentum besides: m is a running mean of g. Both m and v begin at 0, so at first they are
too small. The learning rate makes up for it: t counts the steps, 1 in the first, and beta^t is beta to the power of t.
Here epsilon is outside of the root.

    rate = learning_rate * sqrt(1 - beta_2^t) / (1 - beta_1^t)
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g²
    w = w - rate * m / (sqrt(v) + epsilon)                with the new m and v

    w, g, m and v have the same shape

Both functions change their arrays in place, as in the exercise before: `v[...] = …`, `w -= …`. In `v[...] = ...` only
the `...` to the right of = is to be replaced; `[...]` means the whole array. A power is `**` in Python.
"""

import numpy as np

from tinydnn.course import reference
from tinydnn.course.digits import batch
from tinydnn.course.exercise import Arguments, Exercise, Task
from tinydnn.course.exercises.adam import MISTAKES, adam
from tinydnn.course.literals import literals

T = 3  # Adam's third step


def _rmsprop_cases() -> dict[str, Arguments]:
    one = batch()
    arguments = {"w": one.weights[2], "g": one.gradients[2], "v": one.velocities[2]}
    last = {"w": one.weights[4], "g": one.gradients[4], "v": one.velocities[4]}
    return {
        "the second layer's W, after 100 digits": arguments,
        "the last layer's W, with arguments that are not the defaults": last
        | {"learning_rate": 0.02, "rho": 0.7, "epsilon": 1e-5},
    }


def _adam_cases() -> dict[str, Arguments]:
    one = batch()
    g = one.gradients[2]
    arguments = {"w": one.weights[2], "g": g, "m": 0.2 * g[::-1], "v": 0.002 * g[::-1] ** 2, "t": T}
    g = one.gradients[4]
    last = {"w": one.weights[4], "g": g, "m": 0.2 * g[::-1], "v": 0.002 * g[::-1] ** 2, "t": 2 * T}
    return {
        f"the second layer's W, after 100 digits, at step {T}": arguments,
        f"the last layer's W, at step {2 * T}, with arguments that are not the defaults": last
        | {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5},
    }


def _rmsprop(w, g, v, root=lambda v: np.sqrt(v + 1e-7), kept=0.9, taken=0.1, square=np.square, way=1):
    """A step in which some of this is another than in RMSprop's."""
    v[...] = kept * v + taken * square(g)
    with np.errstate(all="ignore"):
        w -= way * 0.001 * g / root(v)


def _epsilon_outside(w, g, v):
    """epsilon is outside of the root. In RMSprop Keras has it inside, sqrt(v + epsilon), which is more: sqrt(1e-7) is
    0.0003.
    """
    _rmsprop(w, g, v, lambda v: np.sqrt(v) + 1e-7)


def _no_epsilon(w, g, v):
    """epsilon is left out, or brackets are missing: it belongs inside of the root, sqrt(v + epsilon)."""
    _rmsprop(w, g, v, np.sqrt)


def _no_root(w, g, v):
    """The root is missing: v is a mean of squares, so its root is a usual size of g."""
    _rmsprop(w, g, v, lambda v: v + 1e-7)


def _rho_exchanged(w, g, v):
    """rho and 1 - rho are exchanged: v keeps most of itself, rho * v, and takes up little of g²."""
    _rmsprop(w, g, v, kept=0.1, taken=0.9)


def _not_squared(w, g, v):
    """v takes up g, and should take up g²."""
    _rmsprop(w, g, v, square=np.positive)


def _as_adagrad(w, g, v):
    """v only grows: g² is added whole, and nothing of v is forgotten. That is Adagrad; in RMSprop v is a mean."""
    _rmsprop(w, g, v, kept=1, taken=1)


def _whole_square(w, g, v):
    """g² is added whole; only 1 - rho of it is."""
    _rmsprop(w, g, v, taken=1)


def _old_v(w, g, v):
    """w moves by the old v: compute v first, and then the step."""
    _rmsprop(w, g, v.copy(), kept=1, taken=0)
    _rmsprop(w, g, v, way=0)


def _uphill(w, g, v):
    """The step is added; the loss falls where it is subtracted."""
    _rmsprop(w, g, v, way=-1)


def _plain(w, g, v):
    """This is plain SGD: the slope is not divided by the root of v."""
    _rmsprop(w, g, v, np.ones_like)


def _v_as_before(w, g, v):
    """v is as it was: `v = …` only gives the name v to another array. Write into it, with `v[...] = …`."""
    reference.rmsprop(w, g, v.copy())


def _w_as_before(w, g, v):
    """w is as it was: `w = …` only gives the name w to another array. Write into it, with `w[...] = …` or `w -= …`."""
    reference.rmsprop(w.copy(), g, v)


def _nothing(w, g, v):
    """w and v are as they were: `v = …` only gives the name v to another array. Write into them, with `v[...] = …` and
    `w -= …`.
    """


def _w_subtracted(w, g, v):
    """`w -= w - …` subtracts w itself: to the right of `-=` there is only the step."""
    before = w.copy()
    reference.rmsprop(w, g, v)
    w[...] = before - w


EXERCISE = Exercise(
    file="ex11_rmsprop_adam",
    text=__doc__ or "",
    start='''import numpy as np


def rmsprop(w, g, v, learning_rate=0.001, rho=0.9, epsilon=1e-7):
    """Move the weights w against their gradient g, divided by its recent size; v is a running mean of g²."""
    v[...] = ...
    w[...] = ...


def adam(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Move w against m, a running mean of the gradient g, divided by the root of v, one of g²; t counts the steps."""
    m[...] = ...
    v[...] = ...
    w[...] = ...
''',
    hint="""\
g² is `g**2`, and beta^t is `beta_1**t`. `np.sqrt` takes numbers and arrays. Compute m and v first, then w from the new
ones.""",
    tasks=(
        Task(
            solution=reference.rmsprop,
            cases=_rmsprop_cases,
            returns=(),
            changes=("v", "w"),
            mistakes=(
                _epsilon_outside, _no_epsilon, _no_root, _rho_exchanged, _not_squared, _as_adagrad, _whole_square,
                _old_v, _uphill, _v_as_before, _w_as_before, _nothing, _plain, _w_subtracted,
                *literals(reference.rmsprop),
            ),
        ),
        Task(
            solution=adam,
            cases=_adam_cases,
            returns=(),
            changes=("m", "v", "w"),
            mistakes=(*MISTAKES, *literals(adam, t=T)),
        ),
    ),
)  # fmt: skip
