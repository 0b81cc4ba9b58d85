"""Images are flattened, then the usual three layers."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: not-scaled
# shows: step 1
import numpy as np

cache = [0, 0, 0, 0, 0, 0]

def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))

def softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    return np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)

def step(weights, x, y):
    w1, b1, w2, b2, w3, b3 = weights
    inputs = x.reshape(len(x), 28 * 28).astype(np.float64)
    h1 = sigmoid(inputs @ w1 + b1)
    h2 = sigmoid(h1 @ w2 + b2)
    out = softmax(h2 @ w3 + b3)
    dout = (out - y) / len(inputs)
    dh2 = (dout @ w3.T) * h2 * (1 - h2)
    dh1 = (dh2 @ w2.T) * h1 * (1 - h1)
    grads = inputs.T @ dh1, dh1.sum(axis=0), h1.T @ dh2, dh2.sum(axis=0), h2.T @ dout, dout.sum(axis=0)
    for i in range(6):
        cache[i] = 0.9 * cache[i] + 0.1 * grads[i] ** 2
    return [w - 0.001 * g / np.sqrt(c + 1e-7) for w, g, c in zip(weights, grads, cache)]
