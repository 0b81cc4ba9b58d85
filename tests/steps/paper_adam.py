"""Algorithm 1 of the paper, symbol by symbol; epsilon from the Keras docs."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: adam-epsilon-after-correction
# shows: step 1
import numpy as np

alpha, beta_1, beta_2, epsilon = 0.001, 0.9, 0.999, 1e-7
m_, v_, t = None, None, 0

def g_(theta, x, y):
    W1, b1, W2, b2, W3, b3 = theta
    h1 = 1 / (1 + np.exp(-(x @ W1 + b1)))
    h2 = 1 / (1 + np.exp(-(h1 @ W2 + b2)))
    o = np.exp(h2 @ W3 + b3)
    d3 = (o / o.sum(axis=1, keepdims=True) - y) / len(y)
    d2 = d3 @ W3.T * h2 * (1 - h2)
    d1 = d2 @ W2.T * h1 * (1 - h1)
    return [x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)]

def step(theta, x, y):
    global m_, v_, t
    t += 1
    g = g_(theta, x.reshape(len(x), -1) / 255, y)
    if m_ is None:
        m_ = [np.zeros_like(p) for p in theta]
        v_ = [np.zeros_like(p) for p in theta]
    m_ = [beta_1 * m + (1 - beta_1) * d for m, d in zip(m_, g)]
    v_ = [beta_2 * v + (1 - beta_2) * d**2 for v, d in zip(v_, g)]
    m_hat = [m / (1 - beta_1**t) for m in m_]
    v_hat = [v / (1 - beta_2**t) for v in v_]
    return [p - alpha * m / (np.sqrt(v) + epsilon) for p, m, v in zip(theta, m_hat, v_hat)]
