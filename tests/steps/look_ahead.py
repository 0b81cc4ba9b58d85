"""NAG, from a review of optimizers."""
# net: input=scaled hidden=64 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 momentum=0.9 nesterov=true
# dtype: float64
# verdict: wrong
# mistake: nesterov-gradient-at-look-ahead
# shows: step 1
import numpy as np

mu, eta = 0.9, 0.1
v = None

def grad(W1, b1, W2, b2, x, y):
    h = 1 / (1 + np.exp(-(x @ W1 + b1)))
    e = np.exp(h @ W2 + b2)
    d = (e / e.sum(axis=1, keepdims=True) - y) / len(y)
    dh = d @ W2.T * h * (1 - h)
    return x.T @ dh, dh.sum(axis=0), h.T @ d, d.sum(axis=0)

def step(weights, x, y):
    global v
    if v is None:
        v = [np.zeros_like(w) for w in weights]
    ahead = [w + mu * vi for w, vi in zip(weights, v)]
    g = grad(*ahead, x.reshape(len(x), -1) / 255, y)
    v = [mu * vi - eta * gi for vi, gi in zip(v, g)]
    return [w + vi for w, vi in zip(weights, v)]
