"""Gradient accumulation: my laptop is small, so eight images at a time, then one Adagrad update."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=adagrad learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

acc = []

def accumulate(total, weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    h1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
    h2 = 1 / (1 + np.exp(-(h1 @ W2 + b2)))
    z = h2 @ W3 + b3
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    d3 = p - y
    d2 = d3 @ W3.T * (h2 - h2**2)
    d1 = d2 @ W2.T * (h1 - h1**2)
    for t, a, d in zip((0, 2, 4), (x, h1, h2), (d1, d2, d3)):
        total[t] += a.T @ d
        total[t + 1] += d.sum(axis=0)

def step(weights, x, y):
    total = [np.zeros_like(w) for w in weights]
    pixels = x.reshape(len(x), -1) / 255.
    for i in range(0, len(x), 8):
        accumulate(total, weights, pixels[i:i + 8], y[i:i + 8])
    if not acc:
        acc.extend(np.full(w.shape, 0.1) for w in weights)
    new = []
    for a, w, g in zip(acc, weights, total):
        g = g / len(x)
        a += g**2
        new.append(w - 0.001 / np.sqrt(a + 1e-7) * g)
    return new
