"""Adagrad: GW and Gb collect what has been, starting from 0.1."""
# net: input=scaled hidden=50 activation=sigmoid loss=categorical_crossentropy optimizer=adagrad learning_rate=0.01
# dtype: float64
# verdict: wrong
# mistake: bias-accumulator-without-square
# shows: step 1
import numpy as np

acc = {}

def step(weights, x, y):
    if not acc:
        for name, w in zip(["GW1", "Gb1", "GW2", "Gb2"], weights):
            acc[name] = np.ones(w.shape) * 0.1
    W1, b1, W2, b2 = weights
    x = x.reshape(len(x), -1) / 255
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    e = np.exp(h @ W2 + b2)
    d2 = (e / e.sum(axis=1, keepdims=True) - y) / x.shape[0]
    d1 = d2 @ W2.T * h * (1 - h)
    dW1, db1, dW2, db2 = x.T @ d1, d1.sum(axis=0), h.T @ d2, d2.sum(axis=0)
    acc["GW1"] += dW1 ** 2
    acc["Gb1"] += db1
    acc["GW2"] += dW2 ** 2
    acc["Gb2"] += db2
    W1 = W1 - 0.01 * dW1 / np.sqrt(acc["GW1"] + 1e-7)
    b1 = b1 - 0.01 * db1 / np.sqrt(acc["Gb1"] + 1e-7)
    W2 = W2 - 0.01 * dW2 / np.sqrt(acc["GW2"] + 1e-7)
    b2 = b2 - 0.01 * db2 / np.sqrt(acc["Gb2"] + 1e-7)
    return [W1, b1, W2, b2]
