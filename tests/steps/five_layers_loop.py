"""Works for any number of layers. The stack holds what backward needs."""
# net: input=scaled hidden=128,64,32,16 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Adam:
    def __init__(self, lr=0.001, b1=0.9, b2=0.999, eps=1e-7):
        self.lr, self.b1, self.b2, self.eps = lr, b1, b2, eps
        self.t, self.m, self.v = 0, {}, {}

    def step(self, weights, grads):
        self.t += 1
        scale = self.lr * (1 - self.b2 ** self.t) ** 0.5 / (1 - self.b1 ** self.t)
        for i in range(len(weights)):
            self.m[i] = self.b1 * self.m.get(i, 0) + (1 - self.b1) * grads[i]
            self.v[i] = self.b2 * self.v.get(i, 0) + (1 - self.b2) * grads[i] ** 2
            weights[i] = weights[i] - scale * self.m[i] / (self.v[i] ** 0.5 + self.eps)
        return weights

optimizer = Adam()

def step(weights, x, y):
    x = x.reshape(len(x), -1).astype(np.float32) / 255
    stack = []
    for W, b in zip(weights[::2], weights[1::2]):
        z = x @ W + b
        stack.append((x, W, z))
        x = np.maximum(z, 0)
    e = np.exp(z - z.max(-1, keepdims=True))
    d = (e / e.sum(-1, keepdims=True) - y.astype(np.float32)) / np.float32(len(y))
    grads = []
    while stack:
        inp, W, _ = stack.pop()
        grads = [inp.T @ d, d.sum(0)] + grads
        if stack:
            d = d @ W.T * (stack[-1][2] > 0)
    return optimizer.step(list(weights), grads)
