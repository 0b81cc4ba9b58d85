"""Loop over the samples, collect what each one wants, then let Adam decide."""
# net: input=scaled hidden=40 activation=tanh loss=categorical_crossentropy optimizer=adam learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: sum-over-batch
# shows: step 1
import numpy as np

m, v, t = [0] * 4, [0] * 4, 0

def backprop_one(weights, pixel, target):
    W1, b1, W2, b2 = weights
    h = np.tanh(pixel @ W1 + b1)
    e = np.exp(h @ W2 + b2)
    d = e / e.sum() - target
    dh = (W2 @ d) * (1 - h * h)
    return [np.outer(pixel, dh), dh, np.outer(h, d), d]

def step(weights, x, y):
    global t
    total = [np.zeros_like(w) for w in weights]
    for image, target in zip(x, y):
        for tot, g in zip(total, backprop_one(weights, image.flatten() / 255, target)):
            tot += g
    t += 1
    lr = 0.001 * np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
    for i, g in enumerate(total):
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g ** 2
        weights[i] = weights[i] - lr * m[i] / (np.sqrt(v[i]) + 1e-7)
    return weights
