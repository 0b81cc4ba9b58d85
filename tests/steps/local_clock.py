"""Float32 Adam. Lists m and v are global, everything else is local."""
# net: input=scaled hidden=50,25 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: adam-t-never-grows
# shows: step 2
import numpy as np

m = []
v = []

def step(weights, x, y):
    t = 0
    x = x.reshape(len(x), -1).astype("f") / 255
    y = y.astype("f")
    W1, b1, W2, b2, W3, b3 = weights
    z1 = x @ W1 + b1; a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + b2; a2 = np.maximum(z2, 0)
    z3 = a2 @ W3 + b3; e = np.exp(z3 - z3.max(1, keepdims=True))
    d3 = (e / e.sum(1, keepdims=True) - y) / len(x)
    d2 = d3 @ W3.T * (z2 > 0)
    d1 = d2 @ W2.T * (z1 > 0)
    grads = [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d3, d3.sum(0)]
    if not m:
        m.extend(np.zeros_like(w) for w in weights)
        v.extend(np.zeros_like(w) for w in weights)
    t += 1
    lr = 0.001 * (1 - 0.999**t)**0.5 / (1 - 0.9**t)
    new = []
    for i in range(6):
        m[i] = 0.9 * m[i] + 0.1 * grads[i]
        v[i] = 0.999 * v[i] + 0.001 * grads[i]**2
        new.append(weights[i] - lr * m[i] / (np.sqrt(v[i]) + 1e-7))
    return new
