"""Fit the one-hot targets; Adam because SGD was slow."""
# net: input=scaled hidden=30 activation=tanh loss=mean_squared_error optimizer=adam learning_rate=0.01
# dtype: float64
# verdict: wrong
# mistake: adam-without-bias-correction
# shows: step 1
import numpy as np

first, second = {}, {}

def step(weights, x, y):
    A, a, B, b = weights
    X = np.reshape(x, (len(x), -1)) / 255.0
    H = np.tanh(np.matmul(X, A) + a)
    R = np.matmul(H, B) + b - y
    dR = 2.0 * R / R.size
    dH = np.matmul(dR, np.transpose(B)) * (1.0 - np.square(H))
    out = []
    for n, w, g in (("A", A, np.matmul(X.T, dH)), ("a", a, np.sum(dH, axis=0)),
                    ("B", B, np.matmul(H.T, dR)), ("b", b, np.sum(dR, axis=0))):
        first[n] = 0.9 * first.get(n, 0) + 0.1 * g
        second[n] = 0.999 * second.get(n, 0) + 0.001 * np.square(g)
        out.append(np.subtract(w, 0.01 * first[n] / (np.sqrt(second[n]) + 1e-7)))
    return out
