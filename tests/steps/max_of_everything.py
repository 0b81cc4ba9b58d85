"""Shift by np.max(z) so exp cannot overflow. Rest is the usual."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

sq = None
act = lambda z: 1 / (1 + np.exp(-z))

def step(weights, x, y):
    global sq
    (w, v, u), (a, b, c) = weights[::2], weights[1::2]
    n, x = len(x), x.reshape(len(x), -1) / 255
    h = act(x @ w + a); g = act(h @ v + b); z = g @ u + c
    e = np.exp(z - np.max(z)); p = e / np.sum(e, axis=1, keepdims=True)
    dz = (p - y) / n; dg = dz @ u.T * g * (1 - g); dh = dg @ v.T * h * (1 - h)
    grads = [x.T @ dh, sum(dh), h.T @ dg, sum(dg), g.T @ dz, sum(dz)]
    sq = [.9 * (s if sq else 0) + .1 * d * d for s, d in zip(sq or grads, grads)]
    return tuple(t - .001 * d / np.sqrt(s + 1e-7) for t, d, s in zip(weights, grads, sq))
