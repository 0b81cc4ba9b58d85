"""The shuffle of Fisher and Yates, by which TensorFlow and PyTorch make an order of random words."""

import numpy as np

from tinydnn.device.backend import Array


def fisher_yates(words: Array, n: int) -> Array:
    """0 .. n-1 in random order, (n,), int64: for i = 0 .. n-2, swap p[i] with p[i + word i mod (n - i)]."""
    position = np.arange(len(words))
    partners = (position + words.astype(np.int64) % (n - position)).tolist()
    order = list(range(n))  # a list: swapping single elements of an array is ten times slower
    for i, j in enumerate(partners):
        order[i], order[j] = order[j], order[i]
    return np.array(order, dtype=np.int64)
