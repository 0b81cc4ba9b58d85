"""A mini framework: layers know how to go forward and backward, the optimizer remembers its averages."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Dense:
    def __init__(self, act):
        self.act = act

    def forward(self, x):
        self.x = x
        z = x @ self.W + self.b
        if self.act == "softmax":
            e = np.exp(z - z.max(1, keepdims=True))
            self.out = e / e.sum(1, keepdims=True)
        else:
            self.out = 1. / (1. + np.exp(-z))
        return self.out

    def backward(self, grad):
        if self.act == "sigmoid":
            grad = grad * self.out * (1. - self.out)
        self.dW = self.x.T @ grad
        self.db = np.sum(grad, axis=0)
        return grad @ self.W.T

class RMSprop:
    def __init__(self, lr=1e-3, decay=0.9, eps=1e-7):
        self.lr, self.decay, self.eps, self.s = lr, decay, eps, {}

    def update(self, key, p, g):
        s = self.s.get(key, np.zeros_like(p))
        s = self.decay * s + (1 - self.decay) * g * g
        self.s[key] = s
        return p - self.lr * g / np.sqrt(s + self.eps)

net = [Dense("sigmoid"), Dense("sigmoid"), Dense("softmax")]
opt = RMSprop()

def step(weights, x, y):
    for i, layer in enumerate(net):
        layer.W, layer.b = weights[2 * i], weights[2 * i + 1]
    out = x.reshape(len(x), -1).astype(np.float32) / 255
    for layer in net:
        out = layer.forward(out)
    grad = (out - y.astype(np.float32)) / len(x)
    for layer in reversed(net):
        grad = layer.backward(grad)
    result = []
    for i, layer in enumerate(net):
        result += [opt.update((i, "W"), layer.W, layer.dW), opt.update((i, "b"), layer.b, layer.db)]
    return result
