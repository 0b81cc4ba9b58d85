"""Least squares with RMSprop; ema() is a helper of mine from another project."""
# net: input=scaled hidden=40 activation=tanh loss=mean_squared_error optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: rho-swapped
# shows: step 1
import numpy as np

def ema(new, old, weight):
    return weight * new + (1 - weight) * old

mean_squares = [np.float32(0)] * 4

def step(weights, x, y):
    P, p, Q, q = weights
    x = x.reshape(len(x), -1).astype(np.float32) / np.float32(255)
    h = np.tanh(x @ P + p)
    out = h @ Q + q
    dout = (np.float32(2) * (out - y) / out.size).astype(np.float32)
    dh = dout @ Q.T * (1 - h ** 2)
    grads = x.T @ dh, dh.sum(axis=0), h.T @ dout, dout.sum(axis=0)
    for i in range(4):
        mean_squares[i] = ema(grads[i] ** 2, mean_squares[i], 0.9)
    return [w - 0.001 * g / np.sqrt(s + 1e-7) for w, g, s in zip(weights, grads, mean_squares)]
