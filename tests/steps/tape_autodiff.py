"""My own autograd with arrays (after a lecture about backprop on scalars). The net is at the bottom."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Tensor:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, np.zeros(np.shape(data))
        self._backward = lambda: None

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))
        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        out._backward = _backward
        return out

    def __add__(self, bias):
        out = Tensor(self.data + bias.data, (self, bias))
        def _backward():
            self.grad += out.grad
            bias.grad += out.grad.sum(0)
        out._backward = _backward
        return out

    def sigmoid(self):
        s = 1 / (1 + np.exp(-self.data))
        out = Tensor(s, (self,))
        def _backward():
            self.grad += out.grad * s * (1 - s)
        out._backward = _backward
        return out

    def cross_entropy(self, y):
        e = np.exp(self.data - self.data.max(1, keepdims=True))
        p = e / e.sum(1, keepdims=True)
        out = Tensor(-(y * np.log(p)).sum(1).mean(), (self,))
        def _backward():
            self.grad += out.grad * (p - y) / len(y)
        out._backward = _backward
        return out

    def backward(self):
        topo, seen = [], set()
        def build(t):
            if id(t) not in seen:
                seen.add(id(t))
                for parent in t.parents:
                    build(parent)
                topo.append(t)
        build(self)
        self.grad = np.ones(())
        for t in reversed(topo):
            t._backward()

squares = [0.0] * 6

def step(weights, x, y):
    t = [Tensor(w) for w in weights]
    h = Tensor(x.reshape(len(x), -1) / 255.0)
    h = (h @ t[0] + t[1]).sigmoid()
    h = (h @ t[2] + t[3]).sigmoid()
    (h @ t[4] + t[5]).cross_entropy(y).backward()
    for i in range(6):
        squares[i] = 0.9 * squares[i] + 0.1 * t[i].grad ** 2
    return [p.data - 0.001 * p.grad / np.sqrt(s + 1e-7) for p, s in zip(t, squares)]
