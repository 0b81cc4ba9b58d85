"""Compact: one loop forward, one loop backward, ReLU."""
# net: input=scaled hidden=80,40 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.2
# weights: form=two-lists kernel=out,in bias=n,1
# dtype: float32
# verdict: wrong
# mistake: gradient-through-updated-weights
# shows: step 1
import numpy as np

def step(net, x, y):
    W, b = net
    n = np.float32(len(x))
    A = [x.reshape(len(x), -1).T.astype(np.float32) / 255]
    for i in range(3):
        Z = W[i] @ A[i] + b[i]
        A.append(np.maximum(Z, 0) if i < 2 else np.exp(Z) / np.exp(Z).sum(axis=0))
    E = (A[3] - y.T.astype(np.float32)) / n
    for i in range(2, -1, -1):
        W[i] -= np.float32(0.2) * (E @ A[i].T)
        b[i] -= np.float32(0.2) * E.sum(axis=1, keepdims=True)
        E = (W[i].T @ E) * (A[i] > 0)
    return W, b
