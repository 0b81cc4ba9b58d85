"""tanh as a pair, the function and its derivative."""
# net: input=scaled hidden=60 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.05 momentum=0.9
# dtype: float64
# verdict: wrong
# mistake: tanh-derivative-from-z
# shows: step 1
import numpy as np

tanh = (np.tanh, lambda t: 1 - t ** 2)
V = [0, 0, 0, 0]

def step(weights, x, y):
    (fn, dfn), (W1, b1, W2, b2) = tanh, weights
    x = x.reshape(len(x), -1) / 255.0
    z1 = x @ W1 + b1
    z2 = fn(z1) @ W2 + b2
    p = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    g2 = (p - y) / len(x)
    g1 = g2 @ W2.T * dfn(z1)
    for i, g in enumerate([x.T @ g1, g1.sum(axis=0), fn(z1).T @ g2, g2.sum(axis=0)]):
        V[i] = 0.9 * V[i] - 0.05 * g
    return [w + v for w, v in zip(weights, V)]
