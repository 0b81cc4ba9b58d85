"""predict() of a net that was trained with dropout (keep_prob = 0.8)."""
# net: input=scaled hidden=100,50 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: wrong
# mistake: dropout-not-scaled
# shows: forward
import numpy as np

keep_prob = 0.8

def forward(weights, x):
    W1, b1, W2, b2, W3, b3 = weights
    a = x.reshape(len(x), -1) / 255.0
    a = np.maximum(a @ W1 + b1, 0) * keep_prob
    a = np.maximum(a @ W2 + b2, 0) * keep_prob
    e = np.exp(a @ W3 + b3)
    return e / e.sum(axis=1, keepdims=True)
