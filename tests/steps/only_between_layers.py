"""ReLU, ReLU, softmax. Backward pass written down from the drawing."""
# net: input=scaled hidden=100,50 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: relu-derivative-missing-in-first-layer
# shows: step 1
import numpy as np

s = None

def step(weights, x, y):
    global s
    W0, b0, W1, b1, W2, b2 = weights
    inp = x.reshape(len(x), -1) / 255
    h0 = inp @ W0 + b0
    r0 = np.where(h0 > 0, h0, 0)
    h1 = r0 @ W1 + b1
    r1 = np.where(h1 > 0, h1, 0)
    o = r1 @ W2 + b2
    e = np.exp(o - o.max(axis=1, keepdims=True))
    go = (e / e.sum(axis=1, keepdims=True) - y) / len(x)
    g1 = np.where(h1 > 0, go @ W2.T, 0)
    g0 = g1 @ W1.T
    grads = [inp.T @ g0, g0.sum(axis=0), r0.T @ g1, g1.sum(axis=0), r1.T @ go, go.sum(axis=0)]
    s = [0.1 * g * g if s is None else 0.9 * s[i] + 0.1 * g * g for i, g in enumerate(grads)]
    return [w - 0.001 * g / np.sqrt(a + 1e-7) for w, g, a in zip(weights, grads, s)]
