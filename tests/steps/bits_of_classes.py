"""Ten independent yes/no outputs. Keras averages the loss over the outputs, then over the batch."""
# net: input=scaled hidden=50 activation=relu loss=binary_crossentropy optimizer=rmsprop learning_rate=0.001 outputs=10
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

squares = {}

def bce_with_logits_grad(z, t):
    return (1 / (1 + np.exp(-z)) - t) / t.size

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    x = x.reshape(len(x), -1) / 255.0
    z = x @ W1 + b1
    h = np.where(z > 0, z, 0)
    dz = bce_with_logits_grad(h @ W2 + b2, y)
    dh = np.where(z > 0, dz @ W2.T, 0)
    new = []
    for k, (w, g) in enumerate(zip(weights, [x.T @ dh, dh.sum(0), h.T @ dz, dz.sum(0)])):
        squares[k] = 0.9 * squares.get(k, 0) + 0.1 * g * g
        new.append(w - 0.001 * g / np.sqrt(squares[k] + 1e-7))
    return new
