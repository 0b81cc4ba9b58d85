"""Three weight matrices, three bias vectors, RMSprop."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: biases-not-updated
# shows: step 1
import numpy as np

G = [0, 0, 0]

def step(weights, x, y):
    W, b = list(weights[::2]), list(weights[1::2])
    a = [x.reshape(x.shape[0], -1) / 255]
    for i in range(3):
        z = a[i] @ W[i] + b[i]
        a.append(1 / (1 + np.exp(-z)) if i != 2 else np.exp(z) / np.exp(z).sum(axis=1, keepdims=True))
    d = (a[3] - y) / len(y)
    dW = [None] * 3
    for i in reversed(range(3)):
        dW[i] = a[i].T @ d
        d = d @ W[i].T * a[i] * (1 - a[i])
    for i in range(3):
        G[i] = 0.9 * G[i] + 0.1 * dW[i] ** 2
        W[i] = W[i] - 0.001 * dW[i] / np.sqrt(G[i] + 1e-7)
    return [W[0], b[0], W[1], b[1], W[2], b[2]]
