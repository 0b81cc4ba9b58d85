"""Forward pass with a sigmoid that treats positive and negative inputs separately."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

def sigmoid(z):
    out = np.empty_like(z)
    pos = z >= 0
    out[pos] = 1 / (1 + np.exp(-z[pos]))
    ez = np.exp(z[~pos])
    out[~pos] = ez / (1 + ez)
    return out

def forward(weights, x):
    a = x.reshape(x.shape[0], -1) / 255.0
    *hidden, W, b = weights
    for i in range(0, len(hidden), 2):
        a = sigmoid(a @ hidden[i] + hidden[i + 1])
    z = a @ W + b
    z -= z.max(axis=1, keepdims=True)
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
