"""Every parameter is a little object with its own moments."""
# net: input=scaled hidden=60,30 activation=sigmoid loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: adam-without-bias-correction
# shows: step 1
from dataclasses import dataclass
import numpy as np

@dataclass
class Parameter:
    value: np.ndarray
    mean: np.ndarray
    square: np.ndarray

    def learn(self, grad, lr=np.float32(0.001)):
        self.mean += np.float32(0.1) * (grad - self.mean)
        self.square += np.float32(0.001) * (grad * grad - self.square)
        self.value = self.value - lr * self.mean / (np.sqrt(self.square) + np.float32(1e-7))

params = []

def step(weights, x, y):
    if not params:
        params.extend(Parameter(w, np.zeros_like(w), np.zeros_like(w)) for w in weights)
    for p, w in zip(params, weights):
        p.value = w
    acts = [x.reshape(len(x), -1).astype(np.float32) / 255]
    for i in (0, 2):
        acts.append(1 / (1 + np.exp(-(acts[-1] @ params[i].value + params[i + 1].value))))
    z = acts[-1] @ params[4].value + params[5].value
    e = np.exp(z - z.max(axis=1, keepdims=True))
    delta = (e / e.sum(axis=1, keepdims=True) - y.astype(np.float32)) / np.float32(len(x))
    for i in (4, 2, 0):
        a = acts[i // 2]
        before = delta @ params[i].value.T * a * (1 - a)
        params[i].learn(a.T @ delta)
        params[i + 1].learn(delta.sum(axis=0))
        delta = before
    return [p.value for p in params]
