"""Forward pass of a trained net. Pixels become floats in [0, 1)."""
# net: input=scaled hidden=60,30 activation=relu loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float32
# verdict: wrong
# mistake: scaled-by-256
# shows: forward
import numpy as np

def to_float(image):
    return image.astype(np.float32) / np.float32(256)

def forward(weights, x):
    out = to_float(x).reshape(len(x), -1)
    for i in range(0, len(weights) - 2, 2):
        out = np.maximum(out @ weights[i] + weights[i + 1], np.float32(0))
    out = out @ weights[-2] + weights[-1]
    out = np.exp(out - out.max(axis=1, keepdims=True))
    return out / out.sum(axis=1, keepdims=True)
