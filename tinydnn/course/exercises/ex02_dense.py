"""Dense, forward

A Dense layer has units. Each unit looks at all inputs: it multiplies each by a weight of its own, adds the products up,
and adds its bias, a number that is the same whatever the inputs are. W has a column for each unit, and a row for each
input. A batch is some pictures at once: all N of them go through together, one in each row of x, and all meet the same
W and b. The result is called z.

    z[n, j] = sum over i of x[n, i] * W[i, j], and + b[j]

    x (N, inputs)    W (inputs, units)    b (units,)    z (N, units)
"""

from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task
from tinydnn.course.reference import sigmoid


def dense(x, W, b):
    """z (N, units), of x (N, inputs), W (inputs, units) and b (units,)."""
    return x @ W + b


def _cases() -> dict[str, Arguments]:
    one = batch()
    return {
        "the second layer, for 100 digits": {"x": one.a1, "W": one.weights[2], "b": one.weights[3]},
        f"the last layer, for {FEWER} digits": {"x": one.a2[-FEWER:], "W": one.weights[4], "b": one.weights[5]},
    }


def _no_bias(x, W, b):
    """The bias is missing: each unit adds its own b[j] to its sum."""
    return x @ W


def _bias_subtracted(x, W, b):
    """The bias is subtracted; it has to be added."""
    return x @ W - b


def _one_bias_for_all(x, W, b):
    """Each unit gets the sum of all biases; unit j gets b[j] alone."""
    return x @ W + b.sum()


def _first_bias_for_all(x, W, b):
    """Each unit gets the first bias, b[0]; unit j gets b[j]."""
    return x @ W + b[0]


def _mean_bias_for_all(x, W, b):
    """Each unit gets the mean of all biases; unit j gets b[j] alone."""
    return x @ W + b.mean()


def _bias_twice(x, W, b):
    """The bias is added twice; a unit adds it once, after the products are added up."""
    return x @ W + 2 * b


def _bias_for_each_input(x, W, b):
    """The bias is added to each product, so it counts once for every input; it counts once for each unit."""
    return x @ W + len(W) * b


def _bias_times(x, W, b):
    """The sum is multiplied by b; b has to be added."""
    return x @ W * b


def _activated(x, W, b):
    """This is the sigmoid of z. The activation comes in the next exercise; here it is z itself."""
    return sigmoid(x @ W + b)


def _a_relu(x, W, b):
    """What is below 0 has become 0, as by a relu. The activation comes later; here it is z itself."""
    return (x @ W + b).clip(0)


def _mean(x, W, b):
    """The products are averaged over the inputs; they are to be added up."""
    return x @ W / len(W) + b


def _turned(x, W, b):
    """Here a picture is a column of z; each has to be a row, as in x."""
    return (x @ W + b).T


def _reshaped(x, W, b):
    """W's numbers are read in another order, as if W were (units, inputs): column j of W belongs to unit j as it is."""
    return x @ W.reshape(W.shape[::-1]).T + b


def _first_row(x, W, b):
    """All rows are alike: each picture gets the z of the first one."""
    return (x[:1] @ W + b).repeat(len(x), axis=0)


def _summed(x, W, b):
    """The pictures are added up, and one row is left; each picture keeps a row of its own."""
    return (x @ W).sum(axis=0) + b


def _last_product(x, W, b):
    """Only the last product is there: add up, `+=`, where `=` stands."""
    return x[:, -1:] * W[-1] + b


def _without_first(x, W, b):
    """The first input is left out: places are counted from 0, so range begins at 0."""
    return x[:, 1:] @ W[1:] + b


def _without_last(x, W, b):
    """The last input is left out: range(n) ends before n already, so take nothing off."""
    return x[:, :-1] @ W[:-1] + b


EXERCISE = Exercise(
    file="ex02_dense",
    text=__doc__ or "",
    start='''import numpy as np


def dense(x, W, b):
    """z (N, units), of x (N, inputs), W (inputs, units) and b (units,)."""
    z = ...
    return z
''',
    hint="""\
The sum over i of x[n, i] * W[i, j] is a product of two matrices: in NumPy it is written with `@`.
An array of shape (units,) can be added to one of (N, units): NumPy adds it to each row.""",
    tasks=(
        Task(
            solution=dense,
            cases=_cases,
            returns=("z",),
            mistakes=(
                _no_bias, _bias_subtracted, _one_bias_for_all, _first_bias_for_all, _mean_bias_for_all, _bias_twice,
                _bias_for_each_input, _bias_times, _activated, _a_relu, _mean, _turned, _reshaped, _first_row, _summed,
                _last_product, _without_first, _without_last,
            ),
        ),
    ),
)  # fmt: skip
