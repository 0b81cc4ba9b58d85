"""First the deltas of all layers, then the gradients of all layers."""
# net: input=scaled hidden=60,30 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.5
# dtype: float64
# verdict: wrong
# mistake: sigmoid-derivative-twice
# shows: step 1
import numpy as np

def slope(a):
    return a * (1 - a)

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    a0 = x.reshape(len(x), -1) / 255.0
    a1 = 1 / (1 + np.exp(-(a0 @ W1 + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    a3 = np.exp(a2 @ W3 + b3)
    a3 /= a3.sum(axis=1, keepdims=True)

    delta3 = (a3 - y) / len(y)
    delta2 = (delta3 @ W3.T) * slope(a2)
    delta1 = (delta2 @ W2.T) * slope(a1)

    new = []
    for W, b, inp, delta, out in ((W1, b1, a0, delta1, a1), (W2, b2, a1, delta2, a2), (W3, b3, a2, delta3, None)):
        local = delta if out is None else delta * slope(out)
        new += [W - 0.5 * inp.T @ local, b - 0.5 * local.sum(axis=0)]
    return new
