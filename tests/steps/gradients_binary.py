"""Gradients of the log loss, first for each example alone, then averaged."""
# net: input=scaled hidden=16,8 activation=tanh loss=binary_crossentropy optimizer=rmsprop learning_rate=0.001 outputs=1
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def one_example(weights, x, t):
    W, b, U, c, r, d = weights
    h = np.tanh(x @ W + b)
    k = np.tanh(h @ U + c)
    p = 1 / (1 + np.exp(-(k @ r + d)))
    e = p - t
    dk = (r @ e) * (1 - k**2)
    dh = (U @ dk) * (1 - h**2)
    return np.outer(x, dh), dh, np.outer(h, dk), dk, np.outer(k, e), e

def gradients(weights, x, y):
    every = [one_example(weights, xi.ravel() / 255, yi) for xi, yi in zip(x, y)]
    return [np.mean(each, axis=0) for each in zip(*every)]
