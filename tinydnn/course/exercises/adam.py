"""Adam's step, and the mistakes that people make in it."""

import numpy as np


def adam(w, g, m, v, t, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
    """Move w against m, a running mean of the gradient g, divided by the root of v, one of g²; t counts the steps."""
    rate = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * g**2
    w -= rate * m / (np.sqrt(v) + epsilon)


def _root(v):
    return np.sqrt(v) + 1e-7


def _rate(t):
    return 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)


def _adam(w, g, m, v, t, rate=None, root=_root, beta_1=0.9, beta_2=0.999, square=None, along=None):
    """A step in which some of this is another than in Adam's."""
    m[...] = beta_1 * m + (1 - beta_1) * g
    v[...] = beta_2 * v + (1 - beta_2) * (g**2 if square is None else square)
    with np.errstate(all="ignore"):
        w -= (_rate(t) if rate is None else rate) * (m if along is None else along) / root(v)


def _uncorrected(w, g, m, v, t):
    """m and v began at 0, and nothing makes up for it: the learning rate is taken as it is, not the `rate` above."""
    _adam(w, g, m, v, t, 0.001)


def _epsilon_inside(w, g, m, v, t):
    """epsilon is inside of the root, as in RMSprop. In Adam it is outside, sqrt(v) + epsilon."""
    _adam(w, g, m, v, t, root=lambda v: np.sqrt(v + 1e-7))


def _as_the_paper(w, g, m, v, t):
    """epsilon is added to the root of the corrected v, as in the paper. Keras adds it to the root of v as it is, and
    corrects the rate: that is not quite the same.
    """
    _adam(w, g, m, v, t, 0.001 / (1 - 0.9**t), lambda v: np.sqrt(v / (1 - 0.999**t)) + 1e-7)


def _no_adam_root(w, g, m, v, t):
    """The root is missing: v is a mean of squares, so its root is a usual size of g."""
    _adam(w, g, m, v, t, root=lambda v: v + 1e-7)


def _correction_exchanged(w, g, m, v, t):
    """The correction is upside down: sqrt(1 - beta_2^t) is above the line, and 1 - beta_1^t below it."""
    _adam(w, g, m, v, t, 0.001 * (1 - 0.9**t) / np.sqrt(1 - 0.999**t))


def _correction_without_root(w, g, m, v, t):
    """The root of 1 - beta_2^t is missing in the rate."""
    _adam(w, g, m, v, t, 0.001 * (1 - 0.999**t) / (1 - 0.9**t))


def _one_correction(w, g, m, v, t):
    """The rate makes up for m, and not for v: sqrt(1 - beta_2^t) is missing in it."""
    _adam(w, g, m, v, t, 0.001 / (1 - 0.9**t))


def _correction_of_v_alone(w, g, m, v, t):
    """The rate makes up for v, and not for m: it has to be divided by 1 - beta_1^t."""
    _adam(w, g, m, v, t, 0.001 * np.sqrt(1 - 0.999**t))


def _t_one_more(w, g, m, v, t):
    """The rate is that of the next step: t is 1 in the first step already, so it is not raised here."""
    _adam(w, g, m, v, t + 1)


def _old_moments(w, g, m, v, t):
    """w moves by the old m and v: compute both first, and then the step."""
    w -= _rate(t) * m / _root(v)
    _adam(w, g, m, v, t, 0)


def _g_for_m(w, g, m, v, t):
    """The step is along g; it has to be along m, the running mean of g."""
    _adam(w, g, m, v, t, along=g)


def _betas_exchanged(w, g, m, v, t):
    """beta_1 and beta_2 are exchanged: beta_1 belongs to m, and beta_2 to v."""
    _adam(w, g, m, v, t, beta_1=0.999, beta_2=0.9)


def _one_beta(w, g, m, v, t):
    """v is averaged with beta_1; beta_2 belongs to v."""
    _adam(w, g, m, v, t, beta_2=0.9)


def _m_whole(w, g, m, v, t):
    """g is added to m whole; m is a running mean, so 1 - beta_1 of it is."""
    _adam(w, g, m, v, t, 0)
    m += 0.9 * g
    w -= _rate(t) * m / _root(v)


def _m_squared(w, g, m, v, t):
    """v takes up m², and should take up g²."""
    _adam(w, g, m, v, t, square=(0.9 * m + 0.1 * g) ** 2)


def _v_not_squared(w, g, m, v, t):
    """v takes up g, and should take up g²."""
    _adam(w, g, m, v, t, square=g)


def _adam_uphill(w, g, m, v, t):
    """The step is added; the loss falls where it is subtracted."""
    _adam(w, g, m, v, t, -_rate(t))


def _adam_nothing(w, g, m, v, t):
    """The arrays are as they were: `v = …` only gives the name v to another array. Write into them, with `m[...] = …`,
    `v[...] = …` and `w -= …`.
    """


def _adam_moments_as_before(w, g, m, v, t):
    """m and v are as they were: `m = …` only gives the name m to another array. Write into them, with `m[...] = …`."""
    adam(w, g, m.copy(), v.copy(), t)


def _adam_w_as_before(w, g, m, v, t):
    """w is as it was: `w = …` only gives the name w to another array. Write into it, with `w[...] = …` or `w -= …`."""
    adam(w.copy(), g, m, v, t)


def _rate_betas_exchanged(w, g, m, v, t):
    """beta_1 and beta_2 are exchanged in the rate: the root above the line has beta_2, and below it is beta_1."""
    _adam(w, g, m, v, t, 0.001 * np.sqrt(1 - 0.9**t) / (1 - 0.999**t))


def _power_of_all(w, g, m, v, t):
    """The power belongs to beta alone, 1 - beta**t, and not to 1 - beta."""
    _adam(w, g, m, v, t, 0.001 * np.sqrt((1 - 0.999) ** t) / (1 - 0.9) ** t)


def _times_t(w, g, m, v, t):
    """The power is `**`, not `*`: beta_1**t."""
    with np.errstate(all="ignore"):
        _adam(w, g, m, v, t, 0.001 * np.sqrt(1 - 0.999 * t) / (1 - 0.9 * t))


def _corrected_in_place(w, g, m, v, t):
    """m itself is corrected, and so spoilt for the next step; the rate makes up for what is missing."""
    _adam(w, g, m, v, t, 0)
    m /= 1 - 0.9**t
    v /= 1 - 0.999**t
    w -= 0.001 * m / _root(v)


def _w_subtracted(w, g, m, v, t):
    """`w -= w - …` subtracts w itself: to the right of `-=` there is only the step."""
    before = w.copy()
    adam(w, g, m, v, t)
    w[...] = before - w


MISTAKES = (
    _uncorrected, _epsilon_inside, _as_the_paper, _no_adam_root, _correction_exchanged,
    _correction_without_root, _one_correction, _correction_of_v_alone, _t_one_more, _old_moments, _g_for_m,
    _betas_exchanged, _one_beta, _m_squared, _m_whole, _v_not_squared, _adam_uphill, _adam_nothing,
    _adam_moments_as_before, _adam_w_as_before,
    _rate_betas_exchanged, _power_of_all, _times_t, _corrected_in_place, _w_subtracted,
)  # fmt: skip
