"""After the pseudocode of stochastic gradient descent in my lecture."""
# net: input=scaled hidden=32 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.05
# dtype: float64
# verdict: wrong
# mistake: updated-after-each-row
# shows: step 1
import numpy as np

def step(weights, x, y):
    W1, b1, W2, b2 = [w.copy() for w in weights]
    for image, target in zip(x, y):
        pixels = image.reshape(784) / 255
        h = 1 / (1 + np.exp(-(pixels @ W1 + b1)))
        o = np.exp(h @ W2 + b2)
        o /= o.sum()
        do = o - target
        dh = (W2 @ do) * h * (1 - h)
        W2 -= 0.05 * np.outer(h, do)
        b2 -= 0.05 * do
        W1 -= 0.05 * np.outer(pixels, dh)
        b1 -= 0.05 * dh
    return [W1, b1, W2, b2]
