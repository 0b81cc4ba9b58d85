"""A check of gradients

A backward pass is easy to get slightly wrong: the net still learns, only worse. But there is a way to find any slope
without a backward pass: change one weight by a little, h, compute the loss again, and see. It is far too slow for
training, as each weight takes two forward passes, but it shows whether a backward pass is right. The loss is taken on
both sides of the weight, since then the error is much smaller than with one side: it falls as h², not as h.

    slope of w[i] = (loss with w[i] + h  -  loss with w[i] - h) / (2 h)

All other weights stay as they are, and afterwards w[i] is as it was. `loss` is a function: loss(w) is the loss of a
real batch, one number, for an array of weights w. It is computed in float64, as it subtracts two nearly equal numbers.

    w and its slopes have the same shape
"""

import functools

import numpy as np

from tinydnn.course import reference
from tinydnn.course.digits import batch
from tinydnn.course.exercise import Arguments, Exercise, Function, Task

H, _ROWS = 0.01, 10


def numerical_gradient(loss, w, h):
    """The slope of the loss with respect to each number of w, from the loss on both sides of it."""
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):
        before = w[i]
        w[i] = before + h
        above = loss(w)
        w[i] = before - h
        below = loss(w)
        w[i] = before
        dw[i] = (above - below) / (2 * h)
    return dw


def _cases() -> dict[str, Arguments]:
    return {
        f"the first {_ROWS} rows of W2, on 100 digits": {
            "loss": _named_loss(_loss_of_W2),
            "w": batch().weights[2][:_ROWS],
            "h": H,
        },
        "W3, on 100 digits, with a larger h": {"loss": _named_loss(_loss_of_W3), "w": batch().weights[4], "h": 50 * H},
    }


def _named_loss(loss_of: Function) -> Function:
    """The function as learners know it, from the text: an error names it loss, and its argument w."""

    def loss(w):
        return loss_of(w)

    loss.__qualname__ = "loss"
    return loss


def _loss_of_W3(W3):
    one = batch()
    return reference.softmax_crossentropy(one.a2 @ W3 + one.weights[5], one.y)[1].mean()


def _loss_of_W2(rows):
    """The loss of the batch, where W2 has these first rows."""
    one = batch()
    _, _, _, b2, W3, b3 = one.weights
    z2 = one.a1[:, :_ROWS] @ rows + _others() + b2
    return reference.softmax_crossentropy(reference.sigmoid(z2) @ W3 + b3, one.y)[1].mean()


@functools.cache
def _others():
    """What the other rows of W2 add to z2."""
    return batch().a1[:, _ROWS:] @ batch().weights[2][_ROWS:]


def _each(slope_of, w):
    """An array of the slopes that a function gives for each index."""
    return np.array([slope_of(i) for i in np.ndindex(w.shape)]).reshape(w.shape)


def _with(w, i, value):
    changed = w.copy()
    changed[i] = value
    return changed


def _one_side(loss, w, h):
    """This compares w + h with w itself. With w - h in its place, and 2 h below, the error is much smaller. If your
    second loss is meant to be at w - h: after adding h, you have to subtract it twice.
    """
    return _each(lambda i: (loss(_with(w, i, w[i] + h)) - loss(w)) / h, w)


def _one_side_by_2(loss, w, h):
    """This compares w + h with w itself, and then divides by 2 h. Compare with w - h. If your second loss is meant to
    be at w - h: after adding h, you have to subtract it twice.
    """
    return _each(lambda i: (loss(_with(w, i, w[i] + h)) - loss(w)) / (2 * h), w)


def _other_side(loss, w, h):
    """This compares w itself with w - h. With w + h in its place, and 2 h below, the error is much smaller."""
    return _each(lambda i: (loss(w) - loss(_with(w, i, w[i] - h))) / h, w)


def _no_2(loss, w, h):
    """All is twice too large: from w - h to w + h it is 2 h, so divide by 2 h."""
    return 2 * numerical_gradient(loss, w.copy(), h)


def _precedence(loss, w, h):
    """Brackets are missing: `/ 2 * h` divides by 2 and then multiplies by h. Write `/ (2 * h)`."""
    return numerical_gradient(loss, w.copy(), h) * h * h


def _not_divided(loss, w, h):
    """This is the difference of the two losses, not yet divided by the 2 h that lie between them."""
    return numerical_gradient(loss, w.copy(), h) * 2 * h


def _turned(loss, w, h):
    """The sign is wrong: the loss at w + h comes first, and that at w - h is subtracted."""
    return -numerical_gradient(loss, w.copy(), h)


def _all_at_once(loss, w, h):
    """All weights are changed at once, so all slopes are the same. Change one at a time, and put it back."""
    return np.zeros_like(w) + (loss(w + h) - loss(w - h)) / (2 * h)


def _one_number(loss, w, h):
    """All weights are changed at once, which gives one number. Change one at a time, and put it back."""
    return (loss(w + h) - loss(w - h)) / (2 * h)


def _a_row_at_once(loss, w, h):
    """A whole row is changed at once: w[i] of a matrix is a row. `np.ndindex(w.shape)` has the index of each number."""
    rows = [(loss(_with(w, i, w[i] + h)) - loss(_with(w, i, w[i] - h))) / (2 * h) for i in range(len(w))]
    return np.zeros_like(w) + np.array(rows)[:, None]


def _stays_below(loss, w, h):
    """w[i] is not put back: it stays at w - h, and each next slope is that of other weights."""
    w, dw = w.copy(), np.zeros_like(w)
    for i in np.ndindex(w.shape):
        w[i] += h
        above = loss(w)
        w[i] -= 2 * h
        dw[i] = (above - loss(w)) / (2 * h)
    return dw


def _stays_one_below(loss, w, h):
    """w[i] is not put back where it was: w[i] + h, then - h, then - h again; so its neighbours' slopes are off."""
    w, dw = w.copy(), np.zeros_like(w)
    for i in np.ndindex(w.shape):
        w[i] += h
        above = loss(w)
        w[i] -= h
        dw[i] = (above - loss(w)) / (2 * h)
        w[i] -= h
    return dw


def _stays_above(loss, w, h):
    """w[i] is not put back: it stays changed, and each next slope is that of other weights."""
    w, dw = w.copy(), np.zeros_like(w)
    for i in np.ndindex(w.shape):
        before = loss(w)
        w[i] += h
        dw[i] = (loss(w) - before) / h
    return dw


def _same_array(loss, w, h):
    """All slopes are 0: `a = w` makes no copy, both names are the same array, so both losses are the same. w.copy() is
    a copy.
    """
    return np.zeros_like(w)


def _only_second_divided(loss, w, h):
    """Brackets are missing: only the second loss is divided. Put the difference in brackets."""
    return _each(lambda i: loss(_with(w, i, w[i] + h)) - loss(_with(w, i, w[i] - h)) / (2 * h), w)


def _by_h_squared(loss, w, h):
    """Divide by 2 h, not by h²."""
    return numerical_gradient(loss, w.copy(), h) * 2 / h


def _own_h(loss, w, h):
    """A number stands where the argument h has to: here h is another one than in the call before."""
    return _each(lambda i: (loss(_with(w, i, w[i] + H)) - loss(_with(w, i, w[i] - H))) / (2 * H), w)


EXERCISE = Exercise(
    file="ex09_numerical_gradient",
    text=__doc__ or "",
    start='''import numpy as np


def numerical_gradient(loss, w, h):
    """The slope of the loss with respect to each number of w, from the loss on both sides of it."""
    dw = np.zeros_like(w)
    for i in np.ndindex(w.shape):  # i is (0, 0), then (0, 1), and so on; w[i] is one number
        dw[i] = ...
    return dw
''',
    hint="""\
Keep w[i] in a variable. Set w[i] to that + h and call loss(w); set w[i] to that - h and call loss(w) again; put it
back.""",
    tasks=(
        Task(
            solution=numerical_gradient,
            cases=_cases,
            returns=("dw",),
            dtype="float64",
            mistakes=(
                _one_side, _one_side_by_2, _other_side, _no_2, _precedence, _not_divided, _turned, _all_at_once,
                _one_number, _a_row_at_once, _stays_below, _stays_one_below, _stays_above, _same_array, _own_h,
                _only_second_divided, _by_h_squared,
            ),
        ),
    ),
)  # fmt: skip
