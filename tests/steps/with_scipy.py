"""SciPy already has expit and softmax, so why write them again?"""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np
from scipy.special import expit, softmax

cache = {}

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    x = np.asarray(x, dtype=np.float32).reshape(len(x), -1) / 255.0
    y = np.asarray(y, dtype=np.float32)
    h1 = expit(x @ W1 + b1)
    h2 = expit(h1 @ W2 + b2)
    prob = softmax(h2 @ W3 + b3, axis=1)
    err3 = (prob - y) / np.float32(len(x))
    err2 = err3 @ W3.T * h2 * (1 - h2)
    err1 = err2 @ W2.T * h1 * (1 - h1)
    updated = []
    for name, w, left, err in (("W1", W1, x, err1), ("b1", b1, None, err1), ("W2", W2, h1, err2),
                               ("b2", b2, None, err2), ("W3", W3, h2, err3), ("b3", b3, None, err3)):
        g = err.sum(axis=0) if left is None else left.T @ err
        cache[name] = 0.9 * cache.get(name, np.zeros_like(w)) + 0.1 * g**2
        updated.append(w - 0.001 * g / np.sqrt(cache[name] + 1e-7))
    return updated
