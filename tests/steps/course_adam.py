"""Adam with the settings of the assignment."""
# net: input=scaled hidden=32,16 activation=relu loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# weights: form=dict keys=W1,b1 kernel=out,in bias=n,1
# dtype: float64
# verdict: wrong
# mistake: adam-epsilon-after-correction
# shows: step 1
import numpy as np

v, s, t = {}, {}, 0

def step(parameters, x, y):
    global t
    L, m = len(parameters) // 2, x.shape[0]
    A = {0: x.reshape(m, -1).T / 255.}
    for l in range(1, L + 1):
        Z = np.dot(parameters["W" + str(l)], A[l - 1]) + parameters["b" + str(l)]
        A[l] = np.maximum(0, Z) if l < L else np.exp(Z) / np.sum(np.exp(Z), axis=0)
    grads, dZ = {}, A[L] - y.T
    for l in range(L, 0, -1):
        grads["W" + str(l)] = 1. / m * np.dot(dZ, A[l - 1].T)
        grads["b" + str(l)] = 1. / m * np.sum(dZ, axis=1, keepdims=True)
        dZ = np.multiply(np.dot(parameters["W" + str(l)].T, dZ), A[l - 1] > 0)
    t = t + 1
    for key, g in grads.items():
        v[key] = 0.9 * v.get(key, 0) + 0.1 * g
        s[key] = 0.999 * s.get(key, 0) + 0.001 * np.power(g, 2)
        v_corrected = v[key] / (1 - np.power(0.9, t))
        s_corrected = s[key] / (1 - np.power(0.999, t))
        parameters[key] = parameters[key] - 0.001 * v_corrected / (np.sqrt(s_corrected) + 1e-8)
    return parameters
