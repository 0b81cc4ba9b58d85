"""Nesterov's accelerated gradient as in the deep learning textbook (chapter 8)."""
# net: input=scaled hidden=32 activation=tanh loss=mean_squared_error optimizer=sgd learning_rate=0.1 momentum=0.9 nesterov=true
# weights: form=list kernel=in,out bias=1,n
# dtype: float64
# verdict: wrong
# mistake: nesterov-gradient-at-look-ahead
# shows: step 1
import numpy as np

class NAG:
    def __init__(self, epsilon=0.1, alpha=0.9):
        self.epsilon, self.alpha, self.velocity = epsilon, alpha, [0, 0, 0, 0]

    def run(self, theta, X, Y):
        interim = [p + self.alpha * v for p, v in zip(theta, self.velocity)]
        W, b, V, c = interim
        H = np.tanh(X @ W + b)
        E = 2 * (H @ V + c - Y) / Y.size
        D = E @ V.T * (1 - H**2)
        gradient = [X.T @ D, D.sum(0, keepdims=True), H.T @ E, E.sum(0, keepdims=True)]
        self.velocity = [self.alpha * v - self.epsilon * g for v, g in zip(self.velocity, gradient)]
        return [p + v for p, v in zip(theta, self.velocity)]

nag = NAG()

def step(weights, x, y):
    return nag.run(weights, x.reshape(len(x), -1) / 255., y)
