"""SGD, with momentum

Now the weights learn. g is the slope of the loss with respect to w, by the backward pass. Where the slope is above 0,
the loss falls if w gets smaller; so each weight takes a step against its slope. That is gradient descent, SGD. It
zigzags, as the slope is another one in each batch. So a weight gets momentum, like a ball that rolls: m is the step,
it keeps most of what it was, and the slope only bends it.

    m = momentum * m - learning_rate * g
    w = w + m                                 with the new m

With momentum 0 this is plain SGD: w = w - learning_rate * g. This is Keras' form; other libraries write it otherwise.

    w, g and m have the same shape

The function changes w and m in place, and returns nothing: whoever has these arrays sees them change. `w = …` would
only give the name w to another array within your function. To write into the array, use `w[...] = …`, `w += …` or
`w -= …`. In `m[...] = ...` only the `...` to the right of = is to be replaced; `[...]` means the whole array.
"""

from tinydnn.course.digits import batch
from tinydnn.course.exercise import Arguments, Exercise, Task
from tinydnn.course.literals import literals


def sgd(w, g, m, learning_rate=0.01, momentum=0.9):
    """Move the weights w by m, a step that keeps its momentum and is bent by the gradient g."""
    m[...] = momentum * m - learning_rate * g
    w += m


def _cases() -> dict[str, Arguments]:
    one = batch()
    arguments = {"w": one.weights[2], "g": one.gradients[2], "m": -0.5 * one.gradients[2][::-1]}
    last = {"w": one.weights[4], "g": one.gradients[4], "m": -0.5 * one.gradients[4][::-1]}
    return {
        "the second layer's W, after 100 digits": arguments | {"learning_rate": 0.2, "momentum": 0.8},
        "the last layer's W, with another momentum": last | {"learning_rate": 0.05, "momentum": 0.6},
    }


def _uphill(w, g, m, learning_rate, momentum):
    """The slope is added; the loss falls where it is subtracted."""
    m[...] = momentum * m + learning_rate * g
    w += m


def _back_and_uphill(w, g, m, learning_rate, momentum):
    """m is subtracted from w; in this form the minus is in m already, so add it."""
    m[...] = momentum * m - learning_rate * g
    w -= m


def _other_sign_of_m(w, g, m, learning_rate, momentum):
    """m has the other sign here, momentum * m + learning_rate * g, and is subtracted from w. That is right in itself,
    but the m that comes in has Keras' sign: it is the step itself.
    """
    m[...] = momentum * m + learning_rate * g
    w -= m


def _as_pytorch(w, g, m, learning_rate, momentum):
    """This is PyTorch's form: m collects the slopes, and the learning rate comes after it. In Keras' form m is the step
    itself, so it has the learning rate in it.
    """
    m[...] = momentum * m + g
    w -= learning_rate * m


def _averaged(w, g, m, learning_rate, momentum):
    """The slope is multiplied by 1 - momentum too, as in a running mean; here it counts whole."""
    m[...] = momentum * m - (1 - momentum) * learning_rate * g
    w += m


def _old_m(w, g, m, learning_rate, momentum):
    """w moves by the old m: compute m first, and then add the new one."""
    w += m
    m[...] = momentum * m - learning_rate * g


def _m_as_before(w, g, m, learning_rate, momentum):
    """m is as it was: `m = …` only gives the name m to another array. Write into it, with `m[...] = …`."""
    w += momentum * m - learning_rate * g


def _w_as_before(w, g, m, learning_rate, momentum):
    """w is as it was: `w = …` only gives the name w to another array. Write into it, with `w[...] = …` or `w += …`."""
    m[...] = momentum * m - learning_rate * g


def _nothing(w, g, m, learning_rate, momentum):
    """w and m are as they were: `w = …` only gives the name w to another array. Write into them, with `w[...] = …`,
    `w += …` and the like.
    """


def _no_momentum(w, g, m, learning_rate, momentum):
    """This is plain SGD: the old m is left out. It keeps most of itself, momentum * m."""
    m[...] = -learning_rate * g
    w += m


def _momentum_not_multiplied(w, g, m, learning_rate, momentum):
    """m is not multiplied by momentum, so it never slows down."""
    m[...] = m - learning_rate * g
    w += m


def _no_rate(w, g, m, learning_rate, momentum):
    """The learning rate is left out."""
    m[...] = momentum * m - g
    w += m


def _rate_over_all(w, g, m, learning_rate, momentum):
    """The learning rate is a factor of the whole; only the slope is multiplied by it, and momentum * m is not."""
    m[...] = learning_rate * (momentum * m - g)
    w += m


def _rate_twice(w, g, m, learning_rate, momentum):
    """w moves by learning_rate * m, but m has the learning rate in it already."""
    m[...] = momentum * m - learning_rate * g
    w += learning_rate * m


def _slope_twice(w, g, m, learning_rate, momentum):
    """The slope is subtracted from w once more; it is in m already."""
    m[...] = momentum * m - learning_rate * g
    w += m - learning_rate * g


def _nesterov(w, g, m, learning_rate, momentum):
    """This is Nesterov's momentum, which looks one step ahead; asked for is the plain one, w = w + m."""
    m[...] = momentum * m - learning_rate * g
    w += momentum * m - learning_rate * g


def _w_replaced(w, g, m, learning_rate, momentum):
    """w has become m itself; it moves by m: `w += m`."""
    m[...] = momentum * m - learning_rate * g
    w[...] = m


def _mean_of_slopes(w, g, m, learning_rate, momentum):
    """Here m is a running mean of the slopes, as in Adam. In Keras' form m is the step itself."""
    m[...] = momentum * m + (1 - momentum) * g
    w -= learning_rate * m


def _momentum_over_all(w, g, m, learning_rate, momentum):
    """momentum is a factor of the whole; only the old m is multiplied by it."""
    m[...] = momentum * (m - learning_rate * g)
    w += m


EXERCISE = Exercise(
    file="ex10_sgd",
    text=__doc__ or "",
    start='''import numpy as np


def sgd(w, g, m, learning_rate=0.01, momentum=0.9):
    """Move the weights w by m, a step that keeps its momentum and is bent by the gradient g."""
    m[...] = ...
    w[...] = ...
''',
    hint="""\
Two lines, one for each formula, in this order. `m[...] = …` and `w[...] = …` write into the arrays. All three have the
same shape, so no loop is needed.""",
    tasks=(
        Task(
            solution=sgd,
            cases=_cases,
            returns=(),
            changes=("w", "m"),
            mistakes=(
                _uphill, _back_and_uphill, _other_sign_of_m, _as_pytorch, _averaged, _old_m, _m_as_before, _w_as_before,
                _nothing, _no_momentum, _momentum_not_multiplied, _no_rate, _rate_over_all, _rate_twice, _slope_twice,
                _nesterov, _w_replaced, _mean_of_slopes, _momentum_over_all, *literals(sgd),
            ),
        ),
    ),
)  # fmt: skip
