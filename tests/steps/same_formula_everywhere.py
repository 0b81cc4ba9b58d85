"""Backpropagation with one formula, top to bottom."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: softmax-times-sigmoid-derivative
# shows: step 1
import numpy as np

msq = [0] * 6

def step(weights, x, y):
    a = [x.reshape(len(x), -1) / 255.0]
    for k in range(0, 6, 2):
        z = a[-1] @ weights[k] + weights[k + 1]
        if k == 4:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            a.append(e / e.sum(axis=1, keepdims=True))
        else:
            a.append(1 / (1 + np.exp(-z)))
    error = (a[3] - y) / len(x)
    new = list(weights)
    for k in (4, 2, 0):
        delta = error * a[k // 2 + 1] * (1 - a[k // 2 + 1])
        error = delta @ weights[k].T
        for i, g in ((k, a[k // 2].T @ delta), (k + 1, delta.sum(axis=0))):
            msq[i] = 0.9 * msq[i] + 0.1 * g ** 2
            new[i] = weights[i] - 0.001 * g / np.sqrt(msq[i] + 1e-7)
    return new
