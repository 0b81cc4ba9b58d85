"""Dropout 0.2 after each hidden layer; `masks` holds the last batch's."""
# net: input=scaled hidden=100,50 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1 dropout=0.2
# dtype: float64
# verdict: wrong
# mistake: dropout-not-scaled
# shows: step 1
import numpy as np

rng = np.random.default_rng(7)
masks = []

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    X = x.reshape(len(x), -1) / 255
    masks[:] = [(rng.random((len(x), n)) < 0.8).astype(float) for n in (100, 50)]
    H1 = np.maximum(X @ W1 + b1, 0) * masks[0]
    H2 = np.maximum(H1 @ W2 + b2, 0) * masks[1]
    S = H2 @ W3 + b3
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    D3 = (P - y) / len(x)
    D2 = D3 @ W3.T * (H2 > 0)
    D1 = D2 @ W2.T * (H1 > 0)
    return [W1 - 0.1 * X.T @ D1, b1 - 0.1 * D1.sum(0), W2 - 0.1 * H1.T @ D2, b2 - 0.1 * D2.sum(0),
            W3 - 0.1 * H2.T @ D3, b3 - 0.1 * D3.sum(0)]
