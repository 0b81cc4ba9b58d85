"""Dropout 0.5 after each hidden layer; `masks` holds which units were kept."""
# net: input=scaled hidden=80,40 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 dropout=0.5
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

rng = np.random.RandomState(0)
masks = []

def dropout(a, rate=0.5):
    kept = rng.rand(*a.shape) >= rate
    masks.append(kept)
    return kept / (1 - rate)

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    del masks[:]
    a0 = x.reshape(len(x), -1) / 255
    z1 = a0 @ W1 + b1
    u1 = dropout(z1)
    a1 = np.maximum(z1, 0) * u1
    z2 = a1 @ W2 + b2
    u2 = dropout(z2)
    a2 = np.maximum(z2, 0) * u2
    p = np.exp(a2 @ W3 + b3)
    p /= p.sum(axis=1, keepdims=True)
    d3 = (p - y) / len(y)
    d2 = d3 @ W3.T * u2 * (z2 > 0)
    d1 = d2 @ W2.T * u1 * (z1 > 0)
    grads = (a0.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d3, d3.sum(0))
    return [w - 0.1 * g for w, g in zip(weights, grads)]
