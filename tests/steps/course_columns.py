"""Deep neural network, week 4 + week 6 put together, for the digits."""
# net: input=scaled hidden=64,32 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# weights: form=dict keys=W1,b1 kernel=out,in bias=n,1
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

adam = {}

def L_model_forward(X, parameters):
    caches, A = [], X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        A_prev = A
        Z = np.dot(parameters["W" + str(l)], A_prev) + parameters["b" + str(l)]
        if l < L:
            A = np.maximum(0, Z)
        else:
            t = np.exp(Z - np.max(Z, axis=0, keepdims=True))
            A = t / np.sum(t, axis=0, keepdims=True)
        caches.append((A_prev, Z))
    return A, caches

def L_model_backward(AL, Y, caches, parameters):
    grads, m = {}, Y.shape[1]
    dZ = AL - Y
    for l in reversed(range(1, len(caches) + 1)):
        A_prev, _ = caches[l - 1]
        grads["dW" + str(l)] = 1 / m * np.dot(dZ, A_prev.T)
        grads["db" + str(l)] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        if l > 1:
            dZ = np.dot(parameters["W" + str(l)].T, dZ) * (caches[l - 2][1] > 0)
    return grads

def step(parameters, x, y, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-7):
    X = x.reshape(x.shape[0], -1).T / 255.
    AL, caches = L_model_forward(X, parameters)
    grads = L_model_backward(AL, y.T, caches, parameters)
    adam["t"] = t = adam.get("t", 0) + 1
    alpha = learning_rate * np.sqrt(1 - beta2 ** t) / (1 - beta1 ** t)
    for key in parameters:
        g = grads["d" + key]
        adam["v" + key] = beta1 * adam.get("v" + key, 0) + (1 - beta1) * g
        adam["s" + key] = beta2 * adam.get("s" + key, 0) + (1 - beta2) * np.square(g)
        parameters[key] = parameters[key] - alpha * adam["v" + key] / (np.sqrt(adam["s" + key]) + epsilon)
    return parameters
