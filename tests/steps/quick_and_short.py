"""As short as I could."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: not-scaled + learning-rate-0.01
# shows: step 1
import numpy as np
q = {}

def step(w, x, y):
    x = x.reshape(len(x), -1).astype(float)
    h = np.maximum(x @ w[0] + w[1], 0)
    z = h @ w[2] + w[3]
    e = np.exp(z - z.max(1, keepdims=True))
    d = (e / e.sum(1, keepdims=True) - y) / len(x)
    b = d @ w[2].T * (h > 0)
    for i, g in enumerate([x.T @ b, b.sum(0), h.T @ d, d.sum(0)]):
        q[i] = .9 * q.get(i, 0) + .1 * g * g
        w[i] = w[i] - .01 * g / np.sqrt(q[i] + 1e-7)
    return w
