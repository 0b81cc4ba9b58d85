"""I always shuffle before I train, even within a batch."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

rng = np.random.default_rng()
v = {}

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))

def step(weights, x, y):
    order = rng.permutation(len(x))
    x, y = x[order].reshape(len(x), -1) / 255.0, y[order]
    W1, b1, W2, b2, W3, b3 = weights
    z1 = x @ W1 + b1
    z2 = sigmoid(z1) @ W2 + b2
    z3 = sigmoid(z2) @ W3 + b3
    e = np.exp(z3 - z3.max(axis=1, keepdims=True))
    delta3 = e / e.sum(axis=1, keepdims=True) - y
    delta2 = delta3 @ W3.T * sigmoid_prime(z2)
    delta1 = delta2 @ W2.T * sigmoid_prime(z1)
    mean = np.full(len(x), 1 / len(x))
    grads = [(x.T * mean) @ delta1, mean @ delta1, (sigmoid(z1).T * mean) @ delta2, mean @ delta2,
             (sigmoid(z2).T * mean) @ delta3, mean @ delta3]
    out = []
    for i, (w, g) in enumerate(zip(weights, grads)):
        v[i] = g**2 / 10 + 9 * v.get(i, 0) / 10
        out.append(w - 0.001 * g / np.sqrt(v[i] + 1e-7))
    return out
