"""Logistic output, cost and dAL exactly as in the slides (no shortcut for dZ)."""
# net: input=scaled hidden=20,7 activation=tanh loss=binary_crossentropy optimizer=adam learning_rate=0.001 outputs=1
# weights: form=pairs kernel=out,in bias=n,1
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

state = []
t = 0

def step(layers, x, y):
    global t
    m = y.shape[0]
    A = [x.reshape(m, -1).T / 255.]
    Y = y.T
    for i, (W, b) in enumerate(layers):
        Z = W @ A[-1] + b
        A.append(np.tanh(Z) if i < len(layers) - 1 else 1 / (1 + np.exp(-Z)))
    AL = A[-1]
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    grads = []
    for i in reversed(range(len(layers))):
        out = A[i + 1]
        dZ = dA * (out * (1 - out) if i == len(layers) - 1 else 1 - np.power(out, 2))
        grads.insert(0, (dZ @ A[i].T / m, dZ.sum(axis=1, keepdims=True) / m))
        dA = layers[i][0].T @ dZ
    if not state:
        state.extend([np.zeros_like(p), np.zeros_like(p)] for layer in layers for p in layer)
    t += 1
    lr_t = 0.001 * np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
    slots = iter(state)
    return [tuple(adam(p, g, next(slots), lr_t) for p, g in zip(*both)) for both in zip(layers, grads)]

def adam(p, g, slot, lr_t):
    slot[0] = 0.9 * slot[0] + 0.1 * g
    slot[1] = 0.999 * slot[1] + 0.001 * g ** 2
    return p - lr_t * slot[0] / (np.sqrt(slot[1]) + 1e-7)
