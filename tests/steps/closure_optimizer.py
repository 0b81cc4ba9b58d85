"""Functional style. `descend` closes over its running averages; backprop is one recursive function."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
from functools import partial
import numpy as np

def rmsprop(eta=np.float32(1e-3), rho=np.float32(.9), eps=np.float32(1e-7)):
    ms = {}
    def descend(i, w, g):
        ms[i] = rho * ms.get(i, np.zeros_like(w)) + (1 - rho) * np.square(g)
        return w - eta * g / np.sqrt(ms[i] + eps)
    return descend

descend = rmsprop()
logistic = lambda z: np.reciprocal(1 + np.exp(-z))

def softmax(z):
    z = np.exp(z - z.max(axis=1)[:, np.newaxis])
    return z / z.sum(axis=1)[:, np.newaxis]

def backprop(target, a, layers):
    """Returns (delta with respect to a, list of gradients)"""
    (W, b), *rest = layers
    z = a @ W + b
    if not rest:
        delta, later = (softmax(z) - target) / np.float32(len(target)), []
    else:
        s = logistic(z)
        delta, later = backprop(target, s, rest)
        delta = delta * s * (1 - s)
    return delta @ W.T, [a.T @ delta, delta.sum(axis=0)] + later

def step(weights, x, y):
    pixels = x.reshape(-1, 28 * 28).astype("float32") / 255
    layers = list(zip(weights[::2], weights[1::2]))
    _, grads = partial(backprop, y.astype("float32"))(pixels, layers)
    return [descend(i, w, g) for i, (w, g) in enumerate(zip(weights, grads))]
