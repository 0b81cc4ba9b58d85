"""8-bit samples to the range 0..1."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: scaled-by-256
# shows: step 1
import numpy as np

BITS = 8
FULL_SCALE = 2 ** BITS
LR, RHO, EPS = 1e-3, 0.9, 1e-7
power = None

def step(weights, x, y):
    global power
    u = x.reshape(x.shape[0], 784) / FULL_SCALE
    s1 = 1 / (1 + np.exp(-(u @ weights[0] + weights[1])))
    s2 = 1 / (1 + np.exp(-(s1 @ weights[2] + weights[3])))
    s3 = np.exp(s2 @ weights[4] + weights[5])
    s3 /= s3.sum(axis=1, keepdims=True)
    e3 = (s3 - y) / x.shape[0]
    e2 = e3 @ weights[4].T * s2 * (1 - s2)
    e1 = e2 @ weights[2].T * s1 * (1 - s1)
    g = [u.T @ e1, e1.sum(0), s1.T @ e2, e2.sum(0), s2.T @ e3, e3.sum(0)]
    if power is None:
        power = [np.zeros_like(k) for k in g]
    power = [RHO * p + (1 - RHO) * k * k for p, k in zip(power, g)]
    return [w - LR * k / np.sqrt(p + EPS) for w, k, p in zip(weights, g, power)]
