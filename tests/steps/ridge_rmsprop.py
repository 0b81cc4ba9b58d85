"""RMSprop with weight regularization: kernel_regularizer=l2(1e-4) on both layers."""
# net: input=scaled hidden=100 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001 l2=0.0001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

LAMBDA = 1e-4
S = dict(W1=0, b1=0, W2=0, b2=0)

def penalty_gradient(W):
    # d/dW of LAMBDA * sum(W**2)
    return 2 * LAMBDA * W

def step(weights, x, y):
    P = dict(zip(("W1", "b1", "W2", "b2"), weights))
    X = x.reshape(len(x), -1) / 255.
    A = 1 / (1 + np.exp(-(X @ P["W1"] + P["b1"])))
    Z = A @ P["W2"] + P["b2"]
    T = np.exp(Z - Z.max(1, keepdims=True))
    dZ = T / T.sum(1, keepdims=True) - y
    dA = dZ @ P["W2"].T * A * (1 - A)
    g = dict(
        W2=A.T @ dZ / len(x) + penalty_gradient(P["W2"]), b2=dZ.mean(axis=0),
        W1=X.T @ dA / len(x) + penalty_gradient(P["W1"]), b1=dA.mean(axis=0),
    )
    for k in P:
        S[k] = 0.9 * S[k] + 0.1 * g[k] ** 2
        P[k] = P[k] - 0.001 * g[k] / np.sqrt(S[k] + 1e-7)
    return [P["W1"], P["b1"], P["W2"], P["b2"]]
