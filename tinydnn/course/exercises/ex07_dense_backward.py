"""Dense, backward

A Dense layer has computed z = x @ W + b. From the layers above comes dz, the slope of the loss with respect to each z.
Three things are asked: the slopes of W and of b, by which the layer will learn, and the slope of x, which goes on to
the layer below. It is the chain rule of exercise 5, once for each number, and then all ways are added up that lead from
that number to the loss.

    dW[i, j] = sum over n of x[n, i] * dz[n, j]      because W[i, j] meets x[n, i] in every picture n
    db[j]    = sum over n of dz[n, j]                because b[j] is added in every picture n
    dx[n, i] = sum over j of dz[n, j] * W[i, j]      because x[n, i] goes to every unit j

    x, dx (N, inputs)    W, dW (inputs, units)    db (units,)    dz (N, units)

Every slope has the shape of the thing whose slope it is. The 1/N of the mean is in dz already.
"""

from tinydnn.course import reference
from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task


def _cases() -> dict[str, Arguments]:
    one = batch()
    return {
        "the second layer, for 100 digits": {"x": one.a1, "W": one.weights[2], "dz": one.dz2},
        f"the last layer, for {FEWER} digits": {"x": one.a2[-FEWER:], "W": one.weights[4], "dz": one.dz3[-FEWER:]},
    }


def _dW_averaged(x, W, dz):
    """dW is divided by N, and the 1/N is in dz already: add up, don't average."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW / len(x), db, dx


def _all_averaged(x, W, dz):
    """dW is divided by N, and so is db; the 1/N is in dz already: add up, don't average."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW / len(x), db / len(x), dx


def _dW_turned(x, W, dz):
    """dW is turned round, (units, inputs): it has a row for each input and a column for each unit, as W has."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW.T, db, dx


def _dW_reshaped(x, W, dz):
    """dW has the right numbers in wrong places: `reshape` does not turn a matrix round, it only cuts its rows anew."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW.T.reshape(dW.shape), db, dx


def _x_reshaped(x, W, dz):
    """x is reshaped where it has to be turned round: `reshape` only cuts the rows anew, `.T` exchanges the axes."""
    _, db, dx = reference.dense_backward(x, W, dz)
    return x.reshape(x.shape[::-1]) @ dz, db, dx


def _dW_from_last(x, W, dz):
    """dW has only the last picture's share; it is the sum over all of them. Is `=` where `+=` should be?"""
    _, db, dx = reference.dense_backward(x, W, dz)
    return x[-1:].T @ dz[-1:], db, dx


def _dW_from_sums(x, W, dz):
    """x and dz are added up first, and then multiplied; multiply in each picture, and then add up."""
    _, db, dx = reference.dense_backward(x, W, dz)
    return x.sum(axis=0)[:, None] * dz.sum(axis=0), db, dx


def _negative(x, W, dz):
    """The sign is wrong. These are the slopes; the minus comes when a step is taken."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return -dW, -db, dx


def _times_W(x, W, dz):
    """W is a factor of dW here; but if W[i, j] grows by a little, z[n, j] grows by x[n, i] times as much."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW * W, db, dx


def _db_averaged(x, W, dz):
    """db is a mean over the rows, and the 1/N is in dz already: add up, don't average."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db / len(x), dx


def _db_one_number(x, W, dz):
    """db is one number for all units; each unit has its own: sum over axis 0, the pictures."""
    dW, _, dx = reference.dense_backward(x, W, dz)
    return dW, dz.sum(), dx


def _db_one_for_all(x, W, dz):
    """db has the same number for each unit, the sum of all dz; each unit has its own: sum over axis 0, the pictures."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, 0 * db + dz.sum(), dx


def _db_along_rows(x, W, dz):
    """db is summed along the rows, which gives a number for each picture; it has one for each unit: axis 0."""
    dW, _, dx = reference.dense_backward(x, W, dz)
    return dW, dz.sum(axis=1), dx


def _db_not_summed(x, W, dz):
    """db is dz as it is: all pictures meet the same b, so their slopes are added up, over axis 0."""
    dW, _, dx = reference.dense_backward(x, W, dz)
    return dW, dz, dx


def _db_in_a_row(x, W, dz):
    """db is a row, (1, units), and should be (units,), as b is: leave out keepdims."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db[None], dx


def _db_of_first(x, W, dz):
    """db has only the first picture's share; it is the sum over all of them."""
    dW, _, dx = reference.dense_backward(x, W, dz)
    return dW, dz[0], dx


def _db_of_last(x, W, dz):
    """db has only the last picture's share; it is the sum over all of them. Is `=` where `+=` should be?"""
    dW, _, dx = reference.dense_backward(x, W, dz)
    return dW, dz[-1], dx


def _db_zero(x, W, dz):
    """db is 0; b is in every z, so its slope is the sum of theirs."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, 0 * db, dx


def _W_reshaped(x, W, dz):
    """W is reshaped where it has to be turned round: `reshape` only cuts the rows anew, `.T` exchanges the axes."""
    dW, db, _ = reference.dense_backward(x, W, dz)
    return dW, db, dz @ W.reshape(W.shape[::-1])


def _dx_turned(x, W, dz):
    """dx is turned round, (inputs, N): it has a row for each picture, as x has."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db, dx.T


def _dx_through_dW(x, W, dz):
    """dW stands where W has to: x[n, i] is multiplied by W[i, j], so its slope has W in it."""
    dW, db, _ = reference.dense_backward(x, W, dz)
    return dW, db, dz @ dW.T


def _dx_times_x(x, W, dz):
    """x is a factor of dx here; but if x[n, i] grows by a little, z[n, j] grows by W[i, j] times as much."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db, dx * x


def _dx_with_slope(x, W, dz):
    """dx is multiplied by a sigmoid's slope as well. That belongs to the layer below, which has computed x; here it is
    the slope of x itself.
    """
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db, dx * x * (1 - x)


def _dx_averaged(x, W, dz):
    """dx is divided by N, and the 1/N is in dz already."""
    dW, db, dx = reference.dense_backward(x, W, dz)
    return dW, db, dx / len(x)


EXERCISE = Exercise(
    file="ex07_dense_backward",
    text=__doc__ or "",
    start='''import numpy as np


def dense_backward(x, W, dz):
    """From dz (N, units) of z = x @ W + b: dW (inputs, units), db (units,) and dx (N, inputs)."""
    dW = ...
    db = ...
    dx = ...
    return dW, db, dx
''',
    hint="""\
In `A @ B` the axis that is summed over is A's last and B's first. Which of x, W and dz has to be turned round, by `.T`,
so that the axis to sum over comes to stand there? The shapes leave only one way: write them down.
`dz.sum(axis=0)` adds up the rows.""",
    tasks=(
        Task(
            solution=reference.dense_backward,
            cases=_cases,
            returns=("dW", "db", "dx"),
            mistakes=(
                _dW_averaged, _all_averaged, _dW_turned, _dW_reshaped, _x_reshaped, _dW_from_last, _dW_from_sums,
                _negative, _times_W, _db_averaged, _db_one_number, _db_one_for_all, _db_along_rows, _db_not_summed,
                _db_in_a_row, _db_of_first, _db_of_last, _db_zero, _W_reshaped, _dx_turned, _dx_through_dW, _dx_times_x,
                _dx_with_slope, _dx_averaged,
            ),
        ),
    ),
)  # fmt: skip
