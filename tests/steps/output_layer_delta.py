"""Every activation brings its derivative."""
# net: input=scaled hidden=48 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.2
# dtype: float32
# verdict: wrong
# mistake: softmax-times-sigmoid-derivative
# shows: step 1
import numpy as np

class Softmax:
    def f(self, z):
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def df(self, a):
        return a * (1 - a)

class Relu:
    def f(self, z):
        return np.maximum(z, 0)

    def df(self, a):
        return (a > 0).astype(a.dtype)

acts = [Relu(), Softmax()]

def step(weights, x, y):
    outs = [x.reshape(len(x), -1).astype(np.float32) / 255]
    for i, act in enumerate(acts):
        outs.append(act.f(outs[-1] @ weights[2 * i] + weights[2 * i + 1]))
    back = (outs[-1] - y.astype(np.float32)) / np.float32(len(x))
    new = []
    for i in (1, 0):
        back = back * acts[i].df(outs[i + 1])
        new = [weights[2 * i] - np.float32(0.2) * outs[i].T @ back,
               weights[2 * i + 1] - np.float32(0.2) * back.sum(axis=0)] + new
        back = back @ weights[2 * i].T
    return new
