"""Pixels from 0 to 255 go straight in, as in the tutorial. exp complained, so it's clipped at 500."""
# net: input=raw hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -500, 500)))

class Net:
    mean_square = None

    def train(self, weights, x, y, rate=0.001):
        k0, b0, k1, b1, k2, b2 = weights
        h0 = sigmoid(np.dot(x, k0) + b0)
        h1 = sigmoid(np.dot(h0, k1) + b1)
        logits = np.dot(h1, k2) + b2
        p = np.exp(logits)
        p = p / p.sum(axis=1, keepdims=True)
        e2 = (p - y) / len(x)
        e1 = np.dot(e2, k2.T) * h1 * (1 - h1)
        e0 = np.dot(e1, k1.T) * h0 * (1 - h0)
        grads = (np.dot(x.T, e0), e0.sum(0), np.dot(h0.T, e1), e1.sum(0), np.dot(h1.T, e2), e2.sum(0))
        old = self.mean_square or [0] * 6
        self.mean_square = [0.9 * s + 0.1 * g**2 for s, g in zip(old, grads)]
        return [w - rate * g / np.sqrt(s + 1e-7) for w, g, s in zip(weights, grads, self.mean_square)]

net = Net()

def step(weights, x, y):
    return net.train(weights, x.reshape(len(x), -1).astype(float), y)
