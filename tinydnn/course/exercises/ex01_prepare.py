"""Pixels and labels

MNIST is a collection of 70,000 handwritten digits. A picture of it is 28 rows of 28 grey values, whole numbers from 0
(paper) to 255 (ink). A dense net takes a row of numbers for each picture, best between 0 and 1. So each picture becomes
a row of 784 numbers: its first row of pixels, then its second, and so on. The labels are the digits 0 to 9. The net
answers with ten numbers, one for each digit; so each label becomes ten numbers too: a 1 in the place of its digit, and
0 elsewhere. This is called one-hot. N is the number of pictures.

    x[n, 28 * row + column] = images[n, row, column] / 255
    y[n, k] = 1 if k is labels[n], else 0

    images (N, 28, 28)    labels (N,)    x (N, 784)    y (N, 10)
"""

import numpy as np

from tinydnn.course.digits import FEWER, batch, prepare
from tinydnn.course.exercise import Arguments, Exercise, Task


def _cases() -> dict[str, Arguments]:
    images, labels = batch().images, batch().labels
    return {
        "100 digits": {"images": images, "labels": labels},
        f"{FEWER} digits": {"images": images[-FEWER:], "labels": labels[-FEWER:]},
    }


def _flat(images):
    return images.reshape(len(images), 784)


def _not_scaled(images, labels):
    """These are the grey values as they are, from 0 to 255; the net is to get numbers from 0 to 1."""
    return _flat(images), prepare(images, labels)[1]


def _by_256(images, labels):
    """These are divided by 256. The largest grey value is 255, and it has to become exactly 1."""
    return _flat(images) / 256, prepare(images, labels)[1]


def _whole_division(images, labels):
    """All that is not full ink has become 0, as in whole numbers: by `//`, or since the array is one of whole numbers,
    as `zeros_like(images)` is. `/` keeps what is between, and np.zeros makes an array of decimals.
    """
    return _flat(images) // 255, prepare(images, labels)[1]


def _twice(images, labels):
    """These are scaled twice: the largest is 1 / 255, and should be 1."""
    return _flat(images) / 255 / 255, prepare(images, labels)[1]


def _inverted(images, labels):
    """Ink and paper are exchanged: in MNIST ink is 255 and paper is 0, and so it stays."""
    return 1 - _flat(images) / 255, prepare(images, labels)[1]


def _centred(images, labels):
    """These are from -1 to 1; the net is to get numbers from 0 to 1."""
    return _flat(images) / 127.5 - 1, prepare(images, labels)[1]


def _standardized(images, labels):
    """These have the mean 0 and the deviation 1. That is a way to scale, too, but another one: here it is 0 to 1."""
    x = _flat(images) / 255
    return (x - x.mean()) / x.std(), prepare(images, labels)[1]


def _two_axes(images, labels):
    """Each picture is still a square of 28 x 28; it has to become one row of 784 numbers."""
    return images / 255, prepare(images, labels)[1]


def _a_column_each(images, labels):
    """Here a picture is a column of x; in this course, as in Keras, each is a row."""
    return (_flat(images) / 255).T, prepare(images, labels)[1]


def _cut_across(images, labels):
    """The pixels are cut into 784 rows, so each row has pieces of several pictures: keep N rows when you reshape."""
    return images.reshape(784, -1) / 255, prepare(images, labels)[1]


def _mixed(images, labels):
    """The pixels are cut into 784 rows and then turned, so each row has pieces of several pictures."""
    return images.reshape(784, -1).T / 255, prepare(images, labels)[1]


def _columns_first(images, labels):
    """Each picture is laid out column by column; it has to be row by row."""
    return _flat(images.transpose(0, 2, 1)) / 255, prepare(images, labels)[1]


def _labels_as_they_are(images, labels):
    """y has the labels as they are; each has to become ten numbers, with a 1 in the place of its digit."""
    return prepare(images, labels)[0], labels


def _labels_in_a_column(images, labels):
    """y has the labels as they are; each has to become ten numbers, with a 1 in the place of its digit."""
    return prepare(images, labels)[0], labels[:, None]


def _from_one(images, labels):
    """The 1 is one place too far to the left: places are counted from 0, and the digit 0 has place 0."""
    return prepare(images, labels)[0], np.eye(10)[labels.astype(int) - 1]


def _too_far_right(images, labels):
    """The 1 is one place too far to the right: places are counted from 0, and the digit 0 has place 0."""
    return prepare(images, labels)[0], np.eye(10)[(labels + 1) % 10]


def _turned(images, labels):
    """Here a label is a column of y; each has to be a row."""
    return prepare(images, labels)[0], np.eye(10)[labels].T


def _digit_for_one(images, labels):
    """In the right place there is the digit itself; there has to be a 1, whichever digit it is."""
    return prepare(images, labels)[0], np.eye(10)[labels] * labels[:, None]


def _others(images, labels):
    """0 and 1 are exchanged: the 1 marks the right digit, and the nine others get 0."""
    return prepare(images, labels)[0], 1 - np.eye(10)[labels]


def _whole_rows(images, labels):
    """`y[labels] = 1` fills whole rows of y, those whose numbers are among the labels. Give two places: a row and a
    column for each picture.
    """
    y = np.zeros((len(labels), 10))
    y[labels] = 1
    return prepare(images, labels)[0], y


def _whole_columns(images, labels):
    """`y[:, labels] = 1` fills whole columns of y. Give two places: a row and a column for each picture."""
    y = np.zeros((len(labels), 10))
    y[:, labels] = 1
    return prepare(images, labels)[0], y


def _table(images, labels):
    """This is the table itself; pick a row of it for each label."""
    return prepare(images, labels)[0], np.eye(10)


EXERCISE = Exercise(
    file="ex01_prepare",
    text=__doc__ or "",
    start='''import numpy as np


def prepare(images, labels):
    """Pixels x (N, 784) from 0 to 1, and one-hot labels y (N, 10)."""
    x = ...
    y = ...
    return x, y
''',
    hint="""\
`images.reshape(N, 784)` makes a row of each picture, and `len(images)` is N.
For y: `np.eye(10)` is a square of ten rows, in which row k has its 1 in place k. Which row does each label need?
An array of whole numbers in square brackets picks rows: `table[[3, 0, 3]]` has the rows 3, 0 and 3.""",
    tasks=(
        Task(
            solution=prepare,
            cases=_cases,
            returns=("x", "y"),
            mistakes=(
                _not_scaled, _by_256, _whole_division, _twice, _inverted, _centred, _standardized, _two_axes,
                _a_column_each, _cut_across, _mixed, _columns_first, _labels_as_they_are, _labels_in_a_column,
                _from_one, _too_far_right, _turned, _digit_for_one, _others, _whole_rows, _whole_columns, _table,
            ),
        ),
    ),
)  # fmt: skip
