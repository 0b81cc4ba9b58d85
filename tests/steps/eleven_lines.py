"""syn0, syn1 style, plus biases. Update with += because the error is y - l2."""
# net: input=scaled hidden=32 activation=sigmoid loss=binary_crossentropy optimizer=sgd learning_rate=0.01 outputs=1
# dtype: float64
# verdict: wrong
# mistake: sum-over-batch
# shows: step 1
import numpy as np

def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))

def step(weights, x, y):
    syn0, bias0, syn1, bias1 = weights
    l0 = x.reshape(len(x), -1) / 255.0
    l1 = nonlin(np.dot(l0, syn0) + bias0)
    l2 = nonlin(np.dot(l1, syn1) + bias1)
    l2_error = y - l2
    l1_error = l2_error.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)
    syn1 = syn1 + 0.01 * l1.T.dot(l2_error)
    bias1 = bias1 + 0.01 * l2_error.sum(axis=0)
    syn0 = syn0 + 0.01 * l0.T.dot(l1_delta)
    bias0 = bias0 + 0.01 * l1_delta.sum(axis=0)
    return [syn0, bias0, syn1, bias1]
