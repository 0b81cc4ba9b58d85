"""Two hidden layers with relu; drelu is its slope."""
# net: input=scaled hidden=80,40 activation=relu loss=categorical_crossentropy optimizer=sgd learning_rate=0.1
# dtype: float64
# verdict: wrong
# mistake: relu-derivative-always-1
# shows: step 1
import numpy as np

def relu(z): return np.maximum(0, z)
def drelu(z): return np.ones_like(z)

def step(weights, x, y):
    W1, b1, W2, b2, W3, b3 = weights
    x = x.reshape(len(x), 784) / 255.0
    z1 = x @ W1 + b1
    a1 = relu(z1)
    z2 = a1 @ W2 + b2
    a2 = relu(z2)
    z3 = a2 @ W3 + b3
    s = np.exp(z3 - z3.max(axis=1, keepdims=True))
    s = s / s.sum(axis=1, keepdims=True)
    dz3 = (s - y) / len(x)
    dz2 = dz3 @ W3.T * drelu(z2)
    dz1 = dz2 @ W2.T * drelu(z1)
    lr = 0.1
    return [W1 - lr * x.T @ dz1, b1 - lr * dz1.sum(axis=0), W2 - lr * a1.T @ dz2, b2 - lr * dz2.sum(axis=0),
            W3 - lr * a2.T @ dz3, b3 - lr * dz3.sum(axis=0)]
