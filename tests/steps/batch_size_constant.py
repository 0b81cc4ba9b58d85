"""BATCH_SIZE = 128 and three layers."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001 batch_size=128
# dtype: float64
# verdict: wrong
# mistake: divided-by-full-batch-size
# shows: last batch
import numpy as np

BATCH_SIZE = 128
mean_sq = {}

def sig(z):
    return 1 / (1 + np.exp(-z))

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    x = x.reshape(-1, 784) / 255.
    A1 = sig(x @ W1 + b1)
    A2 = sig(A1 @ W2 + b2)
    A3 = np.exp(A2 @ W3 + b3)
    A3 /= A3.sum(axis=1, keepdims=True)
    D3 = (A3 - y) / BATCH_SIZE
    D2 = D3 @ W3.T * A2 * (1 - A2)
    D1 = D2 @ W2.T * A1 * (1 - A1)
    new = []
    for i, (w, g) in enumerate(zip(weights, [x.T @ D1, D1.sum(0), A1.T @ D2, D2.sum(0), A2.T @ D3, D3.sum(0)])):
        mean_sq[i] = 0.9 * mean_sq.get(i, 0) + 0.1 * g * g
        new.append(w - 0.001 * g / np.sqrt(mean_sq[i] + 1e-7))
    return new
