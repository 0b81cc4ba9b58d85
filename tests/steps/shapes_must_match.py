"""I write the shape behind every line, then errors are easy to find."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: reshape-instead-of-transpose
# shows: step 1
import numpy as np

cache = {}

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    B = x.shape[0]
    a0 = x.reshape(B, 784) / 255.0                                # (B, 784)
    a1 = 1 / (1 + np.exp(-(a0 @ W1 + b1)))                        # (B, 324)
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))                        # (B, 36)
    z3 = a2 @ W3 + b3                                             # (B, 10)
    e3 = np.exp(z3 - z3.max(axis=1, keepdims=True))               # (B, 10)
    d3 = (e3 / e3.sum(axis=1, keepdims=True) - y) / B             # (B, 10)
    d2 = (d3 @ W3.reshape(10, 36)) * a2 * (1 - a2)                # (B, 36)
    d1 = (d2 @ W2.reshape(36, 324)) * a1 * (1 - a1)               # (B, 324)
    grads = [a0.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d3, d3.sum(0)]
    result = []
    for i, (w, g) in enumerate(zip(weights, grads)):
        cache[i] = 0.9 * cache.get(i, 0) + 0.1 * g ** 2
        result.append(w - 0.001 * g / np.sqrt(cache[i] + 1e-7))
    return result
