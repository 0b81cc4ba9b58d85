"""The real batch that the learner's functions get: 100 digits of MNIST, on their way through a net that has learnt."""

import functools
from dataclasses import dataclass

import numpy as np

from tinydnn import datasets
from tinydnn.course import reference
from tinydnn.course.arguments import copied
from tinydnn.device.backend import Array

SEED = 42
NAMES = "W1", "b1", "W2", "b2", "W3", "b3"
_LEARNT_FROM, _BATCH = 3000, 100
FEWER = 60  # the last ones of the batch: a second call shows who has written 100 for N


@dataclass(frozen=True)
class Batch:
    """All tensors of a step of the walkthrough's net, in float64, by the names of the formulas."""

    images: Array
    labels: Array
    x: Array
    y: Array
    weights: list[Array]
    velocities: list[Array]
    a1: Array
    a2: Array
    z3: Array
    p: Array
    dz3: Array
    dz2: Array
    gradients: list[Array]


def prepare(images, labels):
    """Pixels x (N, 784) from 0 to 1, and one-hot labels y (N, 10)."""
    x = images.reshape(len(images), 784).astype("float32") / 255
    y = np.eye(10, dtype="float32")[labels]  # row 3 of the unit matrix is 0 0 0 1 0 0 0 0 0 0
    return x, y


@functools.cache
def batch() -> Batch:
    """The first 100 test digits; the net has learnt from 3,000 training digits, so that no bias is 0."""
    (x, y), (images, labels) = datasets.mnist.load_data()
    weights = reference.initial_weights(SEED, "float32")
    velocities = [np.zeros_like(w) for w in weights]
    x, y = prepare(x[:_LEARNT_FROM], y[:_LEARNT_FROM])
    reference.epoch(x, y, np.arange(_LEARNT_FROM), weights, velocities, _BATCH)
    images, labels = images[:_BATCH], labels[:_BATCH]
    x, y, weights, velocities = copied((*prepare(images, labels), weights, velocities), "float64")
    a1, a2, z3 = reference.forward(x, weights)
    p, _ = reference.softmax_crossentropy(z3, y)
    gradients = list(reference.backward(x, y, a1, a2, p, weights))
    dz3 = (p - y) / len(x)
    dz2 = reference.dense_backward(a2, weights[4], dz3)[-1] * a2 * (1 - a2)
    return Batch(images, labels, x, y, weights, velocities, a1, a2, z3, p, dz3, dz2, gradients)
