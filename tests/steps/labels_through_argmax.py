"""My loader gives one-hot vectors but my code wants labels, so I go back and forth."""
# net: input=scaled hidden=64 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float32
# verdict: right
# mistake: none
# shows: never
import numpy as np

def one_hot(Y):
    return np.eye(10, dtype=np.float32)[Y]

def get_predictions(A):
    return np.argmax(A, axis=1)

def step(weights, x, y):
    W1, b1, W2, b2 = weights
    X = x.astype(np.float32).reshape(len(x), -1)
    X /= 255
    Y = get_predictions(y)
    Z1 = X @ W1 + b1
    A1 = Z1.clip(min=0)
    Z2 = A1 @ W2 + b2
    A2 = np.exp(Z2 - Z2.max(1).reshape(-1, 1))
    A2 = A2 / A2.sum(1).reshape(-1, 1)
    dZ2 = A2 - one_hot(Y)
    dZ1 = (dZ2 @ W2.T) * (Z1 > 0).astype(np.float32)
    m = np.float32(Y.size)
    alpha = np.float32(0.1)
    W1 = W1 - alpha * (X.T @ dZ1 / m)
    b1 = b1 - alpha * (dZ1.sum(axis=0) / m)
    W2 = W2 - alpha * (A1.T @ dZ2 / m)
    b2 = b2 - alpha * (dZ2.sum(axis=0) / m)
    return [W1, b1, W2, b2]
