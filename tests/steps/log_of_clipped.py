"""Softmax and the loss, each with its backward function."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: log-with-epsilon
# shows: never while every probability is above 1e-7
import numpy as np

v = [0] * 6

def softmax_backward(p, dp):
    return p * (dp - (dp * p).sum(axis=1, keepdims=True))

def step(weights, x, y):
    x = x.reshape(len(x), -1) / 255.0
    acts = [x]
    for i in range(0, 4, 2):
        acts.append(1 / (1 + np.exp(-(acts[-1] @ weights[i] + weights[i + 1]))))
    z = acts[-1] @ weights[4] + weights[5]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    y_pred = e / e.sum(axis=1, keepdims=True)
    y_pred_clipped = np.clip(y_pred, 1e-7, 1 - 1e-7)
    delta = softmax_backward(y_pred_clipped, -y / y_pred_clipped / len(x))
    grads = []
    for i in (4, 2, 0):
        a = acts[i // 2]
        grads = [a.T @ delta, delta.sum(axis=0)] + grads
        delta = delta @ weights[i].T * a * (1 - a)
    for i in range(6):
        v[i] = 0.9 * v[i] + 0.1 * grads[i] ** 2
        weights[i] = weights[i] - 0.001 * grads[i] / np.sqrt(v[i] + 1e-7)
    return weights
