"""Classify digits by least squares, why not. Residuals divided by their number."""
# net: input=scaled hidden=40 activation=sigmoid loss=mean_squared_error optimizer=sgd learning_rate=0.5 output=sigmoid momentum=0.9
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

class Momentum:
    def __init__(self, lr, gamma):
        self.lr = lr
        self.gamma = gamma
        self.vs = None

    def __call__(self, ps, gs):
        self.vs = self.vs or [np.zeros_like(p) for p in ps]
        for p, v, g in zip(ps, self.vs, gs):
            v *= self.gamma
            v -= self.lr * g
            p += v

opt = Momentum(lr=0.5, gamma=0.9)

def step(weights, x, y):
    A, a, B, b = weights
    X = x.reshape(len(x), -1) / 255.0
    H = 1 / (1 + np.exp(-X @ A - a))
    Yhat = 1 / (1 + np.exp(-H @ B - b))
    residual = Yhat - y
    gout = 2 * residual / residual.size * Yhat * (1 - Yhat)
    ghid = gout @ B.T * H * (1 - H)
    opt(weights, [X.T @ ghid, ghid.sum(0), H.T @ gout, gout.sum(0)])
    return weights
