"""Adam with eta, one tuple (m, v) per parameter."""
# net: input=scaled hidden=64 activation=tanh loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: learning-rate-0.01
# shows: step 1
import numpy as np

slots, t = {}, 0
F = np.float32

def adam(i, w, g, eta=0.01, b1=0.9, b2=0.999, eps=1e-7):
    m, v = slots.get(i, (F(0), F(0)))
    m, v = F(b1) * m + F(1 - b1) * g, F(b2) * v + F(1 - b2) * g * g
    slots[i] = m, v
    return w - F(eta * np.sqrt(1 - b2 ** t) / (1 - b1 ** t)) * m / (np.sqrt(v) + F(eps))

def step(weights, x, y):
    global t
    t += 1
    U, u, V, v = weights
    X = x.reshape(len(x), -1).astype(F) / F(255)
    H = np.tanh(X @ U + u)
    Z = H @ V + v
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    R = (E / E.sum(axis=1, keepdims=True) - y.astype(F)) / F(len(y))
    Q = R @ V.T * (F(1) - H * H)
    return [adam(i, w, g) for i, (w, g) in enumerate(zip(weights, (X.T @ Q, Q.sum(0), H.T @ R, R.sum(0))))]
