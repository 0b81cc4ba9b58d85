"""dL/dz = dL/da * da/dz, written out for the last layer."""
# net: input=scaled hidden=40 activation=tanh loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: softmax-times-sigmoid-derivative
# shows: gradients
import numpy as np

def gradients(weights, x, y):
    W1, b1, W2, b2 = weights
    n = len(x)
    x = x.reshape(n, -1) / 255
    h = np.tanh(x @ W1 + b1)
    z = h @ W2 + b2
    a = np.exp(z) / np.sum(np.exp(z), axis=1, keepdims=True)
    dL_da = (a - y) / n
    da_dz = a * (1 - a)
    dL_dz = dL_da * da_dz
    dL_dh = np.dot(dL_dz, W2.T) * (1 - h ** 2)
    return [np.dot(x.T, dL_dh), dL_dh.sum(axis=0), np.dot(h.T, dL_dz), dL_dz.sum(axis=0)]
