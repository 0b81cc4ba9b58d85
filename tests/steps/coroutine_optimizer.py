"""One generator per parameter: send it (weight, gradient), get the new weight."""
# net: input=scaled hidden=100 activation=tanh loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.002
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

def rmsprop(lr=np.float32(0.002), rho=np.float32(0.9), eps=np.float32(1e-7)):
    average, new = np.float32(0), None
    while True:
        w, g = yield new
        average = rho * average + (np.float32(1) - rho) * g * g
        new = w - lr * g / np.sqrt(average + eps)

updaters = [rmsprop() for _ in range(4)]
for updater in updaters:
    next(updater)

def step(weights, x, y):
    A, a, B, b = weights
    x = x.reshape(-1, 784).astype(np.float32) / np.float32(255)
    h = np.tanh(x @ A + a)
    s = h @ B + b
    s = np.exp(s - s.max(axis=1, keepdims=True))
    ds = (s / s.sum(axis=1, keepdims=True) - y.astype(np.float32)) / np.float32(len(y))
    dh = ds @ B.T * (1 - h * h)
    grads = x.T @ dh, dh.sum(axis=0), h.T @ ds, ds.sum(axis=0)
    return [u.send(pair) for u, pair in zip(updaters, zip(weights, grads))]
