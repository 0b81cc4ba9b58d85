"""m_hat and v_hat as in the paper; epsilon is its 'epsilon hat', so it gets corrected too."""
# net: input=scaled hidden=72 activation=sigmoid loss=categorical_crossentropy optimizer=adam learning_rate=0.002
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Adam:
    t = 0
    ms = vs = None

    def __call__(self, params, grads, alpha=0.002, b1=0.9, b2=0.999, eps_hat=1e-7):
        if self.ms is None:
            self.ms = [np.zeros_like(p) for p in params]
            self.vs = [np.zeros_like(p) for p in params]
        self.t += 1
        for p, g, m, v in zip(params, grads, self.ms, self.vs):
            m[:] = b1 * m + (1 - b1) * g
            v[:] = b2 * v + (1 - b2) * g * g
            m_hat = m / (1 - b1 ** self.t)
            v_hat = v / (1 - b2 ** self.t)
            p[:] = p - alpha * m_hat / (np.sqrt(v_hat) + eps_hat / np.sqrt(1 - b2 ** self.t))

adam = Adam()

def step(weights, x, y):
    W, b, U, c = weights
    x = x.reshape(-1, 784) / 255
    h = 1 / (1 + np.exp(-(x @ W + b)))
    q = np.exp(h @ U + c)
    q /= q.sum(1, keepdims=True)
    d = (q - y) / len(y)
    e = d @ U.T * h * (1 - h)
    adam(weights, (x.T @ e, e.sum(0), h.T @ d, d.sum(0)))
