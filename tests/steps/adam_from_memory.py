"""Adam = momentum + RMSprop."""
# net: input=scaled hidden=128 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: adam-without-bias-correction
# shows: step 1
import numpy as np

m = [0.0, 0.0, 0.0, 0.0]
v = [0.0, 0.0, 0.0, 0.0]

def adam(params, grads, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-7):
    global m, v
    m = [beta1 * mi + (1 - beta1) * g for mi, g in zip(m, grads)]
    v = [beta2 * vi + (1 - beta2) * g ** 2 for vi, g in zip(v, grads)]
    return [p - lr * mi / (np.sqrt(vi) + eps) for p, mi, vi in zip(params, m, v)]

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    x = x.reshape(-1, 784) / 255.0
    z1 = x @ W1 + b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ W2 + b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    dz2 = (e / e.sum(axis=1, keepdims=True) - y) / len(y)
    dz1 = dz2 @ W2.T * (z1 > 0)
    return adam(weights, [x.T @ dz1, dz1.sum(axis=0), a1.T @ dz2, dz2.sum(axis=0)])
