"""Nesterov momentum in the form with v_prev from the course notes."""
# net: input=scaled hidden=60 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.05 momentum=0.8 nesterov=true
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

mu, alpha = 0.8, 0.05
vel = {}

def step(weights, x, y):
    w1, c1, w2, c2 = weights
    inp = x.reshape(len(x), -1).astype(np.float64) / 255
    hid = 1 / (1 + np.exp(-(inp @ w1 + c1)))
    s = hid @ w2 + c2
    ex = np.exp(s - s.max(axis=1, keepdims=True))
    ds = (ex / ex.sum(axis=1, keepdims=True) - y) / len(x)
    dhid = ds @ w2.T * hid * (1 - hid)
    gradient = (inp.T @ dhid, dhid.sum(axis=0), hid.T @ ds, ds.sum(axis=0))
    result = []
    for name, w, g in zip(("w1", "c1", "w2", "c2"), weights, gradient):
        v_prev = vel.get(name, np.zeros_like(w))
        v = mu * v_prev - alpha * g
        vel[name] = v
        result.append(w - mu * v_prev + (1 + mu) * v)
    return result
