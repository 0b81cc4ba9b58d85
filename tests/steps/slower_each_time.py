"""Softmax net with 25 hidden units."""
# net: input=scaled hidden=25 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.5
# dtype: float64
# verdict: wrong
# mistake: learning-rate-decayed
# shows: step 2
import numpy as np

alpha = 0.5

def step(weights, x, y):
    global alpha
    T1, t1, T2, t2 = weights
    X = x.reshape(len(x), -1) / 255
    m = len(X)
    H = 1 / (1 + np.exp(-(X @ T1 + t1)))
    S = np.exp(H @ T2 + t2)
    D2 = S / S.sum(axis=1, keepdims=True) - y
    D1 = D2 @ T2.T * H * (1 - H)
    T1 = T1 - alpha / m * X.T @ D1
    t1 = t1 - alpha / m * D1.sum(axis=0)
    T2 = T2 - alpha / m * H.T @ D2
    t2 = t2 - alpha / m * D2.sum(axis=0)
    alpha *= 0.99
    return [T1, t1, T2, t2]
