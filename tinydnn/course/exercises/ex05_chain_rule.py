"""The chain rule, on one number

How does a net learn? It asks of each weight: if I raise it a little, how much does the loss change? That is the slope
of the loss with respect to the weight, and the chain rule tells it. Here is the smallest net there is: one input x, one
weight w, one bias b. x is the share of ink on a picture, and the net says how sure it is that the digit is a 1 (there
is little ink on a 1). y is 1 if it is one, else 0. All of them are plain numbers.

    z = w * x + b        a = sigmoid(z)        l = (a - y)²

Go back from l, one step at a time. Each step multiplies the slope so far by the slope of one formula. da is short for
dl/da: how much l changes as a does. (dl/da is one name, of a slope; it is no division.) The same holds for dz, dw, db.

    da = slope of l as a grows                     l = (a - y)²
    dz = da * (slope of a as z grows)              a = sigmoid(z), whose slope is a * (1 - a)
    dw = dz * (slope of z as w grows)              z = w * x + b
    db = dz * (slope of z as b grows)              z = w * x + b
"""

import numpy as np

from tinydnn.course.digits import batch
from tinydnn.course.exercise import Arguments, Exercise, Task

W, B = -30.0, 3.0  # the less ink, the surer that it is a 1
_DIGITS = 5


def chain_rule(x, w, b, y):
    """The slopes da, dz, dw and db of the loss l."""
    z = w * x + b
    a = 1 / (1 + np.exp(-z))
    da = 2 * (a - y)
    dz = da * a * (1 - a)
    dw = dz * x
    db = dz
    return da, dz, dw, db


def _cases() -> dict[str, Arguments]:
    one, found = batch(), {}
    for n in sorted(range(_DIGITS), key=lambda n: one.labels[n] != 1):  # first a 1: with y = 0, a - y is also l / a
        of = f"one picture, of a {one.labels[n]}"
        found[of] = {"x": float(one.x[n].mean()), "w": W, "b": B, "y": float(one.labels[n] == 1)}
    return found


def _a(x, w, b):
    return 1 / (1 + np.exp(-(w * x + b)))


def _back(x, dz):
    return dz, dz * x, dz


def _no_2(x, w, b, y):
    """The 2 is missing: the slope of u² is 2 u."""
    a = _a(x, w, b)
    return a - y, *_back(x, (a - y) * a * (1 - a))


def _turned(x, w, b, y):
    """The sign is wrong: l is (a - y)², and if a is above y, a larger a makes l larger."""
    a = _a(x, w, b)
    return 2 * (y - a), *_back(x, 2 * (y - a) * a * (1 - a))


def _the_loss(x, w, b, y):
    """This is l itself, (a - y)²; asked for is its slope."""
    a = _a(x, w, b)
    return (a - y) ** 2, *_back(x, (a - y) ** 2 * a * (1 - a))


def _of_z(x, w, b, y):
    """z stands where a has to: the sigmoid's slope is told from a, its output."""
    a, z = _a(x, w, b), w * x + b
    return 2 * (a - y), *_back(x, 2 * (a - y) * z * (1 - z))


def _slope_alone(x, w, b, y):
    """This is da/dz alone. The chain rule multiplies it by the slope so far, da."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, a * (1 - a))


def _no_slope(x, w, b, y):
    """dz is da unchanged: the sigmoid between z and a is left out. Multiply by its slope."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, 2 * (a - y))


def _added(x, w, b, y):
    """The slopes are added; the chain rule multiplies them."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, 2 * (a - y) + a * (1 - a))


def _by_a(x, w, b, y):
    """One factor is missing: the sigmoid's slope is a * (1 - a), and this has a alone."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, 2 * (a - y) * a)


def _by_1_minus_a(x, w, b, y):
    """One factor is missing: the sigmoid's slope is a * (1 - a), and this has 1 - a alone."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, 2 * (a - y) * (1 - a))


def _dw_by_w(x, w, b, y):
    """dz is multiplied by w; but if w grows by a little, w * x grows by x times as much."""
    da, dz, _, db = chain_rule(x, w, b, y)
    return da, dz, dz * w, db


def _dw_is_dz(x, w, b, y):
    """dw is dz unchanged: z is w * x + b, so w's slope has a factor more."""
    da, dz, _, db = chain_rule(x, w, b, y)
    return da, dz, dz, db


def _dw_alone(x, w, b, y):
    """This is x, dz/dw alone. The chain rule multiplies it by the slope so far, dz."""
    da, dz, _, db = chain_rule(x, w, b, y)
    return da, dz, x, db


def _dw_from_da(x, w, b, y):
    """This goes on from da, and leaves dz out: w reaches the loss through z."""
    da, dz, _, db = chain_rule(x, w, b, y)
    return da, dz, da * x, db


def _db_by_b(x, w, b, y):
    """dz is multiplied by b; but if b grows by a little, z grows by just as much, whatever b is."""
    da, dz, dw, _ = chain_rule(x, w, b, y)
    return da, dz, dw, dz * b


def _db_by_x(x, w, b, y):
    """dz is multiplied by x; x belongs to w. If b grows by a little, z grows by just as much."""
    da, dz, dw, _ = chain_rule(x, w, b, y)
    return da, dz, dw, dz * x


def _db_one(x, w, b, y):
    """This is 1, dz/db alone. The chain rule multiplies it by the slope so far, dz."""
    da, dz, dw, _ = chain_rule(x, w, b, y)
    return da, dz, dw, 1.0


def _db_zero(x, w, b, y):
    """b is treated as if the loss did not depend on it; but z has b in it."""
    da, dz, dw, _ = chain_rule(x, w, b, y)
    return da, dz, dw, 0.0


def _y_left_out(x, w, b, y):
    """y is left out: the slope of (a - y)² is 2 (a - y)."""
    a = _a(x, w, b)
    return 2 * a, *_back(x, 2 * a * a * (1 - a))


def _still_squared(x, w, b, y):
    """The square is still there: the slope of u² is 2 u."""
    a = _a(x, w, b)
    return 2 * (a - y) ** 2, *_back(x, 2 * (a - y) ** 2 * a * (1 - a))


def _precedence(x, w, b, y):
    """Brackets are missing: a * 1 - a is (a * 1) - a. Put 1 - a in brackets."""
    a = _a(x, w, b)
    return 2 * (a - y), *_back(x, 2 * (a - y) * a * 1 - a)


def _dw_with_b(x, w, b, y):
    """b falls away in the slope of z as w grows: x is what multiplies w."""
    da, dz, _, db = chain_rule(x, w, b, y)
    return da, dz, dz * (x + b), db


EXERCISE = Exercise(
    file="ex05_chain_rule",
    text=__doc__ or "",
    start='''import numpy as np


def chain_rule(x, w, b, y):
    """The slopes da, dz, dw and db of the loss l."""
    z = w * x + b
    a = 1 / (1 + np.exp(-z))
    l = (a - y) ** 2

    da = ...
    dz = ...
    dw = ...
    db = ...
    return da, dz, dw, db
''',
    hint="""\
The slope of u² is 2 u. If w grows by 0.001, then w * x grows by 0.001 * x: so dz/dw is x. And dz/db?
To try it out: add 0.001 to b, and compute l again. By how much has it changed? Divided by 0.001, that is about db.""",
    tasks=(
        Task(
            solution=chain_rule,
            cases=_cases,
            returns=("da", "dz", "dw", "db"),
            mistakes=(
                _no_2, _turned, _the_loss, _of_z, _slope_alone, _no_slope, _added, _by_a, _by_1_minus_a, _dw_by_w,
                _dw_is_dz, _dw_alone, _dw_from_da, _db_by_b, _db_by_x, _db_one, _db_zero,
                _y_left_out, _still_squared, _precedence, _dw_with_b,
            ),
        ),
    ),
)  # fmt: skip
