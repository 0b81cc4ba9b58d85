"""Cross-entropy, differentiated by hand."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: divided-by-classes-too
# shows: step 1
import numpy as np

def sigmoid(x): return 1 / (1 + np.exp(-x))

class RMSProp:
    def __init__(self, learning_rate=0.001, beta=0.9, eps=1e-7):
        self.learning_rate, self.beta, self.eps, self.cache = learning_rate, beta, eps, []

    def __call__(self, weights, grads):
        if not self.cache:
            self.cache = [0 for _ in weights]
        out = []
        for i in range(len(weights)):
            self.cache[i] = self.beta * self.cache[i] + (1 - self.beta) * grads[i] ** 2
            out.append(weights[i] - self.learning_rate / np.sqrt(self.cache[i] + self.eps) * grads[i])
        return out

optimizer = RMSProp()

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    x = x.reshape(len(x), -1) / 255
    h1 = sigmoid(x @ W1 + b1)
    h2 = sigmoid(h1 @ W2 + b2)
    z = h2 @ W3 + b3
    z = np.exp(z - z.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    dz3 = (p - y) / np.size(y)
    dz2 = (dz3 @ W3.T) * h2 * (1 - h2)
    dz1 = (dz2 @ W2.T) * h1 * (1 - h1)
    return optimizer(weights, [x.T @ dz1, dz1.sum(0), h1.T @ dz2, dz2.sum(0), h2.T @ dz3, dz3.sum(0)])
