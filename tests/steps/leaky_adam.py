"""Leaky ReLU (negative slope 0.2 like keras.activations.leaky_relu) and Adam, in single precision."""
# net: input=scaled hidden=128,64 activation=leaky_relu loss=categorical_crossentropy optimizer=adam learning_rate=0.0005
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

SLOPE = np.float32(0.2)
LR, B1, B2 = 5e-4, 0.9, 0.999
moments = {"m": None, "v": None, "iterations": 0}

def lrelu(z):
    return np.where(z > 0, z, SLOPE * z)

def lrelu_grad(z):
    return np.where(z > 0, np.float32(1), SLOPE)

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    a0 = np.divide(x.reshape(-1, 784), 255, dtype=np.float32)
    z1 = a0 @ W1 + b1
    a1 = lrelu(z1)
    z2 = a1 @ W2 + b2
    a2 = lrelu(z2)
    z3 = a2 @ W3 + b3
    z3 -= z3.max(axis=1, keepdims=True)
    e = np.exp(z3)
    g3 = (e / e.sum(axis=1, keepdims=True) - y.astype(np.float32)) / np.float32(len(y))
    g2 = (g3 @ W3.T) * lrelu_grad(z2)
    g1 = (g2 @ W2.T) * lrelu_grad(z1)
    grads = [a0.T @ g1, g1.sum(0), a1.T @ g2, g2.sum(0), a2.T @ g3, g3.sum(0)]
    if moments["m"] is None:
        moments["m"] = [np.zeros_like(w) for w in weights]
        moments["v"] = [np.zeros_like(w) for w in weights]
    moments["iterations"] += 1
    t = moments["iterations"]
    alpha = np.float32(LR * (1 - B2**t)**0.5 / (1 - B1**t))
    for m, v, g, w in zip(moments["m"], moments["v"], grads, weights):
        m += (g - m) * np.float32(1 - B1)
        v += (g * g - v) * np.float32(1 - B2)
        w -= alpha * m / (np.sqrt(v) + np.float32(1e-7))
    return weights
