"""No shortcuts: every factor of the chain rule is a Jacobian of its own."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

v = [np.zeros(1)] * 6

def sigma(z):
    return np.exp(-np.logaddexp(0, -z))

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    N = x.shape[0]
    a0 = x.reshape(N, 784) / 255.0
    a1 = sigma(a0 @ W1 + b1)
    a2 = sigma(a1 @ W2 + b2)
    z3 = a2 @ W3 + b3
    p = np.exp(z3 - z3.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)

    dL_dp = -y / p / N
    dp_dz = np.einsum("ni,ij->nij", p, np.eye(10)) - np.einsum("ni,nj->nij", p, p)
    dL_dz3 = np.einsum("ni,nij->nj", dL_dp, dp_dz)
    dL_dz2 = (dL_dz3 @ W3.T) * a2 * (1 - a2)
    dL_dz1 = (dL_dz2 @ W2.T) * a1 * (1 - a1)
    new = []
    for i, (w, g) in enumerate(zip(weights, (
        a0.T @ dL_dz1, np.ones(N) @ dL_dz1,
        a1.T @ dL_dz2, np.ones(N) @ dL_dz2,
        a2.T @ dL_dz3, np.ones(N) @ dL_dz3,
    ))):
        v[i] = 0.9 * v[i] + (1 - 0.9) * g**2
        new.append(w - 0.001 * g / np.sqrt(v[i] + 1e-7))
    return new
