"""Preprocess, then the usual three layers with RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: standardised-by-batch
# shows: step 1
import numpy as np

def preprocess(images):
    flat = images.reshape(images.shape[0], -1).astype(np.float64)
    return (flat - flat.mean()) / flat.std()

def act(z):
    return 1 / (1 + np.exp(-z))

r = [0.0] * 6

def step(weights, x, y):
    x = preprocess(x)
    w1, b1, w2, b2, w3, b3 = weights
    u = act(x @ w1 + b1)
    v = act(u @ w2 + b2)
    q = np.exp(v @ w3 + b3)
    q = q / q.sum(1, keepdims=True)
    dq = (q - y) / len(y)
    dv = dq @ w3.T * v * (1 - v)
    du = dv @ w2.T * u * (1 - u)
    g = [x.T @ du, du.sum(0), u.T @ dv, dv.sum(0), v.T @ dq, dq.sum(0)]
    for i in range(6):
        r[i] = 0.9 * r[i] + 0.1 * g[i] ** 2
    return [w - 0.001 * d / np.sqrt(s + 1e-7) for w, d, s in zip(weights, g, r)]
