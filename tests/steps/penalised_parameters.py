"""Three layers, RMSprop, and a penalty of 0.001 times the sum of squares."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001 l2=0.001
# dtype: float64
# verdict: wrong
# mistake: l2-on-biases-too
# shows: step 2
import numpy as np

mean_square = None

def backprop(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    h1 = 0.5 * (1 + np.tanh((x @ W1 + b1) / 2))
    h2 = 0.5 * (1 + np.tanh((h1 @ W2 + b2) / 2))
    z = h2 @ W3 + b3
    p = np.exp(z - z.max(axis=1, keepdims=True))
    d3 = (p / p.sum(axis=1, keepdims=True) - y) / len(y)
    d2 = d3 @ W3.T * h2 * (1 - h2)
    d1 = d2 @ W2.T * h1 * (1 - h1)
    return [x.T @ d1, d1.sum(0), h1.T @ d2, d2.sum(0), h2.T @ d3, d3.sum(0)]

def step(weights, x, y):
    global mean_square
    theta = np.concatenate([w.ravel() for w in weights])
    grad = np.concatenate([g.ravel() for g in backprop(weights, x.reshape(len(x), -1) / 255, y)])
    grad += 2 * 0.001 * theta
    mean_square = 0.1 * grad ** 2 if mean_square is None else 0.9 * mean_square + 0.1 * grad ** 2
    theta = theta - 0.001 * grad / np.sqrt(mean_square + 1e-7)
    parts = np.split(theta, np.cumsum([w.size for w in weights])[:-1])
    return [part.reshape(w.shape) for part, w in zip(parts, weights)]
