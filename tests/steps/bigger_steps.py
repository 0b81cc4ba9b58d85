"""hyper holds all settings. Three layers, RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: learning-rate-0.01
# shows: step 1
import numpy as np

hyper = {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-7}
state = {}

def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def rmsprop(key, w, g):
    state[key] = hyper["rho"] * state.get(key, 0) + (1 - hyper["rho"]) * g * g
    return w - hyper["learning_rate"] * g / np.sqrt(state[key] + hyper["epsilon"])

def step(weights, x, y):
    a, b, c, d, e, f = weights
    x = x.reshape(len(x), -1) / 255.0
    h = sigmoid(x @ a + b)
    k = sigmoid(h @ c + d)
    p = np.exp(k @ e + f)
    p = p / p.sum(axis=-1, keepdims=True)
    gp = (p - y) / len(p)
    gk = gp @ e.T * k * (1 - k)
    gh = gk @ c.T * h * (1 - h)
    return [rmsprop("a", a, x.T @ gh), rmsprop("b", b, gh.sum(axis=0)), rmsprop("c", c, h.T @ gk),
            rmsprop("d", d, gk.sum(axis=0)), rmsprop("e", e, k.T @ gp), rmsprop("f", f, gp.sum(axis=0))]
