"""Squared errors, with momentum."""
# net: input=scaled hidden=20 activation=sigmoid loss=mean_squared_error optimizer=sgd learning_rate=0.02 output=sigmoid momentum=0.5
# weights: form=two-lists kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: sum-over-batch-and-outputs
# shows: step 1
import numpy as np

inertia = [0, 0, 0, 0]

def step(weights, x, y):
    (U, V), (u, v) = weights
    X, T = x.reshape(len(x), 784).T / 255, y.T
    H = 1 / (1 + np.exp(-(U @ X + u)))
    O = 1 / (1 + np.exp(-(V @ H + v)))
    dO = 2 * (O - T) * O * (1 - O)
    dH = V.T @ dO * H * (1 - H)
    grads = dH @ X.T, dO @ H.T, dH.sum(1, keepdims=True), dO.sum(1, keepdims=True)
    for i, g in enumerate(grads):
        inertia[i] = 0.5 * inertia[i] - 0.02 * g
    return [U + inertia[0], V + inertia[1]], [u + inertia[2], v + inertia[3]]
