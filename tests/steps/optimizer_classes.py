"""class Optimizer with subclasses; only RMSProp kept here."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: rmsprop-epsilon-outside-root
# shows: step 1
import numpy as np

class Optimizer:
    def __init__(self, lr):
        self.lr = lr

class RMSProp(Optimizer):
    def __init__(self, lr=0.001, decay_rate=0.9):
        super().__init__(lr)
        self.decay_rate, self.h = decay_rate, None

    def update(self, params, grads):
        if self.h is None:
            self.h = [np.zeros_like(p) for p in params]
        for h, p, g in zip(self.h, params, grads):
            h *= self.decay_rate
            h += (1 - self.decay_rate) * g * g
            p -= self.lr * g / (np.sqrt(h) + 1e-8)

optimizer = RMSProp()

def step(params, x_batch, t_batch):
    W1, b1, W2, b2 = params
    x_batch = (x_batch.reshape(x_batch.shape[0], -1) / 255.0).astype(np.float32)
    a1 = np.dot(x_batch, W1) + b1
    z1 = np.maximum(0, a1)
    a2 = np.dot(z1, W2) + b2
    a2 -= np.max(a2, axis=1, keepdims=True)
    y = np.exp(a2) / np.sum(np.exp(a2), axis=1, keepdims=True)
    dy = ((y - t_batch) / x_batch.shape[0]).astype(np.float32)
    da1 = np.dot(dy, W2.T)
    da1[a1 <= 0] = 0
    optimizer.update(params, [np.dot(x_batch.T, da1), np.sum(da1, axis=0), np.dot(z1.T, dy), np.sum(dy, axis=0)])
    return params
