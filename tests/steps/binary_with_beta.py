"""Is it a five? Gradient descent with momentum beta = 0.8."""
# net: input=scaled hidden=24 activation=relu loss=binary_crossentropy optimizer=sgd learning_rate=0.1 outputs=1 momentum=0.8
# dtype: float64
# verdict: wrong
# mistake: momentum-with-1-minus-beta
# shows: step 1
import numpy as np

class Detector:
    def __init__(self, lr=0.1, beta=0.8):
        self.lr, self.beta = lr, beta
        self.vW1 = self.vb1 = self.vW2 = self.vb2 = 0.0

    def fit_batch(self, W1, b1, W2, b2, X, t):
        Z = X @ W1 + b1
        H = np.maximum(Z, 0)
        prob = 1 / (1 + np.exp(-(H @ W2 + b2)))
        d2 = (prob - t) / len(t)
        d1 = d2 @ W2.T
        d1[Z < 0] = 0
        self.vW2 = self.beta * self.vW2 + (1 - self.beta) * (H.T @ d2)
        self.vb2 = self.beta * self.vb2 + (1 - self.beta) * d2.sum(0)
        self.vW1 = self.beta * self.vW1 + (1 - self.beta) * (X.T @ d1)
        self.vb1 = self.beta * self.vb1 + (1 - self.beta) * d1.sum(0)
        return [W1 - self.lr * self.vW1, b1 - self.lr * self.vb1, W2 - self.lr * self.vW2, b2 - self.lr * self.vb2]

detector = Detector()

def step(weights, x, y):
    return detector.fit_batch(*weights, x.reshape(len(x), -1) / 255.0, y)
