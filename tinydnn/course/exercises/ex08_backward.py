"""The whole backward pass

This is the net of the course: 784 pixels, 324 units, 36 units, 10 classes. Forward, it has computed:

    a1 = sigmoid(x @ W1 + b1)    a2 = sigmoid(a1 @ W2 + b2)    z3 = a2 @ W3 + b3    p = softmax(z3)

Backward goes the same way, from the loss to the pixels. Each layer gets dz, and gives dW, db, and the slope of its
input. That input was the a of the layer below, so its slope is called da. Before the layer below can use it, it has to
go back through the sigmoid: da times the sigmoid's slope is the dz of the layer below.

    dz3   from p and y               (exercise 6)
    da2   from dz3, through W3       (exercise 7)
    dz2 = da2 * slope of a2          (exercise 3)
    da1   from dz2, through W2
    dz1 = da1 * slope of a1

The functions of those exercises are given: loss_backward(p, y) gives dz, slope(a) the slope of the sigmoid, and
dense_backward(x, W, dz) gives dW, db, dx. Nobody learns from the slope of the pixels, so it is dropped.

    x (N, 784)    a1 (N, 324)    a2 (N, 36)    p, y (N, 10)
    dW1 (784, 324)    dW2 (324, 36)    dW3 (36, 10)    db1 (324,)    db2 (36,)    db3 (10,)
"""

from tinydnn.course import reference
from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task
from tinydnn.course.exercises.ex03_sigmoid import slope
from tinydnn.course.exercises.ex06_loss_backward import loss_backward


def _cases() -> dict[str, Arguments]:
    one = batch()
    arguments = {"x": one.x, "y": one.y, "a1": one.a1, "a2": one.a2, "p": one.p, "weights": one.weights}
    return {"the whole net, for 100 digits": arguments, f"a smaller net, for {FEWER} digits": _smaller()}


def _smaller() -> Arguments:
    """A net of fewer units, 784-50-20-10."""
    one, units = batch(), (784, 50, 20, 10)
    weights = [w[: units[i]] for i, w in enumerate(one.weights[::2])]
    weights = [w[:, : units[i + 1]] for i, w in enumerate(weights)]
    biases = [b[: units[i + 1]] for i, b in enumerate(one.weights[1::2])]
    weights = [each for pair in zip(weights, biases, strict=True) for each in pair]
    x, y = one.x[-FEWER:], one.y[-FEWER:]
    a1, a2, z3 = reference.forward(x, weights)
    p, _ = reference.softmax_crossentropy(z3, y)
    return {"x": x, "y": y, "a1": a1, "a2": a2, "p": p, "weights": weights}


def _pass(x, a1, a2, dz3, weights, through2=slope, through1=slope):
    """A backward pass, with what each da is multiplied by, as a function of a."""
    dz2, dz1 = (lambda da, a, through=through: da * through(a) for through in (through2, through1))
    return _pass_with(x, a1, a2, dz3, weights, dz2, dz1)


def _pass_with(x, a1, a2, dz3, weights, dz2, dz1):
    """A backward pass, with what each dz is, as a function of da and a."""
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = reference.dense_backward(a2, W3, dz3)
    dW2, db2, da1 = reference.dense_backward(a1, W2, dz2(da2, a2))
    dW1, db1, _ = reference.dense_backward(x, W1, dz1(da1, a1))
    return dW1, db1, dW2, db2, dW3, db3


def _both(x, y, a1, a2, p, weights, dz):
    return _pass_with(x, a1, a2, loss_backward(p, y), weights, dz, dz)


def _one(a):
    return 1.0


def _of_sigmoid(a):
    return slope(reference.sigmoid(a))


def _twice(a):
    return slope(a) ** 2


def _a_alone(a):
    return a


def _rest(a):
    return 1 - a


def _no_slope(x, y, a1, a2, p, weights):
    """No sigmoid's slope is in it: da goes on as if it were dz. Multiply each da by the slope of its a."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _one, _one)


def _no_slope_2(x, y, a1, a2, p, weights):
    """The slope of the second sigmoid is missing: da2 has to be multiplied by the slope of a2."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _one)


def _no_slope_1(x, y, a1, a2, p, weights):
    """The slope of the first sigmoid is missing: da1 has to be multiplied by the slope of a1."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, slope, _one)


def _slope_of_sigmoid(x, y, a1, a2, p, weights):
    """The sigmoid is taken once more before its slope: a has been through it already, and the slope is told from a."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _of_sigmoid, _of_sigmoid)


def _slope_twice(x, y, a1, a2, p, weights):
    """The sigmoid's slope is multiplied in twice."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _twice, _twice)


def _by_a(x, y, a1, a2, p, weights):
    """da is multiplied by a itself, not by the slope of the sigmoid."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _a_alone, _a_alone)


def _by_rest(x, y, a1, a2, p, weights):
    """da is multiplied by 1 - a; one factor of the sigmoid's slope is missing."""
    return _pass(x, a1, a2, loss_backward(p, y), weights, _rest, _rest)


def _not_divided(x, y, a1, a2, p, weights):
    """All is too large by N: dz3 is that of the mean over the batch, so it is divided by N."""
    return _pass(x, a1, a2, p - y, weights)


def _divided_twice(x, y, a1, a2, p, weights):
    """All is too small by N: the 1/N of the mean comes once, and is in dz3 already."""
    return _pass(x, a1, a2, (p - y) / len(y) ** 2, weights)


def _turned(x, y, a1, a2, p, weights):
    """All signs are wrong: dz3 is p - y and not y - p. Are the arguments of loss_backward exchanged?"""
    return _pass(x, a1, a2, loss_backward(y, p), weights)


def _slope_behind_softmax(x, y, a1, a2, p, weights):
    """dz3 is multiplied by p * (1 - p) as well; p - y has the slope of softmax in it already."""
    return _pass(x, a1, a2, loss_backward(p, y) * slope(p), weights)


def _last_first(x, y, a1, a2, p, weights):
    """The slopes are given back from the last layer to the first; return them in the order of the weights."""
    dW1, db1, dW2, db2, dW3, db3 = reference.backward(x, y, a1, a2, p, weights)
    return dW3, db3, dW2, db2, dW1, db1


def _dW_before_db(x, y, a1, a2, p, weights):
    """First come all dW and then all db; return them in the order of the weights, W1, b1, W2, b2, W3, b3."""
    dW1, db1, dW2, db2, dW3, db3 = reference.backward(x, y, a1, a2, p, weights)
    return dW1, dW2, dW3, db1, db2, db3


def _slope_before_W(x, y, a1, a2, p, weights):
    """dW and db are computed from da, and the slope comes after them, too late: first da times the slope, which is dz,
    and from dz all three.
    """
    W1, _, W2, _, W3, _ = weights
    dW3, db3, da2 = reference.dense_backward(a2, W3, loss_backward(p, y))
    dW2, db2, _ = reference.dense_backward(a1, W2, da2)
    da1 = (da2 * slope(a2)) @ W2.T
    dW1, db1, _ = reference.dense_backward(x, W1, da1)
    return dW1, db1, dW2, db2, dW3, db3


def _own_outputs(x, y, a1, a2, p, weights):
    """A layer's dW takes what the layer gave; it has to take what the layer got: x is the first layer's, a1 the second
    one's, a2 the last one's.
    """
    _, _, W2, _, W3, _ = weights
    dz3 = loss_backward(p, y)
    dz2 = dz3 @ W3.T * slope(a2)
    dz1 = dz2 @ W2.T * slope(a1)
    return a1.T @ dz1, dz1.sum(axis=0), a2.T @ dz2, dz2.sum(axis=0), p.T @ dz3, dz3.sum(axis=0)


def _slope_of_da(x, y, a1, a2, p, weights):
    """The slope is that of a2, not of da2; and da2 is to be multiplied by it."""
    return _both(x, y, a1, a2, p, weights, lambda da, a: slope(da))


def _times_slope_of_da(x, y, a1, a2, p, weights):
    """The slope is that of a2, not of da2: da2 * slope(a2)."""
    return _both(x, y, a1, a2, p, weights, lambda da, a: da * slope(da))


def _slope_alone(x, y, a1, a2, p, weights):
    """dz2 is the slope alone: multiply da2 by it."""
    return _both(x, y, a1, a2, p, weights, lambda da, a: slope(a))


def _added(x, y, a1, a2, p, weights):
    """da2 and the slope are added: multiply."""
    return _both(x, y, a1, a2, p, weights, lambda da, a: da + slope(a))


def _divided(number):
    def mistake(x, y, a1, a2, p, weights):
        gradients = list(reference.backward(x, y, a1, a2, p, weights))
        gradients[2 * number - 2] /= len(x)
        return gradients

    mistake.__doc__ = f"dW{number} is too small by N: the 1/N of the mean comes once, and is in dz3 already."
    return mistake


EXERCISE = Exercise(
    file="ex08_backward",
    text=__doc__ or "",
    start='''import numpy as np

from tinydnn.course.given import dense_backward, loss_backward, slope  # of exercises 7, 6 and 3


def backward(x, y, a1, a2, p, weights):
    """The slopes of the batch's mean loss with respect to all weights, in the order of these."""
    W1, b1, W2, b2, W3, b3 = weights
    dW3, db3 = ..., ...
    dW2, db2 = ..., ...
    dW1, db1 = ..., ...
    return dW1, db1, dW2, db2, dW3, db3
''',
    hint="""\
`dW3, db3, da2 = dense_backward(…)` is the first of three lines of this form. Which x, which W and which dz belong to
the last layer? Its x is what it got from the layer below. Then dz2, and the same again.""",
    tasks=(
        Task(
            solution=reference.backward,
            cases=_cases,
            returns=("dW1", "db1", "dW2", "db2", "dW3", "db3"),
            order=("dW3", "db3", "dW2", "db2", "dW1", "db1"),
            mistakes=(
                _no_slope, _no_slope_2, _no_slope_1, _slope_of_sigmoid, _slope_twice, _by_a, _by_rest, _not_divided,
                _divided_twice, _turned, _slope_behind_softmax, _last_first, _dW_before_db, _slope_before_W,
                _own_outputs, _slope_of_da, _times_slope_of_da, _slope_alone, _added, *map(_divided, (1, 2, 3)),
            ),
        ),
    ),
)  # fmt: skip
