"""Sigmoid via tanh never overflows. accumulate() gives all activations at once."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: right
# mistake: none
# shows: never
from itertools import accumulate
import numpy as np

one, half = np.float32(1), np.float32(0.5)
average = {}

def layer(a, Wb):
    W, b = Wb
    return half * (one + np.tanh(half * (a @ W + b)))

def step(weights, x, y):
    pairs = [(weights[i], weights[i + 1]) for i in range(0, len(weights), 2)]
    start = (x.reshape(len(x), -1) / np.float32(255)).astype(np.float32)
    acts = list(accumulate(pairs[:-1], layer, initial=start))
    W, b = pairs[-1]
    z = acts[-1] @ W + b
    top = np.exp(z - np.amax(z, axis=1, keepdims=True))
    d = (top / np.sum(top, axis=1, keepdims=True)).astype(np.float32) - y.astype(np.float32)
    out = []
    for (W, b), a in zip(reversed(pairs), reversed(acts)):
        gW, gb = a.T @ d / len(x), d.sum(axis=0) / len(x)
        d = d @ W.T * a * (one - a)
        out = [W, gW, b, gb] + out
    new = []
    for i, (w, g) in enumerate(zip(out[::2], out[1::2])):
        average[i] = np.float32(.9) * average.get(i, np.float32(0)) + np.float32(.1) * g ** 2
        new.append(w - np.float32(.001) * g / np.sqrt(average[i] + np.float32(1e-7)))
    return new
