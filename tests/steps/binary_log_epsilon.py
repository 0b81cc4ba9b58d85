"""One output, log loss, derivative by hand."""
# net: input=raw hidden=32 activation=relu loss=binary_crossentropy optimizer=sgd learning_rate=0.00001 outputs=1 momentum=0.9
# dtype: float64
# verdict: wrong
# mistake: log-with-epsilon
# shows: step 1
import numpy as np

e = 1e-5
moved = [0, 0, 0, 0]

def step(weights, x, y):
    W, b, w, c = weights
    x = x.reshape(len(x), -1).astype(float)
    z = x @ W + b
    h = z.clip(0)
    p = 1 / (1 + np.exp(-(h @ w + c)))
    dp = (-y / (p + e) + (1 - y) / (1 - p + e)) / len(y)
    do = dp * p * (1 - p)
    dh = do @ w.T * (z > 0)
    for i, g in enumerate((x.T @ dh, dh.sum(0), h.T @ do, do.sum(0))):
        moved[i] = .9 * moved[i] - 1e-5 * g
    return [old + new for old, new in zip(weights, moved)]
