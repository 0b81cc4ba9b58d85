"""Three layers and cross entropy; the output delta is a - y."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sigmoid-outputs
# shows: step 1
import numpy as np

sq = [0] * 6

def step(weights, x, y):
    a = [x.reshape(len(x), -1) / 255]
    for k in range(0, 6, 2):
        a.append(1 / (1 + np.exp(-(a[-1] @ weights[k] + weights[k + 1]))))
    delta = (a[-1] - y) / len(y)
    grads = [None] * 6
    for k in (4, 2, 0):
        grads[k] = a[k // 2].T @ delta
        grads[k + 1] = delta.sum(axis=0)
        delta = delta @ weights[k].T * a[k // 2] * (1 - a[k // 2])
    for k in range(6):
        sq[k] = 0.9 * sq[k] + 0.1 * grads[k] ** 2
        weights[k] = weights[k] - 0.001 * grads[k] / np.sqrt(sq[k] + 1e-7)
    return weights
