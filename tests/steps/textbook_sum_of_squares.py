"""Backpropagation in the letters of the textbook: i, j, k for layers, d for examples."""
# net: input=scaled hidden=25 activation=sigmoid loss=mean_squared_error optimizer=sgd learning_rate=0.02 output=sigmoid
# dtype: float64
# verdict: wrong
# mistake: half-sum-of-squares + sum-over-batch
# shows: step 1
import numpy as np

eta = 0.02

def step(weights, x, y):
    w_ji, w_j0, w_kj, w_k0 = weights
    x_d = x.reshape(len(x), -1) / 255.0
    o_j = 1.0 / (1.0 + np.exp(-(x_d @ w_ji + w_j0)))
    o_k = 1.0 / (1.0 + np.exp(-(o_j @ w_kj + w_k0)))
    delta_k = o_k * (1 - o_k) * (y - o_k)
    delta_j = o_j * (1 - o_j) * (delta_k @ w_kj.T)
    return [w_ji + eta * x_d.T @ delta_j, w_j0 + eta * delta_j.sum(axis=0),
            w_kj + eta * o_j.T @ delta_k, w_k0 + eta * delta_k.sum(axis=0)]
