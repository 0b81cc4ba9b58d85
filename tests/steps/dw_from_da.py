"""Backward loop for layers 3 and 2, then the first layer."""
# net: input=scaled hidden=60,30 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# weights: form=two-lists kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: relu-derivative-missing-in-first-layer
# shows: gradients
import numpy as np

def gradients(weights, x, y):
    W, b = weights
    m = len(x)
    A = [x.reshape(m, -1).T / 255]
    for i in range(2):
        A.append(np.maximum(0, W[i] @ A[i] + b[i]))
    Z = W[2] @ A[2] + b[2]
    P = np.exp(Z - Z.max(axis=0, keepdims=True))
    P = P / P.sum(axis=0, keepdims=True)
    delta = {3: P - y.T}
    delta[2] = (W[2].T @ delta[3]) * (A[2] > 0)
    delta[1] = W[1].T @ delta[2]
    return ([delta[i + 1] @ A[i].T / m for i in range(3)],
            [delta[i + 1].sum(axis=1, keepdims=True) / m for i in range(3)])
