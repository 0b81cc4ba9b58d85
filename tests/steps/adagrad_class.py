"""Adagrad as Keras has it (initial accumulator 0.1)."""
# net: input=scaled hidden=100,30 activation=tanh loss=categorical_crossentropy optimizer=adagrad learning_rate=0.01
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class MLP:
    def __init__(self):
        self.G = None

    def partial_fit(self, W, X, Y):
        if self.G is None:
            self.G = [np.full_like(w, 0.1) for w in W]
        H1 = np.tanh(X @ W[0] + W[1])
        H2 = np.tanh(H1 @ W[2] + W[3])
        O = H2 @ W[4] + W[5]
        O = np.exp(O - O.max(1, keepdims=True))
        O = O / O.sum(1, keepdims=True)
        E3 = (O - Y) / X.shape[0]
        E2 = (1 - H2 * H2) * (E3 @ W[4].T)
        E1 = (1 - H1 * H1) * (E2 @ W[2].T)
        for i, g in enumerate([X.T @ E1, E1.sum(0), H1.T @ E2, E2.sum(0), H2.T @ E3, E3.sum(0)]):
            self.G[i] += g ** 2
            W[i] = W[i] - 0.01 * g / np.sqrt(self.G[i] + 1e-7)
        return W

mlp = MLP()

def step(weights, x, y):
    return mlp.partial_fit(list(weights), x.reshape(-1, 784) / 255.0, y)
