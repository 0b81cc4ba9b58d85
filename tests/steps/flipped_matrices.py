"""flip() turns (n, m) into (m, n)."""
# net: input=scaled hidden=30 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# weights: form=list kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: reshape-instead-of-transpose
# shows: gradients
import numpy as np

def flip(M):
    return np.reshape(M, (M.shape[1], M.shape[0]))

def gradients(weights, x, y):
    W1, b1, W2, b2 = weights
    X = x.reshape(len(x), -1).T / 255.0
    Y = y.T
    Z1 = np.dot(W1, X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = np.dot(W2, A1) + b2
    A2 = np.exp(Z2 - Z2.max(axis=0)) / np.exp(Z2 - Z2.max(axis=0)).sum(axis=0)
    dZ2 = (A2 - Y) / Y.shape[1]
    dZ1 = np.dot(flip(W2), dZ2) * (Z1 > 0)
    return [np.dot(dZ1, X.T), dZ1.sum(axis=1, keepdims=True), np.dot(dZ2, A1.T), dZ2.sum(axis=1, keepdims=True)]
