"""Backward: from the last layer to the first."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: gradient-through-updated-weights
# shows: step 1
import numpy as np

sigm = lambda t: 1 / (1 + np.exp(-t))
hist = {}

def rms(key, param, grad):
    hist[key] = 0.9 * hist.get(key, 0.0) + 0.1 * grad ** 2
    param -= 0.001 * grad / np.sqrt(hist[key] + 1e-7)

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    x = x.reshape(-1, 784) / 255.0
    h1 = sigm(x @ W1 + b1)
    h2 = sigm(h1 @ W2 + b2)
    t = np.exp(h2 @ W3 + b3)
    delta = (t / t.sum(axis=1, keepdims=True) - y) / len(y)
    rms("W3", W3, h2.T @ delta)
    rms("b3", b3, delta.sum(axis=0))
    delta = (delta @ W3.T) * h2 * (1 - h2)
    rms("W2", W2, h1.T @ delta)
    rms("b2", b2, delta.sum(axis=0))
    delta = (delta @ W2.T) * h1 * (1 - h1)
    rms("W1", W1, x.T @ delta)
    rms("b1", b1, delta.sum(axis=0))
