"""Momentum from the assignment on optimization methods."""
# net: input=scaled hidden=64,32 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.05 momentum=0.9
# weights: form=dict keys=W1,b1 kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: momentum-with-1-minus-beta
# shows: step 1
import numpy as np

v = {}

def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    for key in parameters:
        v["d" + key] = beta * v.get("d" + key, 0) + (1 - beta) * grads["d" + key]
        parameters[key] = parameters[key] - learning_rate * v["d" + key]
    return parameters

def step(parameters, x, y):
    A0, Y, m = x.reshape(x.shape[0], -1).T / 255., y.T, y.shape[0]
    Z1 = np.dot(parameters["W1"], A0) + parameters["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = np.maximum(Z2, 0)
    Z3 = np.dot(parameters["W3"], A2) + parameters["b3"]
    A3 = np.exp(Z3) / np.sum(np.exp(Z3), axis=0, keepdims=True)
    dZ3 = 1. / m * (A3 - Y)
    dZ2 = np.multiply(np.dot(parameters["W3"].T, dZ3), np.int64(A2 > 0))
    dZ1 = np.multiply(np.dot(parameters["W2"].T, dZ2), np.int64(A1 > 0))
    grads = {}
    for i, (dZ, A) in enumerate([(dZ1, A0), (dZ2, A1), (dZ3, A2)], start=1):
        grads["dW%d" % i] = np.dot(dZ, A.T)
        grads["db%d" % i] = np.sum(dZ, axis=1, keepdims=True)
    return update_parameters_with_momentum(parameters, grads, v, 0.9, 0.05)
