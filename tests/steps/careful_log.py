"""A loss that never becomes infinite, and its exact derivative. Pixels as they come."""
# net: input=raw hidden=64 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.0001
# dtype: float64
# verdict: wrong
# mistake: log-with-epsilon
# shows: step 1
import numpy as np

EPS = 1e-8

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    x = x.reshape(len(x), -1).astype(np.float64)
    z1 = x @ W1 + b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    dp = -y / (p + EPS) / len(x)
    dz2 = p * (dp - np.sum(dp * p, axis=1, keepdims=True))
    dz1 = (dz2 @ W2.T) * (z1 > 0)
    lr = 1e-4
    return [W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2 - lr * a1.T @ dz2, b2 - lr * dz2.sum(axis=0)]
