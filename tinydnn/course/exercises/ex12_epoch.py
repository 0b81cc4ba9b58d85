"""The loop: an epoch

An epoch goes through all digits once, in batches, and takes a step for each batch. The digits come in a shuffled order:
`order` has their places, in the order in which they are to be taken. The first batch is the first `batch_size` places
of it, the next batch the next ones, and the last one has what is left over. x and y stay as they are; a batch is picked
from both by the same places.

For each batch: forward, the losses, backward, and then each weight moves, by RMSprop with its own v.

Meanwhile the loss and the accuracy of the epoch are kept: the mean of the losses of all digits, and the share of digits
whose largest p is that of the right class. Each batch counts as it was before its own step, as in Keras' log. The mean
is one over all digits; the mean of the batches' means would count those of a small last batch too much.

Four functions of the earlier exercises are given: forward(x, weights) gives a1, a2, z3; softmax_crossentropy(z3, y)
gives p, l; backward(x, y, a1, a2, p, weights) gives six slopes; rmsprop(w, g, v) changes w and v in place.

    x (n, 784)    y (n, 10)    order: places, whole numbers    weights: [W1, b1, W2, b2, W3, b3]    velocities: their v
"""

import numpy as np

from tinydnn import datasets
from tinydnn.course import reference
from tinydnn.course.digits import NAMES, SEED, batch, prepare
from tinydnn.course.exercise import Arguments, Exercise, Task

_DIGITS, _HELD_OUT, BATCH_SIZE = 600, 100, 256  # batches of 256, and one of 88


def _cases() -> dict[str, Arguments]:
    (images, labels), _ = datasets.mnist.load_data()
    x, y = prepare(images[: _DIGITS + _HELD_OUT], labels[: _DIGITS + _HELD_OUT])
    return {
        f"{_DIGITS} digits, in batches of {BATCH_SIZE}": {
            "x": x, "y": y, "order": reference.shuffled(_DIGITS, SEED), "weights": batch().weights,
            "velocities": batch().velocities, "batch_size": BATCH_SIZE,
        }
    }  # fmt: skip


def _batches(order, batch_size):
    return [order[start : start + batch_size] for start in range(0, len(order), batch_size)]


def _measured(x, y, rows, weights):
    """The sum of the losses, the number of right answers, and what a backward pass needs."""
    a1, a2, z3 = reference.forward(x[rows], weights)
    p, l = reference.softmax_crossentropy(z3, y[rows])
    return l.sum(), (p.argmax(axis=1) == y[rows].argmax(axis=1)).sum(), (a1, a2, p)


def _step(x, y, rows, weights, velocities, passed=None):
    gradients = reference.backward(x[rows], y[rows], *(passed or _measured(x, y, rows, weights)[-1]), weights)
    for w, g, v in zip(weights, gradients, velocities, strict=True):
        reference.rmsprop(w, g, v)


def _mean_of_means(x, y, order, weights, velocities, batch_size):
    """This is the mean of the batches' means, so the digits of the last, smaller batch count too much. Add up over all
    digits, and divide by their number at the end.
    """
    means = []
    for rows in _batches(order, batch_size):
        loss, hits, passed = _measured(x, y, rows, weights)
        means.append((loss / len(rows), hits / len(rows)))
        _step(x, y, rows, weights, velocities, passed)
    return tuple(np.mean(means, axis=0))


def _whole_batches_in_mean(x, y, order, weights, velocities, batch_size):
    """Each batch's mean is multiplied by batch_size, but the last batch is smaller: add up the losses themselves."""
    loss = hits = 0.0
    for rows in _batches(order, batch_size):
        more, right, passed = _measured(x, y, rows, weights)
        loss, hits = loss + more / len(rows) * batch_size, hits + right / len(rows) * batch_size
        _step(x, y, rows, weights, velocities, passed)
    return loss / len(order), hits / len(order)


def _sums(x, y, order, weights, velocities, batch_size):
    """These are sums over all digits, not yet divided by their number."""
    loss, accuracy = reference.epoch(x, y, order, weights, velocities, batch_size)
    return loss * len(order), accuracy * len(order)


def _percent(x, y, order, weights, velocities, batch_size):
    """This is the accuracy in percent; in Keras' log it is a share, from 0 to 1."""
    loss, accuracy = reference.epoch(x, y, order, weights, velocities, batch_size)
    return loss, 100 * accuracy


def _of_last_batch(x, y, order, weights, velocities, batch_size):
    """These are the mean loss and the accuracy of the last batch alone. Is `=` where `+=` should be?"""
    for rows in _batches(order, batch_size):
        loss, hits, passed = _measured(x, y, rows, weights)
        _step(x, y, rows, weights, velocities, passed)
    return loss / len(rows), hits / len(rows)


def _after_each_step(x, y, order, weights, velocities, batch_size):
    """Each batch is measured after its own step, so loss and accuracy are too good. Measure it before."""
    loss = hits = 0.0
    for rows in _batches(order, batch_size):
        _step(x, y, rows, weights, velocities)
        more, right, _ = _measured(x, y, rows, weights)
        loss, hits = loss + more, hits + right
    return loss / len(order), hits / len(order)


def _at_the_end(x, y, order, weights, velocities, batch_size):
    """Loss and accuracy are those of the weights at the end. Keep them batch by batch, on the way."""
    reference.epoch(x, y, order, weights, velocities, batch_size)
    loss, hits, _ = _measured(x, y, order, weights)
    return loss / len(order), hits / len(order)


def _in_order(x, y, order, weights, velocities, batch_size):
    """The digits are taken one after the other, as they lie, and `order` is not used. Pick each batch by its places in
    `order`.
    """
    return reference.epoch(x, y, np.arange(len(order)), weights, velocities, batch_size)


def _only_x_shuffled(x, y, order, weights, velocities, batch_size):
    """x is picked by `order`, and y is not, so the pictures get the labels of others."""
    return reference.epoch(x[order], y[: len(order)], np.arange(len(order)), weights, velocities, batch_size)


def _only_y_shuffled(x, y, order, weights, velocities, batch_size):
    """y is picked by `order`, and x is not, so the pictures get the labels of others."""
    return reference.epoch(x[: len(order)], y[order], np.arange(len(order)), weights, velocities, batch_size)


def _backwards(x, y, order, weights, velocities, batch_size):
    """The order is turned round: what `order` has first comes first."""
    return reference.epoch(x, y, order[::-1], weights, velocities, batch_size)


def _last_batch_left_out(x, y, order, weights, velocities, batch_size):
    """The last batch is left out, since it is smaller; it is a batch as well."""
    return reference.epoch(x, y, order[: len(order) // batch_size * batch_size], weights, velocities, batch_size)


def _last_left_out_of_steps(x, y, order, weights, velocities, batch_size):
    """The last batch is left out, since it is smaller; it is a batch as well, and the mean is divided by all digits."""
    kept = order[: len(order) // batch_size * batch_size]
    loss, accuracy = reference.epoch(x, y, kept, weights, velocities, batch_size)
    return loss * len(kept) / len(order), accuracy * len(kept) / len(order)


def _all_of_x(x, y, order, weights, velocities, batch_size):
    """Each batch is cut from all of x, also from the digits that are not in `order`: those are kept for validation."""
    return reference.epoch(x, y, np.arange(len(x)), weights, velocities, batch_size)


def _no_steps(x, y, order, weights, velocities, batch_size):
    """The weights have not moved: take a step for each batch, with rmsprop for each w, its slope and its v."""
    loss, hits, _ = _measured(x, y, order, weights)
    return loss / len(order), hits / len(order)


def _one_batch(x, y, order, weights, velocities, batch_size):
    """All digits are one batch here, with one step. Cut `order` into pieces of batch_size."""
    return reference.epoch(x, y, order, weights, velocities, len(order))


def _first_batch_only(x, y, order, weights, velocities, batch_size):
    """Only the first batch is taken. Is `return` within the loop?"""
    return reference.epoch(x, y, order[:batch_size], weights, velocities, batch_size)


def _returned_within(x, y, order, weights, velocities, batch_size):
    """Only the first batch is taken: `return` stands within the loop."""
    loss, accuracy = reference.epoch(x, y, order[:batch_size], weights, velocities, batch_size)
    return loss * batch_size / len(order), accuracy * batch_size / len(order)


def _last_sum(x, y, order, weights, velocities, batch_size):
    """Only the last batch's loss is kept: `=` stands where `+=` should."""
    hits = 0.0
    for rows in _batches(order, batch_size):
        loss, right, passed = _measured(x, y, rows, weights)
        hits += right
        _step(x, y, rows, weights, velocities, passed)
    return loss / len(order), hits / len(order)


def _shares_added(x, y, order, weights, velocities, batch_size):
    """To hits, each batch adds its share of right answers; add their number, and divide by all digits at the end."""
    loss = shares = 0.0
    for rows in _batches(order, batch_size):
        more, right, passed = _measured(x, y, rows, weights)
        loss, shares = loss + more, shares + right / len(rows)
        _step(x, y, rows, weights, velocities, passed)
    return loss / len(order), shares / len(order)


def _no_hits(x, y, order, weights, velocities, batch_size):
    """No digit counts as right. Is something added to hits for each batch? A digit is right if the place of its largest
    p is that of the 1 in y; argmax with axis=1 finds such a place in each row.
    """
    loss, _ = reference.epoch(x, y, order, weights, velocities, batch_size)
    return loss, 0.0


def _velocities_anew(x, y, order, weights, velocities, batch_size):
    """Each step begins with v = 0; v is kept from step to step, in `velocities`."""
    loss = hits = 0.0
    for rows in _batches(order, batch_size):
        more, right, passed = _measured(x, y, rows, weights)
        loss, hits = loss + more, hits + right
        _step(x, y, rows, weights, [np.zeros_like(w) for w in weights], passed)
    return loss / len(order), hits / len(order)


def _biases_stay(x, y, order, weights, velocities, batch_size):
    """The biases do not move: each of the six arrays takes a step, W and b alike."""
    loss = hits = 0.0
    for rows in _batches(order, batch_size):
        more, right, passed = _measured(x, y, rows, weights)
        loss, hits = loss + more, hits + right
        gradients = reference.backward(x[rows], y[rows], *passed, weights)
        for i in 0, 2, 4:
            reference.rmsprop(weights[i], gradients[i], velocities[i])
    return loss / len(order), hits / len(order)


def _means_by_digits(x, y, order, weights, velocities, batch_size):
    """The batches' means are added up and then divided by the number of digits: add up the losses themselves."""
    loss = hits = 0.0
    for rows in _batches(order, batch_size):
        more, right, passed = _measured(x, y, rows, weights)
        loss, hits = loss + more / len(rows), hits + right
        _step(x, y, rows, weights, velocities, passed)
    return loss / len(order), hits / len(order)


EXERCISE = Exercise(
    file="ex12_epoch",
    text=__doc__ or "",
    start='''import numpy as np

from tinydnn.course.given import backward, forward, rmsprop, softmax_crossentropy


def epoch(x, y, order, weights, velocities, batch_size=512):
    """Take a step for each batch of the digits in this order; the weights move. Return the mean loss and accuracy."""
    loss = hits = 0.0
    for start in range(0, len(order), batch_size):
        rows = ...  # the places of this batch
        a1, a2, z3 = forward(x[rows], weights)
        p, l = softmax_crossentropy(z3, y[rows])
        ...  # add to loss and hits; then go backward, and let each of the six weights take a step
    return loss / len(order), hits / len(order)
''',
    hint="""\
`order[start : start + batch_size]` is a batch's places; the last piece is shorter by itself.
`p.argmax(axis=1)` is the place of the largest number of each row: the net's answer; that of y is the right one.
`backward(xb, yb, a1, a2, p, weights)` gives six slopes, and `for w, g, v in zip(weights, gradients, velocities):` goes
through all three lists side by side. `rmsprop(w, g, v)` changes w and v in place.""",
    tasks=(
        Task(
            solution=reference.epoch,
            cases=_cases,
            returns=("loss", "accuracy"),
            changes=(("weights", NAMES), ("velocities", tuple(f"v of {name}" for name in NAMES))),
            mistakes=(
                _mean_of_means, _whole_batches_in_mean, _sums, _percent, _of_last_batch, _after_each_step, _at_the_end,
                _in_order, _only_x_shuffled, _only_y_shuffled, _backwards, _last_batch_left_out,
                _last_left_out_of_steps, _all_of_x, _no_steps, _one_batch, _first_batch_only, _returned_within,
                _last_sum, _shares_added, _velocities_anew, _biases_stay, _means_by_digits, _no_hits,
            ),
        ),
    ),
)  # fmt: skip
