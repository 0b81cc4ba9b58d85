"""MNIST from scratch, second attempt. Only numpy.
I copied the optimizer formula from the Keras docs and the rest from my lecture notes."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

lr, rho, eps = 0.001, 0.9, 1e-7
cache = None

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)

def step(weights, x, y):
    global cache
    W1, b1, W2, b2, W3, b3 = weights
    n = x.shape[0]
    x = x.reshape(n, 784) / 255.

    a1 = sigmoid(x @ W1 + b1)
    a2 = sigmoid(a1 @ W2 + b2)
    p = softmax(a2 @ W3 + b3)

    d3 = (p - y) / n
    d2 = d3 @ W3.T * a2 * (1 - a2)
    d1 = d2 @ W2.T * a1 * (1 - a1)
    grads = [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d3, d3.sum(0)]

    if cache is None:
        cache = [np.zeros_like(g) for g in grads]
    new = []
    for i, (w, g) in enumerate(zip(weights, grads)):
        cache[i] = rho * cache[i] + (1 - rho) * g ** 2
        new.append(w - lr * g / np.sqrt(cache[i] + eps))
    return new
