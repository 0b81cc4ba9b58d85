"""Softmax and cross-entropy

The last layer gives ten numbers for each picture, z: the larger, the likelier. Softmax makes probabilities of them: all
above 0, and 1 together, in each row. Cross-entropy then asks how surprised the net is by the right answer: l is 0 if
the net gave the right digit the probability 1, and grows without end as that probability goes to 0.

    p[n, k] = exp(z[n, k]) / sum over j of exp(z[n, j])
    l[n]    = -log(p[n, right]) = - sum over k of y[n, k] * log(p[n, k])

Here right is the digit of picture n, and log is the natural logarithm, np.log.

exp(1000) is infinite for a computer, and log(0) too. Both can be avoided. If one number is subtracted from a whole row
of z, p stays the same: above and below the line the same factor, exp(-number), appears. Take the row's largest, and no
exponent is above 0. And log(p) need not be computed from p:

    s[n, k]      = z[n, k] - (largest of row n)
    log(p[n, k]) = s[n, k] - log(sum over j of exp(s[n, j]))

    z (N, 10)    y (N, 10), one-hot    p (N, 10)    l (N,), a loss for each picture
"""

import numpy as np

from tinydnn.course import reference
from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task


def _cases() -> dict[str, Arguments]:
    one = batch()
    far = np.where(one.z3 > np.sort(one.z3)[:, 6:7], 1000, -1000) + one.z3  # three of each row, the rest far below
    far[0] = one.z3[0] - 1000
    return {
        "z of the last layer, for 100 digits": {"z": one.z3, "y": one.y},
        "z far from 0, as a net on raw grey values has it": {"z": far, "y": one.y},
        f"z of the last layer, for {FEWER} digits": {"z": one.z3[-FEWER:], "y": one.y[-FEWER:]},
    }


_USUAL = 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16  # numbers that people hold p above


def _right(z, y):
    return reference.softmax_crossentropy(z, y)


def _loss(p, y):
    return -(y * np.log(p)).sum(axis=1)


def _down_the_columns(z, y):
    """The sum is taken down each column. Each row is a picture, and each row's sum has to be 1: sum over axis 1."""
    s = z - z.max(axis=0)
    p = np.exp(s) / np.exp(s).sum(axis=0)
    return p, _loss(p, y)


def _over_all(z, y):
    """Each number is divided by the sum of the whole batch. Each row is a picture, and each row's sum has to be 1."""
    s = z - z.max()
    p = np.exp(s) / np.exp(s).sum()
    return p, _loss(p, y)


def _not_divided(z, y):
    """This is exp(z), not yet divided by the sum of its row."""
    return np.exp(z), _loss(np.exp(z), y)


def _shifted_not_divided(z, y):
    """This is exp(s), not yet divided by the sum of its row."""
    s = z - z.max(axis=1, keepdims=True)
    return np.exp(s), _loss(np.exp(s), y)


def _without_exp(z, y):
    """z is divided by the sum of its row, without exp; so numbers below 0 come out, which no probability is."""
    p = z / z.sum(axis=1, keepdims=True)
    return p, _loss(p, y)


def _sigmoids(z, y):
    """Each number went through a sigmoid of its own, so a row's sum is not 1: softmax divides by the row's sum."""
    p = reference.sigmoid(z)
    return p, _loss(p, y)


def _overflows(z, y):
    """exp(1000) is infinite here, and exp(-1000) is 0; infinity / infinity and 0 / 0 are no numbers (NaN). Subtract
    each row's largest number from the row before exp: p stays the same.
    """
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return p, _loss(p, y)


def _largest_of_all(z, y):
    """The largest number of the whole batch is subtracted. In a row that is far below it, all exp are 0, and 0 / 0 is
    no number (NaN). Take each row's own largest.
    """
    s = z - z.max()
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    return p, _loss(p, y)


def _largest_of_column(z, y):
    """The largest number of each column is subtracted. That changes p, since each number of a row loses another one:
    take the largest of each row.
    """
    s = z - z.max(axis=0)
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    return p, _loss(p, y)


def _log_of_p(z, y):
    """log(0) is infinite, and 0 times infinity is no number (NaN): where p is 0, the loss can't be computed from it.
    Compute log(p) from s, as in the last formula.
    """
    p, _ = _right(z, y)
    return p, _loss(p, y)


def _log_of_picked_p(z, y):
    """log(0) is infinite: where the right digit's p is 0, the loss can't be computed from it, though it is finite.
    Compute log(p) from s, as in the last formula.
    """
    p, _ = _right(z, y)
    return p, -np.log((p * y).sum(axis=1))


def _clipped(least):
    def mistake(z, y):
        """p is held above a small number, so that log(0) never comes up. But then the loss is too small where the net
        is very wrong, and it learns nothing there. Compute log(p) from s, as in the last formula.
        """
        p, _ = _right(z, y)
        return p, -(y * np.log(np.clip(p, least, 1))).sum(axis=1)

    return mistake


def _rising(z, y):
    """The minus is missing: log(p) is below 0, and a loss is above."""
    p, l = _right(z, y)
    return p, -l


def _mean(z, y):
    """This is the mean over the batch, one number; l has a loss for each picture."""
    p, l = _right(z, y)
    return p, l.mean()


def _sum(z, y):
    """This is the sum over the batch, one number; l has a loss for each picture."""
    p, l = _right(z, y)
    return p, l.sum()


def _over_pictures(z, y):
    """These are sums over the pictures, one for each class; l has one for each picture: sum over axis 1."""
    p, l = _right(z, y)
    return p, (y * l[:, None]).sum(axis=0)


def _in_a_column(z, y):
    """l is a column, (N, 1), and should be (N,): leave out keepdims in its sum."""
    p, l = _right(z, y)
    return p, l[:, None]


def _not_summed(z, y):
    """l has a number for each class, most of them 0; add them up in each row."""
    p, l = _right(z, y)
    return p, y * l[:, None]


def _mean_over_classes(z, y):
    """l is divided by the number of classes: it is the sum over the classes, not their mean."""
    p, l = _right(z, y)
    return p, l / 10


def _all_classes(z, y):
    """The logs of all classes are added up; only that of the right digit counts: y picks it."""
    p, _ = _right(z, y)
    return p, -np.log(p).sum(axis=1)


def _base_2(z, y):
    """This is log to the base 2; here log is the natural one, np.log."""
    p, l = _right(z, y)
    return p, l / np.log(2)


def _base_10(z, y):
    """This is log to the base 10; here log is the natural one, np.log."""
    p, l = _right(z, y)
    return p, l / np.log(10)


def _binary(z, y):
    """The nine wrong digits are counted too, by log(1 - p), as for ten questions of yes or no. With softmax only the
    right digit's log counts.
    """
    p, _ = _right(z, y)
    return p, -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=1)


def _of_the_likeliest(z, y):
    """This is -log of each row's largest p, so of the net's answer; it has to be that of the right digit."""
    p, _ = _right(z, y)
    return p, -np.log(p.max(axis=1))


def _squares(z, y):
    """This is the sum of (p - y)²; cross-entropy is -log of the right digit's p."""
    p, _ = _right(z, y)
    return p, ((p - y) ** 2).sum(axis=1)


def _without_log(z, y):
    """This is 1 - p or -p of the right digit, without the log."""
    p, _ = _right(z, y)
    return p, -(y * p).sum(axis=1)


def _rest(z, y):
    """This is 1 - p of the right digit; the loss is -log(p)."""
    p, _ = _right(z, y)
    return p, 1 - (y * p).sum(axis=1)


def _log_of_exp_without_sum(z, y):
    """This is -s of the right digit; the log of the row's sum is missing."""
    p, _ = _right(z, y)
    return p, -(y * (z - z.max(axis=1, keepdims=True))).sum(axis=1)


def _unshifted_log(z, y):
    """z stands where s has to: the log of the sum was computed after the largest was subtracted, so subtract it here
    as well.
    """
    p, _ = _right(z, y)
    s = z - z.max(axis=1, keepdims=True)
    return p, (y * (np.log(np.exp(s).sum(axis=1, keepdims=True)) - z)).sum(axis=1)


def _log_of_sum(z, y, log, total=lambda s: np.exp(s).sum(axis=1, keepdims=True)):
    p, _ = _right(z, y)
    s = z - z.max(axis=1, keepdims=True)
    return p, -(y * (s - log(total(s)))).sum(axis=1)


def _sum_base_10(z, y):
    """The log of the row's sum is taken to the base 10; here log is the natural one, np.log."""
    return _log_of_sum(z, y, np.log10)


def _sum_without_log(z, y):
    """The row's sum is subtracted as it is; subtract its log."""
    return _log_of_sum(z, y, np.positive)


def _sum_of_logs(z, y):
    """This subtracts the sum of the logs; it has to be the log of the sum: first add up, then take the log."""
    return _log_of_sum(z, y, np.positive, lambda s: s.sum(axis=1, keepdims=True))


EXERCISE = Exercise(
    file="ex04_softmax",
    text=__doc__ or "",
    start='''import numpy as np


def softmax_crossentropy(z, y):
    """The probabilities p (N, 10), and the loss l (N,) of each picture."""
    p = ...
    l = ...
    return p, l
''',
    hint="""\
Axis 0 goes down the rows, axis 1 along a row: `z.max(axis=1)` has the largest number of each row, in the shape (N,).
With `keepdims=True` it keeps the shape (N, 1), so that it can be subtracted from (N, 10), row by row.
y is 0 but in one place of each row: multiply by it, add up each row, and what is left is the right digit's number.""",
    tasks=(
        Task(
            solution=reference.softmax_crossentropy,
            cases=_cases,
            returns=("p", "l"),
            mistakes=(
                _down_the_columns, _over_all, _not_divided, _shifted_not_divided, _without_exp, _sigmoids, _overflows,
                _largest_of_all, _largest_of_column, _log_of_p, _log_of_picked_p, *map(_clipped, _USUAL), _rising,
                _mean, _sum, _over_pictures, _in_a_column, _not_summed, _mean_over_classes, _all_classes, _base_2,
                _base_10, _binary, _of_the_likeliest, _squares, _without_log, _rest, _log_of_exp_without_sum,
                _unshifted_log, _sum_base_10, _sum_without_log, _sum_of_logs,
            ),
        ),
    ),
)  # fmt: skip
