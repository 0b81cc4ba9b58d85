"""The mask of active units is taken from the activations."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: relu-derivative-always-1
# shows: step 1
import numpy as np

class Model:
    iteration = 0
    m = v = None

    def gradients(self, p, x, t):
        hidden = np.maximum(x @ p[0] + p[1], 0)
        logits = hidden @ p[2] + p[3]
        prob = np.exp(logits - logits.max(axis=1, keepdims=True))
        prob /= prob.sum(axis=1, keepdims=True)
        g = (prob - t) / np.float32(len(t))
        gh = g @ p[2].T
        gh[~(hidden >= 0)] = 0
        return [x.T @ gh, gh.sum(axis=0), hidden.T @ g, g.sum(axis=0)]

    def train(self, p, x, t):
        grads = self.gradients(p, x, t)
        self.iteration += 1
        k = np.float32(0.001 * (1 - 0.999 ** self.iteration) ** 0.5 / (1 - 0.9 ** self.iteration))
        self.m = [0.1 * g if self.m is None else 0.9 * self.m[i] + 0.1 * g for i, g in enumerate(grads)]
        self.v = [0.001 * g**2 if self.v is None else 0.999 * self.v[i] + 0.001 * g**2 for i, g in enumerate(grads)]
        return [w - k * m / (np.sqrt(v) + 1e-7) for w, m, v in zip(p, self.m, self.v)]

model = Model()

def step(weights, x, y):
    return model.train(weights, np.float32(x.reshape(-1, 784)) / np.float32(255), np.float32(y))
