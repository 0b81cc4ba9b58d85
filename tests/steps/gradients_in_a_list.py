"""Backprop only; I leave the optimizer to others. With weight decay 0.01 on the kernels."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001 l2=0.01
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def gradients(weights, x, y):
    n_layers = len(weights) // 2
    acts = [x.reshape(len(x), -1) / 255]
    for l in range(n_layers):
        z = np.matmul(acts[-1], weights[2 * l]) + weights[2 * l + 1]
        if l == n_layers - 1:
            z = np.exp(z)
            acts.append(z / z.sum(axis=1, keepdims=True))
        else:
            acts.append(1 / (1 + np.exp(-z)))
    grads = []
    err = acts.pop() - y
    for l in reversed(range(n_layers)):
        a = acts.pop()
        grads.insert(0, np.mean(err, axis=0))
        grads.insert(0, np.matmul(a.T, err) / len(x) + 2 * 0.01 * weights[2 * l])
        err = np.matmul(err, weights[2 * l].T) * a * (1 - a)
    return grads
