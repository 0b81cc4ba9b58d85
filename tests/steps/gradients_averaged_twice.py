"""gradients() for comparing with a numerical check."""
# net: input=scaled hidden=64 activation=tanh loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: divided-by-classes-too
# shows: gradients
import numpy as np

def gradients(weights, x, y):
    W1, b1, W2, b2 = weights
    samples, classes = y.shape
    x = x.reshape(samples, -1) / 255.0
    h = np.tanh(x @ W1 + b1)
    p = np.exp(h @ W2 + b2)
    p = p / p.sum(axis=1, keepdims=True)
    g = (p - y) / (samples * classes)
    gh = g @ W2.T * (1 - h ** 2)
    return [x.T @ gh, gh.sum(axis=0), h.T @ g, g.sum(axis=0)]
