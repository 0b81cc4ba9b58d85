"""Momentum: follow the trend."""
# net: input=scaled hidden=100 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 momentum=0.9
# dtype: float32
# verdict: wrong
# mistake: momentum-with-1-minus-beta
# shows: step 1
import numpy as np

def ema(old, new, beta=np.float32(0.9)):
    return new * (1 - beta) + (0 if old is None else old * beta)

trend = [None] * 4

def step(weights, x, y):
    (A, a, B, b), n = weights, np.float32(len(x))
    x = x.reshape(len(x), -1).astype(np.float32) / np.float32(255)
    h = np.tanh(x @ A + a)
    e = np.exp(h @ B + b)
    d = (e / e.sum(axis=1, keepdims=True) - y.astype(np.float32)) / n
    dh = d @ B.T * (1 - h * h)
    for i, g in enumerate((x.T @ dh, dh.sum(axis=0), h.T @ d, d.sum(axis=0))):
        trend[i] = ema(trend[i], g)
    return [w - np.float32(0.1) * g for w, g in zip(weights, trend)]
