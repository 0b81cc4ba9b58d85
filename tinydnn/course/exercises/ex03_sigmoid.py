"""Sigmoid, and its slope

A sum of sums is only a sum again: without something between, many layers could do no more than one. So between two
layers each z goes through a curve, here the sigmoid. It takes any number to one between 0 and 1: far below 0 it gives
nearly 0, at 0 it gives 1/2, far above 0 nearly 1. What comes out is called a, the activation.

    sigmoid(z) = 1 / (1 + exp(-z))

Learning asks how much a changes if z changes a little. That is the slope of the curve, da/dz. For the sigmoid it can be
told from a alone, without z: it is largest, 1/4, where a is 1/2, and nearly 0 where a is near 0 or 1.

    slope(a) = a * (1 - a)                because da/dz = exp(-z) / (1 + exp(-z))² = a * (1 - a)

    z, a and the slope all have the same shape: each number goes its own way.
"""

import numpy as np

from tinydnn.course import reference
from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task


def slope(a):
    """The slope of the sigmoid where its value is a."""
    return a * (1 - a)


def _z() -> dict[str, Arguments]:
    one = batch()
    z = one.a1 @ one.weights[2] + one.weights[3]
    return {
        "z of the second layer, for 100 digits": {"z": z},
        "z far from 0, as a net on raw grey values has it": {"z": np.where(z > 0, 1000, -1000) + z},
        f"z of the last layer, for {FEWER} digits": {"z": one.z3[-FEWER:]},
    }


def _a() -> dict[str, Arguments]:
    return {
        "a of the second layer, for 100 digits": {"a": batch().a2},
        f"a of the first layer, for {FEWER} digits": {"a": batch().a1[-FEWER:]},
    }


def _falling(z):
    """The curve falls where it should rise: the minus is missing, or there is one too many. exp gets -z."""
    return 1 / (1 + np.exp(z))


def _without_brackets(z):
    """Brackets are missing: 1 / 1 + exp(-z) is 1 + exp(-z), since / comes before +. Put 1 + exp(-z) in brackets."""
    return 1 + np.exp(-z)


def _minus_for_plus(z):
    """1 - exp(-z) stands where 1 + exp(-z) has to."""
    return 1 / (1 - np.exp(-z))


def _overflows(z):
    """exp(z) is too large for a number here, and infinity divided by infinity is no number (NaN). With -z in place of
    z in the exponent, it is 1 / infinity, which is 0 as it should be.
    """
    return np.exp(z) / (1 + np.exp(z))


def _tanh(z):
    """This is tanh(z), a curve of the same form, from -1 to 1. The sigmoid goes from 0 to 1."""
    return np.tanh(z)


def _tanh_of_z(z):
    """This is sigmoid(2 z): tanh needs z / 2 to become the sigmoid."""
    return (np.tanh(z) + 1) / 2


def _tanh_moved(z):
    """tanh goes from -1 to 1, and this from 0 to 2: it is not yet halved."""
    return np.tanh(z / 2) + 1


def _relu(z):
    """This is a relu, max(z, 0); asked for is the sigmoid, 1 / (1 + exp(-z))."""
    return np.maximum(z, 0)


def _softmax(z):
    """Each row is divided by its sum, as in a softmax. In a sigmoid each number goes its own way."""
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def _slope_of_z(z):
    """This is the sigmoid's slope; here it is the curve itself, and the slope is the second function."""
    return slope(reference.sigmoid(z))


def _only_exp(z):
    """This is exp(-z) alone; the sigmoid is 1 divided by (1 + exp(-z))."""
    return np.exp(-z)


def _rounded(z):
    """Only 0 and 1 come out: the sigmoid gives the numbers between as well."""
    return (z > 0) * 1.0


def _sigmoid_once_more(a):
    """The sigmoid is taken once more: a has been through it already, so its slope is told from a as it is."""
    again = reference.sigmoid(a)
    return again * (1 - again)


def _of_tanh(a):
    """1 - a² is the slope of tanh; that of the sigmoid has another formula."""
    return 1 - a**2


def _falls(a):
    """The sign is wrong: the sigmoid rises everywhere, so no slope is below 0."""
    return a * (a - 1)


def _only_rest(a):
    """This is 1 - a alone; one factor is missing."""
    return 1 - a


def _plus(a):
    """1 + a stands where 1 - a has to."""
    return a * (1 + a)


def _twice(a):
    """This is the slope of the slope: a * (1 - a) is put into the formula a second time."""
    return slope(slope(a))


def _times_z(z):
    """This is z times the sigmoid, a curve that is called silu or swish; asked for is the sigmoid alone."""
    return z * reference.sigmoid(z)


def _tanh_without_brackets(z):
    """Brackets are missing: in tanh(z / 2) + 1 / 2 only the 1 is halved. Put tanh(z / 2) + 1 in brackets."""
    return np.tanh(z / 2) + 1 / 2


def _slope_without_brackets(a):
    """Brackets are missing: a * 1 - a is (a * 1) - a, which is 0."""
    return 0 * a


EXERCISE = Exercise(
    file="ex03_sigmoid",
    text=__doc__ or "",
    start='''import numpy as np


def sigmoid(z):
    """The sigmoid of each number of z."""
    a = ...
    return a


def slope(a):
    """The slope of the sigmoid where its value is a."""
    da_dz = ...
    return da_dz
''',
    hint="""\
`np.exp` takes a whole array, and so do +, - and /: no loop is needed.
exp of a large number is infinite for a computer, and NumPy warns of it. 1 / infinity is 0, so the formula above still
gives what it should. To be rid of the warning: the sigmoid of z is also (tanh(z / 2) + 1) / 2.""",
    tasks=(
        Task(
            solution=reference.sigmoid,
            cases=_z,
            returns=("a",),
            mistakes=(
                _falling, _without_brackets, _minus_for_plus, _overflows, _tanh, _tanh_of_z, _tanh_moved, _relu,
                _softmax, _slope_of_z, _only_exp, _rounded, _times_z, _tanh_without_brackets,
            ),
        ),
        Task(
            solution=slope,
            cases=_a,
            returns=("da_dz",),
            mistakes=(_sigmoid_once_more, _of_tanh, _falls, _only_rest, _plus, _twice, _slope_without_brackets),
        ),
    ),
)  # fmt: skip
