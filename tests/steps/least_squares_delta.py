"""Quadratic cost, chapter 2."""
# net: input=scaled hidden=30 activation=sigmoid loss=mean_squared_error optimizer=sgd learning_rate=0.5 output=sigmoid
# dtype: float64
# verdict: wrong
# mistake: half-sum-of-squares
# shows: step 1
import numpy as np

def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))

def forward_pass(x, w, b, v, c):
    cache = {"x": x}
    cache["a1"] = sigma(x @ w + b)
    cache["a2"] = sigma(cache["a1"] @ v + c)
    return cache

def step(weights, x, y, eta=0.5):
    w, b, v, c = weights
    n = len(x)
    cache = forward_pass(x.reshape(n, -1) / 255.0, w, b, v, c)
    delta2 = (cache["a2"] - y) * cache["a2"] * (1 - cache["a2"])
    delta1 = (delta2 @ v.T) * cache["a1"] * (1 - cache["a1"])
    return [w - eta * cache["x"].T @ delta1 / n, b - eta * delta1.sum(axis=0) / n,
            v - eta * cache["a1"].T @ delta2 / n, c - eta * delta2.sum(axis=0) / n]
