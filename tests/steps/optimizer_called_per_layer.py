"""optimizer.update(layer) for each layer, from last to first."""
# net: input=scaled hidden=80,40 activation=tanh loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: adam-t-per-layer
# shows: step 1
import numpy as np

class Adam:
    def __init__(self):
        self.t = 0
        self.moments = {}

    def update(self, key, weights, grads):
        self.t += 1
        rate = 0.001 * np.sqrt(1 - 0.999 ** self.t) / (1 - 0.9 ** self.t)
        ms, vs = self.moments.setdefault(key, ([0, 0], [0, 0]))
        new = []
        for i in (0, 1):
            ms[i] = 0.9 * ms[i] + 0.1 * grads[i]
            vs[i] = 0.999 * vs[i] + 0.001 * grads[i] ** 2
            new.append(weights[i] - rate * ms[i] / (np.sqrt(vs[i]) + 1e-7))
        return new

optimizer = Adam()

def step(weights, x, y):
    a = [x.reshape(len(x), -1) / 255]
    for i in (0, 2):
        a.append(np.tanh(a[-1] @ weights[i] + weights[i + 1]))
    z = a[-1] @ weights[4] + weights[5]
    p = np.exp(z - z.max(axis=1, keepdims=True))
    delta = (p / p.sum(axis=1, keepdims=True) - y) / len(x)
    new = list(weights)
    for i in (4, 2, 0):
        grads = a[i // 2].T @ delta, delta.sum(axis=0)
        delta = delta @ weights[i].T * (1 - a[i // 2] ** 2)
        new[i:i + 2] = optimizer.update(i, weights[i:i + 2], grads)
    return new
