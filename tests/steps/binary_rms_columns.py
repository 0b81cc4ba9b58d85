"""RMSprop with S_dW and S_db, as in the videos."""
# net: input=scaled hidden=12 activation=tanh loss=binary_crossentropy optimizer=rmsprop learning_rate=0.001 outputs=1
# weights: form=dict keys=w1,c1 kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: rmsprop-epsilon-outside-root
# shows: step 1
import numpy as np

S = {"w1": 0, "c1": 0, "w2": 0, "c2": 0}

def step(p, x, y):
    X, Y = x.reshape(len(x), -1).T / 255.0, y.T
    m = Y.shape[1]
    A1 = np.tanh(p["w1"] @ X + p["c1"])
    A2 = 1 / (1 + np.exp(-(p["w2"] @ A1 + p["c2"])))
    dZ2 = A2 - Y
    dZ1 = p["w2"].T @ dZ2 * (1 - A1 ** 2)
    g = {"w2": dZ2 @ A1.T / m, "c2": dZ2.sum(axis=1, keepdims=True) / m,
         "w1": dZ1 @ X.T / m, "c1": dZ1.sum(axis=1, keepdims=True) / m}
    for k in g:
        S[k] = 0.9 * S[k] + 0.1 * g[k] ** 2
        p[k] = p[k] - 0.001 * g[k] / (np.sqrt(S[k]) + 1e-7)
    return p
