"""Simple SGD version, no optimizer tricks."""
# net: input=scaled hidden=50 activation=sigmoid loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float64
# verdict: wrong
# mistake: ascent
# shows: step 1
import numpy as np

ALPHA = 0.1

def step(weights, x, y):
    w1, b1, w2, b2 = weights
    size = x.shape[0]
    inputs = x.reshape(size, -1) / 255.0
    hidden = 1 / (1 + np.exp(-(inputs.dot(w1) + b1)))
    scores = hidden.dot(w2) + b2
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    output = exps / exps.sum(axis=1, keepdims=True)
    error = (output - y) / size
    hidden_error = error.dot(w2.T) * hidden * (1 - hidden)
    w2 += ALPHA * hidden.T.dot(error)
    b2 += ALPHA * error.sum(axis=0)
    w1 += ALPHA * inputs.T.dot(hidden_error)
    b1 += ALPHA * hidden_error.sum(axis=0)
    return [w1, b1, w2, b2]
