"""nn_params is one long vector, reshaped where needed. Optimizer works on the vector."""
# net: input=scaled hidden=324,36 activation=sigmoid loss=categorical_crossentropy optimizer=rmsprop learning_rate=0.001
# dtype: float64
# verdict: right
# mistake: none
# shows: never
import numpy as np

SHAPES = [(784, 324), (324,), (324, 36), (36,), (36, 10), (10,)]
r = np.zeros(sum(int(np.prod(s)) for s in SHAPES))

def roll(vector):
    out, pos = [], 0
    for shape in SHAPES:
        size = int(np.prod(shape))
        out.append(vector[pos:pos + size].reshape(shape))
        pos += size
    return out

def unroll(arrays):
    return np.concatenate([a.ravel() for a in arrays])

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def gradient(nn_params, X, Y):
    Theta1, t1, Theta2, t2, Theta3, t3 = roll(nn_params)
    m = X.shape[0]
    A2 = sigmoid(X @ Theta1 + t1)
    A3 = sigmoid(A2 @ Theta2 + t2)
    E = np.exp(A3 @ Theta3 + t3)
    D4 = E / E.sum(axis=1)[:, None] - Y
    D3 = D4 @ Theta3.T * A3 * (1 - A3)
    D2 = D3 @ Theta2.T * A2 * (1 - A2)
    return unroll([X.T @ D2, D2.sum(0), A2.T @ D3, D3.sum(0), A3.T @ D4, D4.sum(0)]) / m

def step(weights, x, y):
    global r
    theta = unroll(weights)
    grad = gradient(theta, x.reshape(len(x), 784) / 255.0, y)
    r = 0.9 * r + 0.1 * grad * grad
    return roll(theta - 0.001 * grad / np.sqrt(r + 1e-7))
