"""linear_activation_forward/backward with caches, linear output, MSE."""
# net: input=scaled hidden=30,15 activation=tanh loss=mean_squared_error optimizer=sgd learning_rate=0.05
# weights: form=dict keys=W1,b1 kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: tanh-derivative-from-z
# shows: step 1
import numpy as np

def tanh_backward(dA, cache):
    Z = cache
    return dA * (1 - np.power(Z, 2))

def step(parameters, x, y):
    A, caches = x.reshape(len(x), -1).T / 255., []
    for l in (1, 2, 3):
        Z = parameters["W%d" % l] @ A + parameters["b%d" % l]
        caches.append((A, Z))
        A = np.tanh(Z) if l < 3 else Z
    dZ = 2 * (A - y.T) / y.size
    updated = {}
    for l in (3, 2, 1):
        A_prev = caches[l - 1][0]
        updated["W%d" % l] = parameters["W%d" % l] - 0.05 * dZ @ A_prev.T
        updated["b%d" % l] = parameters["b%d" % l] - 0.05 * dZ.sum(axis=1, keepdims=True)
        if l > 1:
            dZ = tanh_backward(parameters["W%d" % l].T @ dZ, caches[l - 2][1])
    return updated
