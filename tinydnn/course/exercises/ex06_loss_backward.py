"""From the loss back to z

Now the same for a whole batch, from the loss back to z of the last layer. Three formulas lie between: softmax,
cross-entropy, and the mean over the batch. Each alone has an unpleasant slope, but together nearly all of it cancels.
The slope of one picture's loss with respect to its z is the probability minus the right answer:

    dl/dz[k] = p[k] - y[k]

For the right digit p is too small, and the slope is below 0: learning will go against it, and z rises. For each other
digit p is too large, and the slope is above 0: z will fall. The loss of the batch is the mean of the N pictures'
losses, so each picture's slope is divided by N.

    loss = sum over n of l[n] / N
    dz   = the slope of the loss with respect to z

    p, y and dz (N, 10)
"""

from tinydnn.course.digits import FEWER, batch
from tinydnn.course.exercise import Arguments, Exercise, Task


def loss_backward(p, y):
    """dz (N, 10), the slope of the batch's mean loss with respect to the z of the last layer."""
    return (p - y) / len(y)


def _cases() -> dict[str, Arguments]:
    return {
        "p of the last layer, for 100 digits": {"p": batch().p, "y": batch().y},
        f"p of the last layer, for {FEWER} digits": {"p": batch().p[-FEWER:], "y": batch().y[-FEWER:]},
    }


def _not_divided(p, y):
    """The 1/N is missing: the loss is the mean over the batch, so each row is divided by N, the number of rows."""
    return p - y


def _turned(p, y):
    """The sign is wrong: the right digit's z has to rise for the loss to fall, so its slope is below 0."""
    return (y - p) / len(y)


def _turned_not_divided(p, y):
    """The sign is wrong, and the 1/N is missing. A slope below 0 means that the loss falls if z rises."""
    return y - p


def _by_classes(p, y):
    """This is divided by 10, the number of classes, and not by N: len of a row is not the number of rows."""
    return (p - y) / 10


def _by_all(p, y):
    """This is divided by N * 10, all numbers of p. The loss is a sum over the classes, and a mean over the N rows."""
    return (p - y) / p.size


def _twice(p, y):
    """This is divided by N twice; the mean over the batch comes once."""
    return (p - y) / len(y) ** 2


def _doubled(p, y):
    """There is a 2 too many. It belongs to the slope of a square; cross-entropy has none."""
    return 2 * (p - y) / len(y)


def _slope_too(p, y):
    """This is multiplied by p * (1 - p) as well. The slope of softmax is in p - y already: it has cancelled."""
    return (p - y) * p * (1 - p) / len(y)


def _slope_too_not_divided(p, y):
    """This is multiplied by p * (1 - p) as well. The slope of softmax is in p - y already: it has cancelled."""
    return (p - y) * p * (1 - p)


def _of_p(p, y):
    """This is dl/dp = -y / p, which stops at the probabilities; dz goes on through softmax to z."""
    return -y / p / len(y)


def _of_p_not_divided(p, y):
    """This is dl/dp = -y / p, which stops at the probabilities; dz goes on through softmax to z."""
    return -y / p


def _averaged(p, y):
    """The rows are averaged into one. Each row keeps its own slopes; it is only divided by N."""
    return (p - y).mean(axis=0)


def _right_digit_only(p, y):
    """Only the right digit has a slope here. The other nine have one as well: their p is pushed down."""
    return (p - y) * y / len(y)


def _product(p, y):
    """This is p * y or the like; asked for is a difference."""
    return p * y / len(y)


def _squared(p, y):
    """This is squared. That would be a loss, and asked for is its slope."""
    return (p - y) ** 2 / len(y)


def _distance(p, y):
    """The signs are lost: the right digit's slope is below 0, and the others' are above."""
    return abs(p - y) / len(y)


def _precedence(p, y):
    """Brackets are missing: in `p - y / N` only y is divided. The difference comes first: put it in brackets."""
    return p - y / len(y)


def _over_classes(p, y):
    """The classes are averaged into one number for each picture; each class keeps its own slope."""
    return (p - y).mean(axis=1)


def _whole_division(p, y):
    """`//` divides into whole numbers, so all has become 0 or -1; `/` keeps what is between."""
    return (p - y) // len(y)


def _one_number(p, y):
    """This is one number, the mean of all. Each number keeps its own slope; it is only divided by N."""
    return (p - y).mean()


def _summed_over_classes(p, y):
    """The classes are added up into one number for each picture; each class keeps its own slope."""
    return (p - y).sum(axis=1) / len(y)


def _by_100(p, y):
    """This is right for 100 digits only: 100 stands where the number of rows has to, len(p)."""
    return (p - y) / 100


EXERCISE = Exercise(
    file="ex06_loss_backward",
    text=__doc__ or "",
    start='''import numpy as np


def loss_backward(p, y):
    """dz (N, 10), the slope of the batch's mean loss with respect to the z of the last layer."""
    dz = ...
    return dz
''',
    hint="""\
`len(p)` is the number of rows, N. Each row of dz belongs to one picture, and its ten numbers add up to 0.""",
    tasks=(
        Task(
            solution=loss_backward,
            cases=_cases,
            returns=("dz",),
            mistakes=(
                _not_divided, _turned, _turned_not_divided, _by_classes, _by_all, _twice, _doubled, _slope_too,
                _slope_too_not_divided, _of_p, _of_p_not_divided, _averaged, _right_digit_only, _product, _squared,
                _distance, _precedence, _over_classes, _by_100,
                _whole_division, _one_number, _summed_over_classes,
            ),
        ),
    ),
)  # fmt: skip
