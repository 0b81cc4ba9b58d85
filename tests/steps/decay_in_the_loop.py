"""A regularized net, lambda = 0.01."""
# net: input=scaled hidden=50 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.5 l2=0.01
# dtype: float64
# verdict: wrong
# mistake: l2-on-biases-too
# shows: step 2
import numpy as np

LAM = 0.01

def loss_gradients(weights, x, y):
    A, a, B, b = weights
    h = 1 / (1 + np.exp(-(x @ A + a)))
    s = np.exp(h @ B + b)
    ds = (s / s.sum(axis=1, keepdims=True) - y) / len(x)
    dh = ds @ B.T * h * (1 - h)
    return [x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0)]

def step(weights, x, y):
    grads = loss_gradients(weights, x.reshape(len(x), -1) / 255.0, y)
    for p, g in zip(weights, grads):
        g += 2 * LAM * p
    return [p - 0.5 * g for p, g in zip(weights, grads)]
