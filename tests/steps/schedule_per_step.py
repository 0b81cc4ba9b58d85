"""A Trainer that is called with each batch."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: learning-rate-decayed
# shows: step 2
import numpy as np

class Trainer:
    def __init__(self, lr=0.001, decay=1e-3, rho=0.9):
        self.lr, self.decay, self.rho = lr, decay, rho
        self.iterations, self.cache = 0, {}

    def __call__(self, weights, x, y):
        W1, b1, W2, b2 = weights
        z = x @ W1 + b1
        h = np.maximum(z, 0)
        p = np.exp(h @ W2 + b2)
        p /= p.sum(axis=1, keepdims=True)
        d2 = (p - y) / len(x)
        d1 = d2 @ W2.T * (z > 0)
        lr = self.lr * 1.0 / (1.0 + self.decay * self.iterations)
        out = []
        for i, (w, g) in enumerate(zip(weights, [x.T @ d1, d1.sum(0), h.T @ d2, d2.sum(0)])):
            self.cache[i] = self.rho * self.cache.get(i, 0) + (1 - self.rho) * g * g
            out.append(w - lr * g / np.sqrt(self.cache[i] + 1e-7))
        self.iterations += 1
        return out

trainer = Trainer()

def step(weights, x, y):
    return trainer(weights, x.reshape(len(x), -1) / 255.0, y)
