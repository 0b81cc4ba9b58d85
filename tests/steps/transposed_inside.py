"""Inside I use my column convention; get_weights() order outside."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

G2 = None

def step(weights, x, y):
    global G2
    W = [w.T for w in weights[0::2]]
    b = [v[:, None] for v in weights[1::2]]
    m = len(x)
    A = [np.array([img.flatten() for img in x]).T / 255.0]
    for l in range(3):
        Z = W[l].dot(A[l]) + b[l]
        A.append(1 / (1 + np.exp(-Z)) if l < 2 else np.exp(Z) / np.exp(Z).sum(axis=0))
    dZ = A[3] - y.T
    dW, db = [0] * 3, [0] * 3
    for l in (2, 1, 0):
        dW[l] = (1 / m) * dZ.dot(A[l].T)
        db[l] = (1 / m) * dZ.sum(axis=1, keepdims=True)
        if l > 0:
            dZ = W[l].T.dot(dZ) * A[l] * (1 - A[l])
    G = dW + db
    G2 = [0.1 * g ** 2 for g in G] if G2 is None else [0.9 * s + 0.1 * g ** 2 for s, g in zip(G2, G)]
    P = [p - 0.001 * g / np.sqrt(s + 1e-7) for p, g, s in zip(W + b, G, G2)]
    return [P[0].T, P[3].ravel(), P[1].T, P[4].ravel(), P[2].T, P[5].ravel()]
