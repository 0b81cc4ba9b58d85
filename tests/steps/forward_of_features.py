"""Prepare the features, two layers, softmax."""
# net: input=scaled hidden=50 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: standardised-by-batch
# shows: forward
import numpy as np

def normalise(features):
    mean = features.mean(axis=0)
    deviation = features.std(axis=0)
    return (features - mean) / (deviation + np.float32(1e-8))

def forward(weights, x):
    W, b, V, c = weights
    x = normalise(x.reshape(-1, 784).astype(np.float32) / 255)
    hidden = np.maximum(x @ W + b, 0)
    z = hidden @ V + c
    z = np.exp(z - np.max(z, axis=1, keepdims=True))
    return z / np.sum(z, axis=1, keepdims=True)
