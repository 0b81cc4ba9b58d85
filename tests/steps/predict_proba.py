"""predict_proba(X) of an MLP with coefs_ and intercepts_."""
# net: input=scaled hidden=100 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: not-scaled
# shows: forward
import numpy as np

class MLPClassifier:
    def __init__(self, coefs_, intercepts_):
        self.coefs_, self.intercepts_ = coefs_, intercepts_

    def predict_proba(self, X):
        for coef, intercept in zip(self.coefs_[:-1], self.intercepts_[:-1]):
            X = np.maximum(X @ coef + intercept, 0)
        out = X @ self.coefs_[-1] + self.intercepts_[-1]
        out = np.exp(out - out.max(axis=1)[:, None])
        return out / out.sum(axis=1)[:, None]

def forward(weights, x):
    X = np.asarray(x, dtype=np.float32).reshape(len(x), -1)
    return MLPClassifier(weights[::2], weights[1::2]).predict_proba(X)
