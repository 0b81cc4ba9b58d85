"""Deeper version with a loop."""
# net: input=scaled hidden=40,20 activation=tanh loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# weights: form=dict keys=W1,b1 kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: one-number-for-all-biases
# shows: step 1
import numpy as np

def step(params, x, y):
    A = [x.reshape(len(x), -1).T / 255]
    m = len(x)
    for l in (1, 2, 3):
        Z = params[f"W{l}"] @ A[-1] + params[f"b{l}"]
        A.append(np.tanh(Z) if l < 3 else np.exp(Z) / np.exp(Z).sum(axis=0))
    dZ = A[3] - y.T
    grads = {}
    for l in (3, 2, 1):
        grads[f"W{l}"] = dZ @ A[l - 1].T / m
        grads[f"b{l}"] = np.sum(dZ) / m
        dZ = params[f"W{l}"].T @ dZ * (1 - A[l - 1] ** 2)
    return {key: params[key] - 0.1 * grads[key] for key in params}
