"""Configurable net: change CONFIG and run again."""
# net: input=scaled hidden=60,30 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.05 momentum=0.9
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

CONFIG = dict(activations=["tanh", "tanh", "softmax"], lr=0.05, momentum=0.9)
ACT = {
    "tanh": (lambda z: np.tanh(z), lambda a: 1 - a ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "relu": (lambda z: np.maximum(z, 0), lambda a: (a > 0) * 1.0),
    "softmax": (lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True), None),
}
velocity = [0.0] * 6

def step(weights, x, y):
    A = [x.reshape(x.shape[0], -1) / 255]
    for i, name in enumerate(CONFIG["activations"]):
        A.append(ACT[name][0](A[i] @ weights[2 * i] + weights[2 * i + 1]))
    delta = (A[3] - y) / y.shape[0]
    for i in (2, 1, 0):
        gW, gb = A[i].T @ delta, delta.sum(axis=0)
        if i:
            delta = delta @ weights[2 * i].T * ACT[CONFIG["activations"][i - 1]][1](A[i])
        for j, g in ((2 * i, gW), (2 * i + 1, gb)):
            velocity[j] = CONFIG["momentum"] * velocity[j] - CONFIG["lr"] * g
            weights[j] = weights[j] + velocity[j]
    return weights
